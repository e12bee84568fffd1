"""行政データにおける機械可読性に関するルール, as far as a program can check them, over any plain sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

COUNT_HEADER = re.compile(r"数$|（.+）$|番号$|番号（.+）$")
PLATFORM_DEPENDENT = re.compile("[①-⑳Ⅰ-Ⅻⅰ-ⅻ㈱㈲㊤-㊨㍉-㍗㌔㌢㏄℡]")
SAME_AS_ABOVE = {"〃", "同上", "々", "″"}
DATE_FORMAT = "yyyy-mm-dd"


def broken_rules(path: Path) -> list[str]:
    """Return every rule that a workbook breaks, with the sheet and the cell."""
    book = load_workbook(path)
    return [
        f"{sheet.title}: {problem}" for sheet in book.worksheets for problem in _problems(sheet)
    ] + _problems_of_parts(path)


def _problems_of_parts(path: Path) -> list[str]:
    """Return what a reader of cells does not see: drawings, formulas, macros, links to outside."""
    with ZipFile(path) as archive:
        names = archive.namelist()
        formulas = [
            name for name in names if name.startswith("xl/worksheets/sheet") and b"<f" in archive.read(name)
        ]
    unwanted = [name for name in names if re.search(r"drawing|media|vba|externalLink|comments", name)]
    return [f"no objects: {name}" for name in unwanted] + [f"no formulas: {name}" for name in formulas]


def _problems(sheet: Worksheet) -> Iterator[str]:
    headers = [cell.value for cell in sheet[1]]
    if None in headers or len(set(headers)) != len(headers):
        yield "every column has one unique name"
    if sheet.merged_cells.ranges:
        yield "no merged cells"
    if sheet.sheet_state != "visible" or any(
        dimension.hidden for dimension in [*sheet.column_dimensions.values(), *sheet.row_dimensions.values()]
    ):
        yield "nothing hidden"
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        if cell.fill.fill_type or (cell.font.color and cell.font.color.type == "rgb"):
            yield f"no colour: {cell.coordinate}"
    for row in sheet.iter_rows(min_row=2):
        yield from _row_problems(row)
    for column, header in zip(sheet.iter_cols(min_row=2), headers, strict=True):
        yield from _column_problems(str(header), column)


def _row_problems(row: tuple[Any, ...]) -> Iterator[str]:
    values = [cell.value for cell in row]
    if any(value is None for value in values[:3]):
        yield f"the first three columns are never blank: {values}"
    if not isinstance(values[0], int):
        yield f"a number in every row: {values}"


def _column_problems(header: str, column: tuple[Any, ...]) -> Iterator[str]:
    cells = [cell for cell in column if cell.value is not None]
    kinds = {_kind(cell.value) for cell in cells}
    if len(kinds) > 1:
        yield f"one kind of value in {header}: {kinds}"
    if kinds == {"number"} and not COUNT_HEADER.search(header):
        yield f"the header of numbers says what they count: {header}"
    if kinds == {"date"} and {cell.number_format for cell in cells} != {DATE_FORMAT}:
        yield f"one format of dates in {header}"
    for cell in cells:
        if isinstance(cell.value, str):
            yield from _text_problems(cell.coordinate, cell.value)


def _kind(value: object) -> str:
    if isinstance(value, datetime | date):
        return "date"
    return "text" if isinstance(value, str) else "number"


def _text_problems(coordinate: str, text: str) -> Iterator[str]:
    if text != text.strip() or re.search(r"[\r\n\t]|\s{2,}", text):
        yield f"no spaces or line breaks for layout: {coordinate}"
    if text in SAME_AS_ABOVE:
        yield f"no value left out: {coordinate}"
    if PLATFORM_DEPENDENT.search(text):
        yield f"no platform dependent characters: {coordinate}"
