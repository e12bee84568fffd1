"""様式 as a workbook that goes out, is edited and comes back: one question a row, checks, 記入要領."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from followup.models import FormVersion
from followup.workbooks.form_columns import (
    CHECK_COLUMNS,
    QUESTION_COLUMNS,
    CellTextError,
    FormColumn,
    Row,
    cell_text,
    read_lines,
)
from outreach.rules.cells import CellValue
from outreach.workbooks.book import Book, Sheet, read_book
from outreach.workbooks.guard import UploadRefused, check_upload

QUESTION_SHEET, CHECK_SHEET, GUIDE_SHEET = "設問", "相互チェック", "記入要領"
GUIDE_HEADING = "記入要領（1行に1行ずつ）"
MOST_QUESTIONS = 300
MOST_CHECKS = 100
ROWS_FOR_MORE = 50
_A3 = 8  # the paper code of the file format
_HEADING = {
    "bold": True,
    "text_wrap": True,
    "valign": "vcenter",
    "align": "center",
    "border": 1,
    "bg_color": "#DCE6F1",
}
_CELL = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#7F7F7F"}


@dataclass(frozen=True)
class CellFault:
    """What is wrong, and in which cell ("" for a sheet as a whole)."""

    sheet: str
    cell: str
    message: str

    def __str__(self) -> str:
        place = f"シート「{self.sheet}」" + (f" セル {self.cell}" if self.cell else "")
        return f"{place}：{self.message}"


@dataclass(frozen=True)
class FormSheets:
    """A form as the workbook says it, and everything that is wrong with it."""

    instructions: str
    questions: list[Row]
    checks: list[Row]
    faults: list[CellFault] = field(default_factory=list)


def write_form_workbook(stream: BinaryIO, version: FormVersion) -> None:
    """Write a version of a form; what `read_form_workbook` reads from it is the same form."""
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"title": f"{version.round}　{version}", "author": "周知依頼トラッカー"})
        styles = _Styles(book)
        questions = version.questions.order_by("-scope", "order", "pk")  # as officers meet them
        _write_table(book, QUESTION_SHEET, QUESTION_COLUMNS, questions, styles)
        _write_table(book, CHECK_SHEET, CHECK_COLUMNS, version.cross_checks.order_by("pk"), styles)
        _write_guide(book, version.instructions, styles)


class _Styles:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.heading: Format = book.add_format(_HEADING)
        self.text: Format = book.add_format({**_CELL, "num_format": "@"})
        self.number: Format = book.add_format(_CELL)

    def text_of(self, column: FormColumn) -> Format:
        """Return the format of a cell; where texts go, a spreadsheet makes no day or number of them."""
        return self.number if column.is_number else self.text


def _write_table(
    book: xlsxwriter.Workbook, name: str, columns: Sequence[FormColumn], rows: Iterable[Any], styles: _Styles
) -> None:
    sheet = book.add_worksheet(name)
    count = 0
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(0, index, column.heading, styles.heading)
    for count, row in enumerate(rows, start=1):
        for index, column in enumerate(columns):
            value = column.show(getattr(row, column.name))
            if isinstance(value, str):
                sheet.write_string(count, index, value, styles.text_of(column))
            else:
                sheet.write_number(count, index, value, styles.number)
    for more in range(count + 1, count + ROWS_FOR_MORE + 1):
        for index, column in enumerate(columns):
            sheet.write_blank(more, index, None, styles.text_of(column))
    _guide_entries(sheet, columns, last=count + ROWS_FOR_MORE)
    sheet.freeze_panes(1, 2 if columns is QUESTION_COLUMNS else 0)
    _make_printable(sheet)


def _guide_entries(sheet: Worksheet, columns: Sequence[FormColumn], *, last: int) -> None:
    """Offer lists, and say beside each cell what its column takes."""
    for index, column in enumerate(columns):
        rule: dict[str, Any] = {"validate": "any"}
        if column.list_of:
            rule = {"validate": "list", "source": list(column.list_of)}
        if column.hint:
            rule |= {"input_title": column.heading[:32], "input_message": column.hint[:255]}
        if len(rule) > 1:
            sheet.data_validation(1, index, last, index, rule)


def _write_guide(book: xlsxwriter.Workbook, instructions: str, styles: _Styles) -> None:
    sheet = book.add_worksheet(GUIDE_SHEET)
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, GUIDE_HEADING, styles.heading)
    for row, line in enumerate(instructions.split("\n"), start=1):
        sheet.write_string(row, 0, line, styles.text)
    sheet.freeze_panes(1, 0)
    _make_printable(sheet)


def _make_printable(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C&P／&N")


def read_form_workbook(name: str, content: bytes) -> FormSheets:
    """Read a form from an uploaded workbook, with everything that is wrong, each with its cell.

    Raises:
        UploadRefused: when the file is no workbook that may be opened, or has no sheet of questions.
    """
    if check_upload(name, content) != "xlsx":
        raise UploadRefused("様式は Excelブック（.xlsx）で取り込んでください。")
    book = read_book(content)
    questions = _sheet(book, QUESTION_SHEET)
    if questions is None:
        raise UploadRefused(
            f"シート「{QUESTION_SHEET}」がありません。様式の画面からダウンロードしたブックに記入してください。"
        )
    faults: list[CellFault] = []
    table = _Table(questions, QUESTION_COLUMNS, faults)
    read = table.rows(MOST_QUESTIONS)
    table.refuse_repeated("key", read)
    checks = _sheet(book, CHECK_SHEET)
    checked = _Table(checks, CHECK_COLUMNS, faults).rows(MOST_CHECKS) if checks else []
    return FormSheets(
        instructions=_instructions(_sheet(book, GUIDE_SHEET), faults),
        questions=[row for _number, row in read],
        checks=[row for _number, row in checked],
        faults=faults,
    )


def _sheet(book: Book, name: str) -> Sheet | None:
    return next((sheet for sheet in book.sheets if sheet.name.strip() == name), None)


def _instructions(sheet: Sheet | None, faults: list[CellFault]) -> str:
    lines = []
    for number, row in enumerate(sheet.rows[1:] if sheet else [], start=2):
        try:
            lines.append(read_lines(cell_text(row[0] if row else None)))
        except CellTextError as error:
            faults.append(CellFault(GUIDE_SHEET, f"A{number}", str(error)))
    return "\n".join(lines).strip()


class _Table:
    """One sheet, read by its headings, wherever its columns stand."""

    def __init__(self, sheet: Sheet, columns: Sequence[FormColumn], faults: list[CellFault]) -> None:
        self._sheet, self._columns, self._faults = sheet, columns, faults
        self._places = self._find_columns()

    def _fault(self, row: int, column: int, message: str) -> None:
        self._faults.append(CellFault(self._sheet.name, xl_rowcol_to_cell(row, column), message))

    def _find_columns(self) -> dict[str, int]:
        places: dict[str, int] = {}
        known = {column.heading for column in self._columns}
        for index, value in enumerate(self._sheet.rows[0] if self._sheet.rows else []):
            heading = str(value or "").strip()
            if heading in places:
                self._fault(0, index, f"見出し「{heading}」が二つあります。一つにしてください。")
            elif heading in known:
                places[heading] = index
            elif heading:
                self._fault(0, index, f"見出し「{heading}」は使えません。列を削除してください。")
        for column in self._columns:
            if column.heading not in places:
                message = f"1行目に見出し「{column.heading}」がありません。列を消さずに取り込んでください。"
                self._faults.append(CellFault(self._sheet.name, "", message))
        return places

    def rows(self, most: int) -> list[tuple[int, Row]]:
        """Return the rows that hold anything, with their numbers in the sheet."""
        filled = list(self._filled())
        if len(filled) > most:
            message = f"{most}行以内にしてください（現在{len(filled):,}行）。"
            self._faults.append(CellFault(self._sheet.name, "", message))
            return []
        return [(number, self._read(number, cells)) for number, cells in filled]

    def refuse_repeated(self, name: str, rows: list[tuple[int, Row]]) -> None:
        """Tell each row whose value of one field another row has before it."""
        column = next(column for column in self._columns if column.name == name)
        seen: dict[str, int] = {}
        for number, row in rows:
            first = seen.setdefault(row[name], number)
            if row[name] and first != number:
                message = f"{column.heading}「{row[name]}」は{first}行目と重複しています。"
                self._fault(number - 1, self._places[column.heading], message)

    def _filled(self) -> Iterator[tuple[int, list[CellValue]]]:
        for number, cells in enumerate(self._sheet.rows[1:], start=2):
            if any(value is not None and str(value).strip() for value in cells):
                yield number, cells

    def _read(self, number: int, cells: list[CellValue]) -> Row:
        row: Row = {}
        for column in self._columns:
            index = self._places.get(column.heading, -1)
            value = cells[index] if 0 <= index < len(cells) else None
            row[column.name] = self._value(number, index, column, value)
        return row

    def _value(self, number: int, index: int, column: FormColumn, value: CellValue) -> Any:
        try:
            text = cell_text(value)
            if text:
                return column.read(text)
            if column.is_needed and index >= 0:
                raise CellTextError(f"「{column.heading}」を入力してください。")
        except CellTextError as error:
            self._fault(number - 1, index, str(error))
        return column.blank
