"""What a workbook says is what its reader gives: values as they are, nothing lost, nothing guessed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from outreach.rules.cells import CellProblem
from outreach.workbooks.book import Sheet, read_book, read_first_sheet
from outreach.workbooks.guard import UploadRefused


def book_of(fill: Callable[[Worksheet], None]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "表"
    fill(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet_of(fill: Callable[[Worksheet], None]) -> Sheet:
    return read_book(book_of(fill)).sheets[0]


def test_each_type_of_cell_comes_as_its_value() -> None:
    moment = datetime.combine(date(2023, 8, 31), time(9, 30))
    values = ["文字", 1, 1.5, 2.0, True, date(2023, 8, 31), moment, time(9, 30)]

    sheet = sheet_of(lambda sheet: sheet.append(values))

    assert sheet.rows == [values]
    assert [type(value) for value in sheet.rows[0][1:4]] == [int, float, int]
    assert (sheet.name, sheet.is_visible, sheet.merged) == ("表", True, ())


def test_rows_and_columns_keep_their_places() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["B2"] = "見出し"
        sheet["D5"] = 1
        sheet.row_dimensions[5].hidden = True

    assert sheet_of(fill).rows == [[], [None, "見出し"], [], [], [None, None, None, 1]]


def test_a_formula_without_a_saved_value_and_an_error_are_problems() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["=A2+1", "#N/A"])

    row = sheet_of(fill).rows[0]

    assert [isinstance(value, CellProblem) for value in row] == [True, True]
    assert "数式の結果が保存されていません" in row[0].message  # type: ignore[union-attr]
    assert "#N/A" in row[1].message  # type: ignore[union-attr]


def test_a_formula_is_refused_where_staff_import_tables() -> None:
    content = book_of(lambda sheet: sheet.append(["=1+1"]))

    (problem,) = read_first_sheet(content)[0]

    assert isinstance(problem, CellProblem)
    assert "数式は取り込めません" in problem.message


def test_what_is_no_book_is_refused() -> None:
    with pytest.raises(UploadRefused, match="読み取れません"):
        read_book(b"PK\x03\x04")
