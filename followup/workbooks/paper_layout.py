"""How pages of the council paper look: fonts, tables, page setup. What they say is elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any
from unicodedata import east_asian_width

from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | Decimal | None

FONT = "游ゴシック"
INK = "#1A1A1C"
LINE = "#999999"
BLUE, PALE_BLUE, GREY, ORANGE = "#0017C1", "#E8F1FE", "#B3B3B3", "#C74700"
NO_ROWS = "該当するデータはありません。"
NOT_ASKED = "設問なし"
NOT_COUNTED = "－"
"""Stands where there is nothing to divide by, or nobody answered; zero is written as 0."""

TITLE_ROW, HEADER_ROW = 0, 3
ROW_HEIGHT = 20
DEFAULT_ROW_HEIGHT = 16
"""Said outright: programs have defaults of their own, and charts are placed by rows."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Look(Enum):
    """How the values of a column are shown."""

    TEXT = "text"
    CENTRE = "centre"
    COUNT = "count"
    PERCENT = "percent"


NUMBER_FORMATS = {Look.COUNT: "#,##0_ ", Look.PERCENT: "0.0_ "}  # "_ " keeps off the border
ALIGNMENTS = {Look.TEXT: "left", Look.CENTRE: "center", Look.COUNT: "right", Look.PERCENT: "right"}


@dataclass(frozen=True)
class Heading:
    """One column of a printed table."""

    text: str
    width: float
    look: Look = Look.TEXT


@dataclass(frozen=True)
class Placed:
    """Where the rows of a table came to lie; zero-based, both ends included."""

    sheet: str
    first_row: int
    last_row: int

    @property
    def is_empty(self) -> bool:
        return self.last_row < self.first_row

    def column(self, index: int) -> list[Any]:
        """Return the cells of a column as charts want them."""
        return [self.sheet, self.first_row, index, self.last_row, index]


class Paper:
    """A workbook of printed pages, A4 landscape."""

    def __init__(self, workbook: Workbook, footer: str) -> None:
        self.workbook = workbook
        self._footer = footer
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def style(self, **properties: Any) -> Format:
        """Return a format of the paper's font; the same properties give the same format."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            base = {"font_name": FONT, "font_size": 10.5, "font_color": INK, "valign": "vcenter"}
            self._formats[key] = self.workbook.add_format(base | properties)
        return self._formats[key]

    def page(self, name: str, *, pages_high: int = 0) -> Worksheet:
        """Add a sheet as wide as one page and as many pages high as it needs (0)."""
        sheet = self.workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, pages_high)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        sheet.set_default_row(DEFAULT_ROW_HEIGHT)
        sheet.set_footer(f'&L&"{FONT}"&8{self._footer}&R&"{FONT}"&8&P / &N')
        return sheet

    def table(
        self,
        name: str,
        headings: Sequence[Heading],
        rows: Iterable[Sequence[Cell]],
        *,
        title: str = "",
        note: str = "",
        total: Sequence[Cell] | None = None,
    ) -> Placed:
        """Add a page with a title, a note and a table whose header repeats on every printed page."""
        sheet = self.page(name)
        self.write_title(sheet, title or name, note)
        for index, heading in enumerate(headings):
            sheet.set_column(index, index, heading.width)
        placed = self.write_table(sheet, HEADER_ROW, headings, rows, total=total)
        sheet.repeat_rows(HEADER_ROW)
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        below = 1 if placed.is_empty or total is not None else 0
        sheet.print_area(0, 0, max(placed.last_row, HEADER_ROW) + below, len(headings) - 1)
        return placed

    def write_title(self, sheet: Worksheet, title: str, note: str) -> None:
        sheet.set_row(TITLE_ROW, 28)
        sheet.write_string(TITLE_ROW, 0, title, self.style(font_size=16, bold=True))
        sheet.write_string(TITLE_ROW + 1, 0, note, self.style(font_size=9))

    def write_table(
        self,
        sheet: Worksheet,
        row: int,
        headings: Sequence[Heading],
        rows: Iterable[Sequence[Cell]],
        *,
        total: Sequence[Cell] | None = None,
    ) -> Placed:
        """Write headings and rows from a row on; `total` comes below, outside of what charts read."""
        self._write_headings(sheet, row, headings)
        last = row
        for last, values in enumerate(rows, start=row + 1):
            self._write_row(sheet, last, headings, values)
        if last == row:
            sheet.write_string(row + 1, 0, NO_ROWS, self.style())
        elif total is not None:
            self._write_row(sheet, last + 1, headings, total, bold=True, bg_color=PALE_BLUE)
        return Placed(sheet.get_name(), row + 1, last)

    def _write_headings(self, sheet: Worksheet, row: int, headings: Sequence[Heading]) -> None:
        style = self.style(
            bold=True, align="center", text_wrap=True, border=1, border_color=LINE, bg_color=PALE_BLUE
        )
        sheet.set_row(row, 2 * ROW_HEIGHT)
        for index, heading in enumerate(headings):
            sheet.write_string(row, index, heading.text, style)

    def _write_row(
        self, sheet: Worksheet, row: int, headings: Sequence[Heading], values: Sequence[Cell], **more: Any
    ) -> None:
        lines = 1
        for index, (heading, value) in enumerate(zip(headings, values, strict=True)):
            self.write_cell(sheet, row, index, value, heading.look, **more)
            lines = max(lines, lines_of(value, heading.width))
        sheet.set_row(row, min(ROW_HEIGHT * lines, 409))

    def write_cell(
        self, sheet: Worksheet, row: int, column: int, value: Cell, look: Look, **more: Any
    ) -> None:
        properties: dict[str, Any] = {
            "align": ALIGNMENTS[look],
            "indent": 1 if look is Look.TEXT else 0,
            "border": 1,
            "border_color": LINE,
            "text_wrap": look is Look.TEXT,
        } | more
        if value is None or isinstance(value, str):
            centred = {"align": "center", "indent": 0} if value in {None, NOT_ASKED} else {}
            text = NOT_COUNTED if value is None else _UNPRINTABLE.sub("", value)
            sheet.write_string(row, column, text, self.style(**{**properties, **centred}))
        else:
            number_format = NUMBER_FORMATS.get(look, "General")
            sheet.write_number(row, column, value, self.style(**properties, num_format=number_format))

    def chart(self, kind: dict[str, str], *, title: str, number_axis: str = "") -> Chart:
        """Return a chart in the paper's font, its value axis named with unit and way of counting."""
        chart = self.workbook.add_chart(kind)
        chart.set_title(
            {"name": title, "name_font": {"name": FONT, "size": 12, "bold": True}, "overlay": False}
        )
        chart.set_legend({"position": "bottom", "font": {"name": FONT, "size": 9}})
        chart.set_y_axis({
            "name": number_axis, "name_font": {"name": FONT, "size": 9, "bold": False},
            "num_font": {"name": FONT, "size": 9}, "num_format": "#,##0", "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}},
        })  # fmt: skip
        return chart


def lines_of(value: object, width: float) -> int:
    """Return about how many lines a text takes; a full-width character is two units wide."""
    if not isinstance(value, str):
        return 1
    per_line = max(int(width - 1), 1)
    return sum(-(-max(_units(line), 1) // per_line) for line in value.split("\n"))


def _units(line: str) -> int:
    return sum(2 if east_asian_width(char) in "FWA" else 1 for char in line)
