"""Our reader against two others, openpyxl and calamine, on generated books without formulas and errors."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from outreach.rules.cells import CellValue
from outreach.workbooks.book import read_book

Values = list[list[CellValue]]

FIRST_DAYS = {False: date(1900, 1, 1), True: date(1904, 1, 1)}
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn"))
TEXTS = st.text(LETTERS, min_size=1, max_size=20).filter(lambda text: "_x" not in text)
FLOATS = st.floats(-1e14, 1e14, allow_subnormal=False).map(lambda number: float(f"{number:.15g}"))
NUMBERS = st.one_of(st.integers(-(10**14), 10**14), FLOATS)
SECONDS = st.times().map(lambda at: at.replace(microsecond=0))


def days(*, from_1904: bool) -> st.SearchStrategy[date]:
    return st.dates(FIRST_DAYS[from_1904], date(9999, 12, 31))


def cells(*, from_1904: bool) -> st.SearchStrategy[CellValue]:
    moments = st.builds(datetime.combine, days(from_1904=from_1904), SECONDS)
    return st.one_of(st.none(), TEXTS, NUMBERS, st.booleans(), days(from_1904=from_1904), moments)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Values, bool]:
    """Return the rows of a sheet, and whether its days count from 1904."""
    from_1904 = draw(st.booleans())
    row = st.lists(cells(from_1904=from_1904), max_size=6)
    return draw(st.lists(row, min_size=1, max_size=6)), from_1904


def written(values: Sequence[Sequence[CellValue]], *, from_1904: bool) -> bytes:
    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True, "date_1904": from_1904}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                elif isinstance(value, int | float):
                    sheet.write_number(row, column, value)
                elif isinstance(value, date):
                    form = moment if isinstance(value, datetime) else day
                    sheet.write_datetime(row, column, midnight(value), form)
    return stream.getvalue()


def midnight(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def trimmed(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return rows as all readers can give them: no blank ends, whole numbers as int, midnight as the day."""
    lines = [[plain(value) for value in row] for row in rows]
    for line in lines:
        while line and line[-1] is None:
            line.pop()
    while lines and not lines[-1]:
        lines.pop()
    return lines


def plain(value: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return value


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_what_is_written_is_read_by_all_alike(table: tuple[Values, bool]) -> None:
    values, from_1904 = table
    content = written(values, from_1904=from_1904)

    rows = read_book(content).sheets[0].rows

    assert rows == trimmed(values)
    theirs = load_workbook(io.BytesIO(content), data_only=True).worksheets[0]
    assert rows == trimmed(list(theirs.iter_rows(values_only=True)))
    fast = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    assert rows == trimmed(fast.to_python(skip_empty_area=False))
