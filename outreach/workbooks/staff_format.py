"""The two formats of the staff's imports and exports: Excel and CSV, text always as text.

An export is several tables: sheets of one workbook, or CSV files in one zip. An import reads the first.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time

from import_export.formats.base_formats import Format
from tablib import Dataset

from outreach.rules.cells import CellProblem, CellValue
from outreach.rules.wareki import instant_in_tokyo
from outreach.workbooks.book import read_first_sheet
from outreach.workbooks.guard import UploadRefused
from outreach.workbooks.plain_book import write_workbook
from outreach.workbooks.plain_tables import FORMULA_STARTS, Table, write_csv

NO_ROWS = "データの行がありません。1行目を見出し、2行目以降をデータにしてください。"


class StaffFormat(Format):
    """What the library asks of a format; it hands over bytes, whatever encoding it thinks of."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True

    export_suffix = ""

    def export_tables(self, tables: Sequence[Table], *, created_at: datetime) -> bytes:
        raise NotImplementedError


class ExcelFormat(StaffFormat):
    """A sheet a table from A1 with one heading row; what looks like a formula is quoted text."""

    export_suffix = ".xlsx"

    def get_title(self) -> str:
        return "Excelブック（.xlsx）"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def create_dataset(self, in_stream: bytes) -> Dataset:
        """Return the first visible sheet; cells without a value are told as CellProblem."""
        return _dataset([[_cell(value) for value in row] for row in read_first_sheet(in_stream)])

    def export_tables(self, tables: Sequence[Table], *, created_at: datetime) -> bytes:
        stream = io.BytesIO()
        write_workbook(stream, tables, title=tables[0].name, created_at=created_at)
        return stream.getvalue()


class CsvFormat(StaffFormat):
    """UTF-8 with a mark for Excel; read as UTF-8 or, failing that, as Windows' Shift_JIS."""

    export_suffix = ".zip"

    def get_title(self) -> str:
        return "CSV（表ごとのファイルをまとめた .zip）"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "application/zip"

    def create_dataset(self, in_stream: bytes) -> Dataset:
        try:
            lines = list(csv.reader(io.StringIO(_decode(in_stream), newline=""), strict=True))
        except csv.Error as error:
            raise UploadRefused('CSVの引用符（"）の対応が崩れているか、一つの値が長すぎます。') from error
        return _dataset([[_unquoted(value) or None for value in line] for line in lines])

    def export_tables(self, tables: Sequence[Table], *, created_at: datetime) -> bytes:
        packed = io.BytesIO()
        dated = instant_in_tokyo(created_at).timetuple()[:6]
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in tables:
                stream = io.StringIO(newline="")
                write_csv(stream, table)
                entry = zipfile.ZipInfo(f"{table.name}.csv", date_time=dated)
                archive.writestr(entry, stream.getvalue().encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
        return packed.getvalue()


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


def _unquoted(text: str) -> str:
    """Take off the mark of a text that starts like a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
