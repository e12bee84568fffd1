"""How pages of the council paper look: fonts, tables, page setup. What they say is elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from math import ceil
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
ROW_HEIGHT, MORE_LINE = 20, 15
"""Points of a row with one line of text, and of each line more."""
TALLEST_ROW = 409
"""As high as programs let a row be."""
TITLE_HEIGHT, HEADER_HEIGHT = 28, 40
DEFAULT_ROW_HEIGHT = 16
"""Said outright: programs have defaults of their own, and charts are placed by rows."""
ABOVE: float = TITLE_HEIGHT + 2 * DEFAULT_ROW_HEIGHT
"""Points above the headings of a table, on its first page."""
PAGE_WIDTH, PAGE_HEIGHT = 755, 490
"""Points inside the margins of A4 landscape."""
SPARED = 0.9
"""How much of its pages a table may fill and still have its rows shared out: programs differ in how high."""
SHRINK = 1.22
"""A table that is so much higher than whole pages is made to fit them: no page with a few rows left over."""
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
    heights: tuple[float, ...] = ()
    """Points of the rows that were written, a total included, without those of the headings."""

    @property
    def is_empty(self) -> bool:
        return self.last_row < self.first_row

    def column(self, index: int) -> list[Any]:
        """Return the cells of a column as charts want them."""
        return [self.sheet, self.first_row, index, self.last_row, index]

    def part(self, first: int, count: int) -> Placed:
        """Return some of the rows, counted from the first."""
        start = self.first_row + first
        return replace(self, first_row=start, last_row=start + count - 1)


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
        rows_below: int = 0,
    ) -> Placed:
        """Add a page with a title, a note and a table whose header repeats on every printed page.

        `rows_below` are printed too, for a chart of the table.
        """
        sheet = self.page(name)
        self.write_title(sheet, title or name, note)
        for index, heading in enumerate(headings):
            sheet.set_column(index, index, heading.width)
        placed = self.write_table(sheet, HEADER_ROW, headings, rows, total=total)
        sheet.repeat_rows(HEADER_ROW)
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        below = rows_below + (1 if placed.is_empty or total is not None else 0)
        sheet.print_area(0, 0, max(placed.last_row, HEADER_ROW) + below, len(headings) - 1)
        _fit(sheet, headings, placed)
        return placed

    def sheet(self, name: str) -> Worksheet:
        return self.workbook.get_worksheet_by_name(name)

    def write_title(self, sheet: Worksheet, title: str, note: str) -> None:
        sheet.set_row(TITLE_ROW, TITLE_HEIGHT)
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
        last, heights = row, []
        for last, values in enumerate(rows, start=row + 1):
            heights.append(self._write_row(sheet, last, headings, values))
        if last == row:
            sheet.write_string(row + 1, 0, NO_ROWS, self.style())
        elif total is not None:
            heights.append(self._write_row(sheet, last + 1, headings, total, bold=True, bg_color=PALE_BLUE))
        return Placed(sheet.get_name(), row + 1, last, tuple(heights))

    def _write_headings(self, sheet: Worksheet, row: int, headings: Sequence[Heading]) -> None:
        style = self.style(
            bold=True, align="center", text_wrap=True, border=1, border_color=LINE, bg_color=PALE_BLUE
        )
        sheet.set_row(row, HEADER_HEIGHT)
        for index, heading in enumerate(headings):
            sheet.write_string(row, index, heading.text, style)

    def _write_row(
        self, sheet: Worksheet, row: int, headings: Sequence[Heading], values: Sequence[Cell], **more: Any
    ) -> float:
        """Write one row; return how high it is."""
        lines = 1
        for index, (heading, value) in enumerate(zip(headings, values, strict=True)):
            self.write_cell(sheet, row, index, value, heading.look, **more)
            lines = max(lines, lines_of(value, heading.width))
        height = min(ROW_HEIGHT + MORE_LINE * (lines - 1), TALLEST_ROW)
        sheet.set_row(row, height)
        return height

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


def _fit(sheet: Worksheet, headings: Sequence[Heading], placed: Placed) -> None:
    """Fit a table to the width of a page, and see that its last page does not hold a few rows only.

    A little too high for whole pages, it is made smaller, and where it nearly fills them it may be, as
    programs differ in how high a row is; else its rows are shared out evenly.
    """
    scale = min(1.0, PAGE_WIDTH / (pixels_wide(headings) * 0.75))
    whole = sum(placed.heights) + ABOVE
    page = PAGE_HEIGHT / scale - HEADER_HEIGHT
    fitting = max(int(whole / page), 1)
    pages = fitting if whole <= fitting * page * SHRINK else ceil(whole / page)
    if whole > pages * page * SPARED or pages == fitting:
        sheet.fit_to_pages(1, pages)
        return
    sheet.fit_to_pages(1, 0)
    sheet.set_h_pagebreaks(_breaks(placed, whole / pages))


def _breaks(placed: Placed, share: float) -> list[int]:
    """Return the rows before which a new page begins, when every page is to hold about its share."""
    breaks: list[int] = []
    filled = ABOVE
    for row, height in enumerate(placed.heights, start=placed.first_row):
        if filled + height / 2 > share * (len(breaks) + 1):
            breaks.append(row)
        filled += height
    return breaks


def pixels_wide(headings: Sequence[Heading]) -> int:
    """Return the width of columns: a unit is 7 pixels, and a column has 5 more."""
    return sum(int(7 * heading.width + 5) for heading in headings)


def lines_of(value: object, width: float) -> int:
    """Return about how many lines a text takes; a full-width character is two units wide."""
    if not isinstance(value, str):
        return 1
    per_line = max(int(width - 1), 1)
    return sum(-(-max(_units(line), 1) // per_line) for line in value.split("\n"))


def _units(line: str) -> int:
    return sum(2 if east_asian_width(char) in "FWA" else 1 for char in line)
