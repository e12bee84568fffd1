"""How the answer workbook looks: its paper, its cells, what is open to be filled in and what is locked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from followup.rules.questions import NUMBERS, QuestionType
from followup.workbooks.answer_layout import FROM_LEDGER, AnswerField
from followup.workbooks.answer_rules import FIRST_DAY, NamedLists
from followup.workbooks.paper_layout import FONT, LINE, PALE_BLUE, Paper
from outreach.workbooks.plain_tables import FORMULA_STARTS

TO_FILL, LOCKED, SHADE = "#FFFBE0", "#F2F2F2", "#BFBFBF"
"""Cells to be answered are yellow, what stands is grey, what is not asked is hatched; the legend says so."""

DAY_FORMAT = '[$-411]ggge"年"m"月"d"日"'
LIGHT_UP = 14  # the number of a pattern of slanted lines in the file format
HEADER_CHARACTERS = 200
LINE_HEIGHT = 15
TALLEST = 240
MAX_COLUMNS = 16_384

LEGEND = (
    "黄色の欄に記入してください。灰色の欄は変更できません。斜線の網掛け（又は「－」）の欄は、"
    f"条件や団体の区分に当たらないため記入不要です。「{FROM_LEDGER}」とある欄は、内容を確かめてください。"
)
PROTECTION = {
    "sort": True,
    "autofilter": True,
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
}
"""No password: whoever must move, insert or sort may lift it, and the book can still be taken in."""

KEY_ROW, TITLE_ROW, LEGEND_ROW = 0, 1, 2
"""What stands above either table; the first row is hidden."""

CellContent = str | int | float | date | None


class AnswerPaper(Paper):
    """The pages of one answer workbook."""

    def __init__(self, workbook: Workbook, *, header: str, footer: str, lists: NamedLists) -> None:
        super().__init__(workbook, footer=_escaped(footer))
        self.lists = lists
        self._header = _escaped(header)
        self._cell_formats: dict[tuple[Any, ...], Format] = {}

    def answer_page(self, name: str) -> Worksheet:
        """Add a protected page with a header; rows are as high as what is typed into them needs."""
        sheet = self.page(name)
        sheet.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.7)
        sheet.set_header(f'&L&"{FONT}"&9{self._header}&R&"{FONT}"&9&A')
        sheet.protect("", PROTECTION)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{MAX_COLUMN_NAME}1048576"})
        return sheet

    def heading(self, **more: Any) -> Format:
        return self.style(
            **{
                "bold": True,
                "align": "center",
                "text_wrap": True,
                "border": 1,
                "border_color": LINE,
                "bg_color": PALE_BLUE,
            }
            | more
        )

    def boxed(self, **more: Any) -> Format:
        """Return the format of a cell that is not to be changed."""
        base = {"border": 1, "border_color": LINE, "bg_color": LOCKED, "text_wrap": True}
        return self.style(**base | _indented(more))

    def not_asked(self) -> Format:
        """Return the format of a cell that its body is not asked for."""
        return self.boxed(align="center", pattern=LIGHT_UP, fg_color=SHADE, bg_color="#FFFFFF")

    def greyed(self) -> Format:
        """Return how a cell turns while its condition is not met."""
        key = ("greyed",)
        if key not in self._cell_formats:
            look = {"pattern": LIGHT_UP, "fg_color": SHADE, "bg_color": LOCKED, "font_color": "#595959"}
            self._cell_formats[key] = self.workbook.add_format(look)
        return self._cell_formats[key]

    def field_format(self, field: AnswerField, value: CellContent) -> Format:
        """Return the format of a cell of a field that holds this."""
        return self.open_cell(_number_format(field), value, centred=field.choice is not None)

    def open_cell(self, number_format: str, value: CellContent = None, *, centred: bool = False) -> Format:
        """Return the format of a cell to be filled in; text that starts like a formula is quoted."""
        quoted = isinstance(value, str) and value.startswith(FORMULA_STARTS)
        key = (number_format, quoted, centred)
        if key not in self._cell_formats:
            self._cell_formats[key] = self.style(
                locked=False,
                border=1,
                border_color=LINE,
                bg_color=TO_FILL,
                text_wrap=number_format == "@",
                num_format=number_format,
                quote_prefix=quoted,
                **_indented({"align": "center" if centred else "left" if number_format == "@" else "right"}),
            )
        return self._cell_formats[key]

    def paragraph(self, text: str) -> Format:
        """Return the format of a paragraph."""
        return self.style(text_wrap=True, valign="top", quote_prefix=text.startswith(FORMULA_STARTS))

    def quoted_box(self, text: str, **more: Any) -> Format:
        return self.boxed(**({"quote_prefix": True} if text.startswith(FORMULA_STARTS) else {}), **more)

    def submitted_cell(self, field: AnswerField, value: CellContent) -> Format:
        """Return the format of an answer that was submitted and is not asked again: read, not changed."""
        return self.quoted_box(str(value or ""), num_format=_number_format(field))


MAX_COLUMN_NAME = "XFD"


def _indented(properties: dict[str, Any]) -> dict[str, Any]:
    """Keep text off the border of its cell unless it is centred."""
    align = properties.get("align", "left")
    return properties if align == "center" else properties | {"align": align, "indent": 1}


def _escaped(text: str) -> str:
    """Return text for a header or footer, where & begins a command."""
    return text[:HEADER_CHARACTERS].replace("&", "&&")


def _number_format(field: AnswerField) -> str:
    if field.choice or field.is_other_text:
        return "@"
    if field.question.type == QuestionType.DATE:
        return DAY_FORMAT
    if field.question.type == QuestionType.INTEGER:
        return "#,##0"
    return "General" if field.question.type in NUMBERS else "@"


def write_value(sheet: Worksheet, row: int, column: int, value: CellContent, style: Format) -> None:
    """Write one value by its type: text is never taken for anything else."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        if sheet.write_string(row, column, value, style) != 0:
            raise ValueError(f"A text of {len(value)} characters does not fit into a cell.")
    elif not isinstance(value, date):
        sheet.write_number(row, column, value, style)
    elif value < FIRST_DAY:  # sheets count days wrongly, or not at all, before it
        sheet.write_string(row, column, value.isoformat(), style)
    else:
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001


def row_height(lines: Sequence[int], least: float, line_height: float = LINE_HEIGHT) -> float:
    """Return how high a row of so many lines in each cell is."""
    return max(least, min(line_height * max(lines, default=1) + 5, TALLEST))


def write_top(paper: AnswerPaper, sheet: Worksheet, title: str, keys: Sequence[str]) -> None:
    """Write what stands above either table: the hidden keys, the title and the legend."""
    sheet.set_row(KEY_ROW, None, None, {"hidden": True})
    for column, key in enumerate(keys):
        sheet.write_string(KEY_ROW, column, key, paper.style())
    sheet.set_row(TITLE_ROW, 28)
    sheet.write_string(TITLE_ROW, 1, title, paper.style(font_size=14, bold=True))
    sheet.set_row(LEGEND_ROW, 20)
    sheet.write_string(LEGEND_ROW, 1, LEGEND, paper.style(font_size=9))
