"""行政データにおける機械可読性に関するルール, as far as a program can check them, over any export.

A workbook is looked at sheet by sheet, and as a whole for what its コード表, 項目定義 and 更新履歴 have
to say; a CSV file by its bytes. Each problem begins with the number of the rule.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

COUNT_HEADER = re.compile(r"数$|（.+）$|番号$")
PLATFORM_DEPENDENT = re.compile(r"[\u2116\u2121\u2160-\u217f\u2460-\u24ff\u2776-\u2793\u3220-\u33ff]")
BLANK_MARKS = {"-", "－", "ー", "―", "…", "***", "N/A", "NULL", "None", "null", "該当データなし"}
SAME_AS_ABOVE = {"〃", "同上", "々", "″"}
DATE_FORMAT = "yyyy-mm-dd"
NUMBER_WITH_MARKS = re.compile(r"[\d,.]*\d[\d,]*\s*(円|人|者|件|団体|回|％|%|約|以上)?|約[\d,]+")
OTHER_DATES = re.compile(r"(明治|大正|昭和|平成|令和)\d+年|\d{4}[/年.]\d{1,2}[/月.]\d{1,2}")
PROPER_NAMES = {"団体名", "団体の名称", "同一団体キー", "名称", "府省庁", "宛先（部署・役職）"}
PROSE = {"記述", "定義", "名称", "取扱いの理由", "内容", "その他の手段", "項目名", "出所", "分子"}
UNWANTED_PARTS = re.compile(r"drawing|media|vba|externalLink|comments|embeddings|ctrlProps|activeX")
ATTACHED = ("コード表", "項目定義", "更新履歴")


def broken_rules(source: Path | IO[bytes]) -> list[str]:
    """Return every rule that a workbook breaks, with the sheet and the cell."""
    book = load_workbook(source)
    problems = [f"{sheet.title}: {problem}" for sheet in book.worksheets for problem in _problems(sheet)]
    return [*problems, *_problems_of_parts(source), *_problems_of_book(book)]


def broken_csv_rules(content: bytes) -> list[str]:
    """Return every rule that one CSV file breaks."""
    problems = [] if content.startswith(b"\xef\xbb\xbf") else ["L3-08: the encoding is told by a BOM"]
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if text.count("\n") != len(rows) or text.count("\r\n") != len(rows):
        problems.append("L1-14: one record a line")
    if len({len(row) for row in rows}) != 1:
        problems.append("L1-03: every line has as many fields")
    if len(set(rows[0])) != len(rows[0]) or "" in rows[0]:
        problems.append("L2-03: every column has one unique name")
    if any(
        "," in field and f'"{field.replace(chr(34), chr(34) * 2)}"' not in text
        for row in rows
        for field in row
    ):
        problems.append("L1-15: a field with a comma is quoted")
    if any("" in row[:3] for row in rows):
        problems.append("L1-03: the first three columns are never blank")
    return problems


def _problems_of_parts(source: Path | IO[bytes]) -> list[str]:
    """Return what a reader of cells does not see: objects, formulas, macros, links to outside."""
    with ZipFile(source) as archive:
        names = archive.namelist()
        formulas = [
            name
            for name in names
            if name.startswith("xl/worksheets/sheet") and re.search(rb"<f[ >/]", archive.read(name))
        ]
    unwanted = [name for name in names if UNWANTED_PARTS.search(name)]
    return [f"L1-10: no objects: {name}" for name in unwanted] + [
        f"L2-06: no formulas: {name}" for name in formulas
    ]


def _problems(sheet: Worksheet) -> Iterator[str]:
    headers = [cell.value for cell in sheet[1]]
    yield from _header_problems(headers)
    if sheet.min_row != 1 or sheet.min_column != 1:
        yield "L3-01: the table begins in A1"
    if sheet.merged_cells.ranges:
        yield "L1-12: no merged cells"
    dimensions = [*sheet.column_dimensions.values(), *sheet.row_dimensions.values()]
    if sheet.sheet_state != "visible" or any(row.hidden or row.outlineLevel for row in dimensions):
        yield "L1-13: nothing hidden or folded"
    if sheet.conditional_formatting:
        yield "L1-11: no formats that tell something"
    for row in sheet.iter_rows():
        yield from (f"L1-11: no colour or bold: {cell.coordinate}" for cell in row if _is_marked(cell))
    for row in sheet.iter_rows(min_row=2):
        yield from _row_problems(row)
    for column, header in zip(sheet.iter_cols(min_row=2), headers, strict=True):
        yield from _column_problems(str(header), column)
    yield from _choice_problems(sheet, [str(header) for header in headers])


def _header_problems(headers: list[Any]) -> Iterator[str]:
    if None in headers:
        yield "L1-05: every column has a name"
    if len(set(headers)) != len(headers):
        yield "L2-03: every column is told by one unique name"
    for header in headers:
        if isinstance(header, str) and (re.search(r"\s", header) or PLATFORM_DEPENDENT.search(header)):
            yield f"L1-06, L1-08: no spaces, line breaks or platform dependent characters in {header!r}"


def _is_marked(cell: Any) -> bool:
    font = cell.font
    return bool(
        cell.fill.fill_type
        or (font.color and font.color.type == "rgb")
        or font.bold
        or font.italic
        or font.strike
    )


def _row_problems(row: tuple[Any, ...]) -> Iterator[str]:
    values = [cell.value for cell in row]
    if all(value is None for value in values):
        yield f"L1-03: no empty row: {row[0].row}"
        return
    if any(value is None for value in values[:3]):
        yield f"L1-03: the first three columns are never blank: {values}"
    if not any(isinstance(value, int | float | date) and not isinstance(value, bool) for value in values):
        yield f"L3-01: a number or a day in every row: {values}"


def _column_problems(header: str, column: tuple[Any, ...]) -> Iterator[str]:
    cells = [cell for cell in column if cell.value is not None]
    kinds = {_kind(cell.value) for cell in cells}
    if len(kinds) > 1:
        yield f"L2-01: one kind of value in {header}: {kinds}"
    if kinds == {"number"} and not COUNT_HEADER.search(header):
        yield f"L3-04: the header of numbers says what they count: {header}"
    if kinds == {"date"} and {cell.number_format for cell in cells} != {DATE_FORMAT}:
        yield f"L3-05: one format of dates in {header}"
    for cell in cells:
        if isinstance(cell.value, str):
            yield from _text_problems(header, cell.coordinate, cell.value)


def _kind(value: object) -> str:
    if isinstance(value, datetime | date):
        return "date"
    return "text" if isinstance(value, str) else "number"


def _text_problems(header: str, coordinate: str, text: str) -> Iterator[str]:
    if text != text.strip() or re.search(r"[\r\n\t]|\s{2,}", text):
        yield f"L1-06: no spaces or line breaks for layout: {coordinate}"
    if text in SAME_AS_ABOVE:
        yield f"L2-02: no value left out: {coordinate}"
    if text in BLANK_MARKS:
        yield f"L1-09: what is not known is blank: {coordinate}"
    if header not in PROPER_NAMES and PLATFORM_DEPENDENT.search(text):
        yield f"L1-08: no platform dependent characters: {coordinate}"
    if header in PROSE | PROPER_NAMES:
        return
    if COUNT_HEADER.search(header) and header not in IDENTIFIERS and NUMBER_WITH_MARKS.fullmatch(text):
        yield f"L2-01: numbers are numbers: {coordinate}"
    if OTHER_DATES.match(text):
        yield f"L3-05: days are days: {coordinate}"


IDENTIFIERS = {"法人番号", "受付番号"}
"""Numbers that nobody adds up and that may begin with zero: text."""


def _choice_problems(sheet: Worksheet, headers: list[str]) -> Iterator[str]:
    """Tell of a code that goes with two wordings, within one question."""
    for place, header in enumerate(headers):
        label = header.removesuffix("コード")
        if header == label or label not in headers:
            continue
        key = headers.index("設問キー") if "設問キー" in headers else place
        form = headers.index("様式版番号") if "様式版番号" in headers else place
        wordings: dict[Any, set[Any]] = defaultdict(set)
        for row in sheet.iter_rows(min_row=2, values_only=True):
            wordings[row[key], row[form], row[place]].add(row[headers.index(label)])
        yield from (
            f"L2-04: one wording a code: {code}" for code, found in wordings.items() if len(found) > 1
        )


def _rows(book: Workbook, sheet: str) -> list[dict[str, Any]]:
    headers, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, headers), row, strict=True)) for row in rows]


def _problems_of_book(book: Workbook) -> Iterator[str]:
    """Tell what the tables that go with the others do not tell."""
    missing = [name for name in ATTACHED if name not in book.sheetnames]
    if missing:
        yield f"L3-02, L3-08: these tables are attached: {missing}"
        return
    yield from _code_problems(book)
    yield from _definition_problems(book, _rows(book, "項目定義"))
    if not any(isinstance(row["更新日"], datetime) for row in _rows(book, "更新履歴")):
        yield "L3-08: the history tells of at least one change"


def _code_problems(book: Workbook) -> Iterator[str]:
    told = {str(row["コード"]) for row in _rows(book, "コード表")}
    for sheet in book.worksheets:
        for column in sheet.iter_cols():
            header, *cells = (cell.value for cell in column)
            if str(header).endswith("コード") and sheet.title not in ATTACHED:
                unknown = {str(value) for value in cells if value is not None} - told
                yield from (f"L3-02: {sheet.title} {header}: {code} is not told" for code in unknown)


def _definition_problems(book: Workbook, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    defined = {(row["シート"], row["項目名"]): row for row in rows}
    for sheet in book.worksheets:
        for cell in sheet[1]:
            row = defined.get((re.sub(r"\d+$", "", sheet.title), cell.value))
            if row is None or not row["定義"]:
                yield f"L3-08: {sheet.title} {cell.value} is not defined"
            elif row["型"] == "数値" and not row["単位"] and not str(cell.value).endswith("番号"):
                yield f"L3-04: {sheet.title} {cell.value} has no unit"
    if not all(str(row["物理名"]).isascii() for row in defined.values()):
        yield "L3-08: physical names are ASCII"
    about = {str(row["物理名"]): str(row["定義"]) for row in defined.values() if row["シート"] == "全体"}
    if "BOM" not in about.get("encoding", "") or "source" not in about:
        yield "L3-08: encoding, BOM and source are stated"
