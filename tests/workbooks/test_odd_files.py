"""Odd and hostile files: each is refused with its own sentence, or read as its sender meant it."""

from __future__ import annotations

import pytest
from openpyxl.utils import coordinate_to_tuple

from outreach.rules.cells import CellProblem, CellValue
from outreach.workbooks.book import Book, Rows, measure_reading
from outreach.workbooks.guard import UploadRefused, check_workbook
from tests.hostile_files import FILES, OddFile, Problem

REFUSED = [odd for odd in FILES if odd.refused]
READ = [odd for odd in FILES if not odd.refused]
MAX_PEAK_BYTES = 250 * 1024 * 1024


def upload(name: str, content: bytes) -> tuple[Book, int]:
    check_workbook(name, content)
    return measure_reading(content)


def cell(rows: Rows, address: str) -> CellValue:
    row, column = coordinate_to_tuple(address)
    cells = rows[row - 1] if row <= len(rows) else []
    return cells[column - 1] if column <= len(cells) else None


@pytest.mark.parametrize("odd", REFUSED, ids=str)
def test_it_is_refused_with_its_own_sentence(odd: OddFile) -> None:
    content = odd.make()

    with pytest.raises(UploadRefused) as refusal:
        upload(odd.name, content)

    assert odd.refused in str(refusal.value)
    assert str(refusal.value).endswith("ください。"), "it says what to do next"


@pytest.mark.parametrize("odd", READ, ids=str)
def test_it_is_read_as_it_was_meant(odd: OddFile) -> None:
    content = odd.make()

    book, peak_bytes = upload(odd.name, content)

    rows = next(sheet for sheet in book.sheets if sheet.is_visible).rows
    for address, expected in odd.cells.items():
        value = cell(rows, address)
        if isinstance(expected, Problem):
            assert isinstance(value, CellProblem), address
            assert expected.message in value.message
        else:
            assert (value, type(value)) == (expected, type(expected)), address
    assert peak_bytes < MAX_PEAK_BYTES
