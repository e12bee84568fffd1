"""The two formats of the staff's imports and exports: Excel and CSV, text always as text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time
from typing import Any

from import_export.formats.base_formats import Format
from tablib import Dataset
from xlsxwriter import Workbook

from outreach.rules.cells import CellProblem, CellValue
from outreach.rules.wareki import instant_in_tokyo
from outreach.workbooks.book import read_first_sheet
from outreach.workbooks.guard import UploadRefused
from outreach.workbooks.plain_tables import CELL_CHARACTERS, FORMULA_STARTS

MAX_WIDTH = 40
NO_ROWS = "データの行がありません。1行目を見出し、2行目以降をデータにしてください。"


class StaffFormat(Format):
    """What the library asks of a format; it hands over bytes, whatever encoding it thinks of."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True


class ExcelFormat(StaffFormat):
    """One sheet from A1 with one heading row; what looks like a formula is written as quoted text."""

    def get_title(self) -> str:
        return "Excelブック（.xlsx）"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def create_dataset(self, in_stream: bytes) -> Dataset:
        """Return the first visible sheet; cells without a value are told as CellProblem."""
        return _dataset([[_cell(value) for value in row] for row in read_first_sheet(in_stream)])

    def export_data(self, dataset: Dataset, **_kwargs: Any) -> bytes:
        stream = io.BytesIO()
        with Workbook(stream, {"constant_memory": True}) as book:
            _write_sheet(book, dataset)
        return stream.getvalue()


class CsvFormat(StaffFormat):
    """UTF-8 with a mark for Excel; read as UTF-8 or, failing that, as Windows' Shift_JIS."""

    def get_title(self) -> str:
        return "CSV（.csv）"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def create_dataset(self, in_stream: bytes) -> Dataset:
        try:
            lines = list(csv.reader(io.StringIO(_decode(in_stream), newline=""), strict=True))
        except csv.Error as error:
            raise UploadRefused('CSVの引用符（"）の対応が崩れているか、一つの値が長すぎます。') from error
        return _dataset([[_unquoted(value) or None for value in line] for line in lines])

    def export_data(self, dataset: Dataset, **_kwargs: Any) -> bytes:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(dataset.headers)
        writer.writerows([_inert(value) for value in row] for row in dataset)
        return stream.getvalue().encode("utf-8-sig")


FORMATS = (ExcelFormat, CsvFormat)


def _cell(value: CellValue) -> str | CellProblem | None:
    """Return a cell as the text that the columns read, days in ISO 8601."""
    if value is None or isinstance(value, str | CellProblem):
        return value
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _dataset(rows: list[list[str | CellProblem | None]]) -> Dataset:
    """Return the rows under their heading; blank rows stay, so that a row keeps its number in the file."""
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) <= 1:
        raise UploadRefused(NO_ROWS)
    headers = [str(value or "").strip() for value in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if any(row[len(headers) :]):
            raise UploadRefused(
                f"{number}行目に、見出しのない列の値があります。見出しを付けるか、値を消してください。"
            )
    padded = ([*row[: len(headers)], *[None] * (len(headers) - len(row))] for row in rows[1:])
    return Dataset(*padded, headers=headers)


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UploadRefused(
        "文字コードを判別できません。「CSV UTF-8（コンマ区切り）」として保存し直してください。"
    )


def _inert(value: object) -> str:
    """Return a cell of a CSV file that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant_in_tokyo(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _unquoted(text: str) -> str:
    """Take off the mark that `_inert` put on."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _write_sheet(book: Workbook, dataset: Dataset) -> None:
    sheet = book.add_worksheet("データ")
    formats = {
        "heading": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "quoted": book.add_format({"quote_prefix": True}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    for column, heading in enumerate(dataset.headers):
        sheet.set_column(column, column, min(MAX_WIDTH, 2 * len(heading) + 4))
        sheet.write_string(0, column, heading, formats["heading"])
    for row, values in enumerate(dataset, start=1):
        for column, value in enumerate(values):
            _write_cell(sheet, row, column, value, formats)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(dataset), 1), max(len(dataset.headers) - 1, 0))


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, instant_in_tokyo(value).replace(tzinfo=None), formats["instant"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats["day"])  # noqa: DTZ001
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    else:
        text = _within_cell(str(value))
        sheet.write_string(row, column, text, formats["quoted"] if text.startswith(FORMULA_STARTS) else None)


def _within_cell(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS else f"{text[: CELL_CHARACTERS - 1]}…"
