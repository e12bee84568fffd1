"""Tables for machines: one a sheet or CSV file, header in row 1, one value a cell, nothing else.

What is written follows 行政データにおける機械可読性に関するルール: values and no formulas, true dates in
one format, numbers as numbers, blank for what is not known, no merging, colour or hidden cells.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from io import TextIOBase
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from outreach.workbooks.staff_format import CELL_CHARACTERS, FORMULA_STARTS

Value = str | int | float | Decimal | date | None
Row = Sequence[Value]

_ISO_DATE = "yyyy-mm-dd"
_A4 = 9  # the paper codes of the file format
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAKS = re.compile(r"\s*[\r\n\v\f\x85\u2028\u2029]+\s*")
_FIRST_DAY_OF_SHEETS = date(1900, 3, 1)


class Kind(StrEnum):
    """What the cells of a column hold."""

    NUMBER = "数値"
    DATE = "日付（YYYY-MM-DD）"
    TEXT = "文字列"


@dataclass(frozen=True)
class Column:
    """One column: its ASCII name for programs, its unique header, and what it means."""

    key: str
    header: str
    meaning: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    width: int = 16


@dataclass(frozen=True)
class Table:
    """One table; its rows are read once, while it is written."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """Put 番号 before each row: a number in every row tells data from headers."""
    for number, row in enumerate(rows, start=1):
        yield (number, *row)


def one_line(text: str) -> str:
    """Return a text on one line and without characters that no sheet can hold."""
    return _UNPRINTABLE.sub("", _LINE_BREAKS.sub(" ", text)).strip()


def pieces_of(text: str) -> Iterator[str]:
    """Cut a text into pieces that a cell can hold; one piece for nearly every text."""
    line = one_line(text)
    step = CELL_CHARACTERS // 2  # a character outside the BMP counts twice
    yield from (line[start : start + step] for start in range(0, len(line), step))


def write_workbook(path: Path, tables: Iterable[Table], *, title: str, created_at: datetime) -> None:
    """Write tables to a workbook, row by row, so that memory does not grow with their rows."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
        workbook.set_properties({"title": title, "created": created_at.replace(tzinfo=None)})
        writer = _SheetWriter(workbook)
        for table in tables:
            writer.write(table)


class _SheetWriter:
    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._date: Format = workbook.add_format({"num_format": _ISO_DATE})
        self._quoted: Format = workbook.add_format({"quote_prefix": True})

    def write(self, table: Table) -> None:
        sheet = self._workbook.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)  # whoever prints it gets whole rows, under their headers
        sheet.repeat_rows(0)
        for index, column in enumerate(table.columns):
            sheet.set_column(index, index, column.width)
            sheet.write_string(0, index, column.header)
        for row_index, row in enumerate(table.rows, start=1):
            for index, value in enumerate(row):
                self._write_cell(sheet, row_index, index, value)

    def _write_cell(self, sheet: Worksheet, row: int, column: int, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            self._write_text(sheet, row, column, one_line(value))
        elif not isinstance(value, date):
            sheet.write_number(row, column, value)
        elif value < _FIRST_DAY_OF_SHEETS:  # sheets count days wrongly, or not at all, before it
            sheet.write_string(row, column, value.isoformat())
        else:
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self._date)  # noqa: DTZ001

    def _write_text(self, sheet: Worksheet, row: int, column: int, text: str) -> None:
        quoted = self._quoted if text.startswith(FORMULA_STARTS) else None
        if sheet.write_string(row, column, text, quoted) != 0:
            raise ValueError(f"A text of {len(text)} characters does not fit into a cell.")


def write_csv(stream: TextIOBase, table: Table) -> None:
    """Write a table as CSV, one row a line; open the stream as utf-8-sig with newline="" for the BOM.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(column.header for column in table.columns)
    for row in table.rows:
        writer.writerow(_csv_value(value) for value in row)


def _csv_value(value: Value) -> Value:
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
