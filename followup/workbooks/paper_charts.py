"""Native charts of the council paper; each draws a printed table, so its numbers can be read there."""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from followup.workbooks.paper_layout import BLUE, FONT, GREY, NO_ROWS, ORANGE, Paper, Placed


@dataclass(frozen=True)
class Frame:
    """Where a chart stands: it fills whole columns, as programs differ in how wide a column is."""

    row: int
    column: int
    width: int
    """Pixels of the columns that it fills: 7 a unit, and 5 more each."""
    height: int = 360


Source = tuple[Placed, int, int]
"""A table, and which columns of it hold the names and the counts."""

FEWEST_FOR_A_LINE = 4

NAME, ISSUED, PLANNED = 0, 2, 3
"""Columns of the table by ministry."""


def add_ministry_chart(paper: Paper, sheet: Worksheet, frame: Frame, table: Placed | None) -> None:
    """Draw notified and not yet notified bodies of each ministry, stacked; None where there are none."""
    if table is None:
        sheet.write_string(frame.row, 0, NO_ROWS, paper.style())
        return
    chart = paper.chart(
        {"type": "column", "subtype": "stacked"}, title="発出済みと未発出", number_axis="団体数（延べ）"
    )
    for name, column, colour in (("発出済み", ISSUED, BLUE), ("未発出", PLANNED, GREY)):
        chart.add_series({
            "name": name, "categories": table.column(NAME), "values": table.column(column),
            "fill": {"color": colour}, "gap": 40,
        })  # fmt: skip
    chart.set_x_axis({"num_font": {"name": FONT, "size": 9, "rotation": -60}, "interval_unit": 1})
    _insert(sheet, frame, chart, text="府省庁ごとの発出済みと未発出の延べ団体数")


def add_day_chart(paper: Paper, sheet: Worksheet, frame: Frame, table: Placed) -> None:
    """Draw the count so far; few days as columns, as a line needs two points to be seen."""
    title = "発出団体数の累計（延べ）"
    if table.is_empty:
        _say_that_there_is_nothing(sheet, frame, title)
        return
    is_line = table.last_row - table.first_row >= FEWEST_FOR_A_LINE - 1
    chart = paper.chart(
        {"type": "line" if is_line else "column"},
        title=title,
        number_axis="団体数（延べ）",
    )
    look = {
        "line": {"color": BLUE, "width": 2.25},
        "marker": {"type": "circle", "size": 5, "fill": {"color": BLUE}},
    } if is_line else {
        "fill": {"color": BLUE}, "gap": 150,
        "data_labels": {"value": True, "num_format": "#,##0", "font": {"name": FONT, "size": 9}},
    }  # fmt: skip
    chart.add_series({"name": "累計", "categories": table.column(0), "values": table.column(2), **look})
    chart.set_x_axis({"num_font": {"name": FONT, "size": 8, "rotation": -45 if is_line else 0}})
    chart.set_legend({"none": True})
    _insert(sheet, frame, chart, text="発出日ごとの延べ団体数の累計")


def add_channel_chart(paper: Paper, sheet: Worksheet, frame: Frame, table: Placed | None) -> None:
    """Draw the channels; None where nobody has been notified, and every bar would be empty."""
    title = "周知手段別の発出団体数（延べ）"
    if table is None:
        _say_that_there_is_nothing(sheet, frame, title)
        return
    _add_bars(paper, sheet, frame, (table, 0, 1), title=title, colour=BLUE)


def add_answer_chart(paper: Paper, sheet: Worksheet, frame: Frame, table: Placed | None) -> None:
    """Draw the choices of 周知状況 where they stand on the page of questions."""
    title = "団体等における周知の状況（延べ）"
    if table is None:
        _say_that_there_is_nothing(sheet, frame, title)
        return
    _add_bars(paper, sheet, frame, (table, 2, 3), title=title, colour=ORANGE)


def _say_that_there_is_nothing(sheet: Worksheet, frame: Frame, title: str) -> None:
    """Put in the place of a chart what it would have shown, and that there is none of it."""
    sheet.insert_textbox(
        frame.row, frame.column, f"{title}\n\n{NO_ROWS}",
        {"width": frame.width, "height": 80, "font": {"name": FONT, "size": 10}},
    )  # fmt: skip


def add_status_chart(paper: Paper, sheet: Worksheet, frame: Frame, table: Placed) -> None:
    _add_bars(paper, sheet, frame, (table, 0, 1), title="報告の状態（府省庁）", colour=ORANGE)


def _add_bars(
    paper: Paper,
    sheet: Worksheet,
    frame: Frame,
    source: tuple[Placed, int, int],
    *,
    title: str,
    colour: str,
) -> None:
    """Draw the names in a column of a table against the counts in another, each bar with its count."""
    table, names, counts = source
    if table.is_empty:
        return
    chart = paper.chart({"type": "bar"}, title=title)
    chart.add_series({
        "name": title, "categories": table.column(names), "values": table.column(counts), "gap": 40,
        "fill": {"color": colour},
        "data_labels": {"value": True, "num_format": "#,##0", "font": {"name": FONT, "size": 9}},
    })  # fmt: skip
    # A bar chart lies on its side: its categories stand on the y axis, upwards unless reversed.
    chart.set_y_axis({
        "reverse": True, "num_font": {"name": FONT, "size": 9}, "major_gridlines": {"visible": False},
    })  # fmt: skip
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_legend({"none": True})
    _insert(sheet, frame, chart, text=title)


def _insert(sheet: Worksheet, frame: Frame, chart: Chart, *, text: str) -> None:
    """Place a chart; the text is read out to who cannot see it and names what it draws."""
    chart.set_size({"width": frame.width, "height": frame.height})
    # 1: it moves and grows with its cells, so that it fills its columns in every program.
    sheet.insert_chart(frame.row, frame.column, chart, {"description": text, "object_position": 1})
