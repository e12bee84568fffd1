"""Native charts of the council paper; each draws a printed table, so its numbers can be read there."""

from __future__ import annotations

from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from followup.workbooks.paper_layout import BLUE, FONT, GREY, NO_ROWS, ORANGE, Paper, Placed

Corner = tuple[int, int]
"""The row a chart starts on, and how many pixels it is from the left."""

SMALL, LARGE = (335, 360), (1040, 600)
"""Pixels of a chart: three of the small stand side by side on a page."""
THIRDS = (0, 345, 690)

NAME, ISSUED, PLANNED = 0, 2, 3
"""Columns of the table by ministry."""


def add_ministry_chart(paper: Paper, sheet: Worksheet, corner: Corner, table: Placed) -> None:
    """Draw notified and not yet notified bodies of each ministry, stacked."""
    if table.is_empty:
        sheet.write_string(corner[0], 0, NO_ROWS, paper.style())
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
    _insert(sheet, corner, chart, size=LARGE, text="府省庁ごとの発出済みと未発出の延べ団体数")


def add_day_chart(paper: Paper, sheet: Worksheet, corner: Corner, table: Placed) -> None:
    if table.is_empty:
        return
    chart = paper.chart({"type": "line"}, title="発出団体数の累計（延べ）", number_axis="団体数（延べ）")
    chart.add_series({
        "name": "累計", "categories": table.column(0), "values": table.column(2),
        "line": {"color": BLUE, "width": 2.25},
        "marker": {"type": "circle", "size": 5, "fill": {"color": BLUE}},
    })  # fmt: skip
    chart.set_x_axis({"num_font": {"name": FONT, "size": 8, "rotation": -45}})
    chart.set_legend({"none": True})
    _insert(sheet, corner, chart, size=SMALL, text="発出日ごとの延べ団体数の累計")


def add_channel_chart(paper: Paper, sheet: Worksheet, corner: Corner, table: Placed) -> None:
    _add_bars(paper, sheet, corner, table, title="周知手段別の発出団体数（延べ）", colour=BLUE)


def add_status_chart(paper: Paper, sheet: Worksheet, corner: Corner, table: Placed) -> None:
    _add_bars(paper, sheet, corner, table, title="報告の状態（府省庁）", colour=ORANGE)


def _add_bars(
    paper: Paper, sheet: Worksheet, corner: Corner, table: Placed, *, title: str, colour: str
) -> None:
    """Draw names (column 0) against counts (column 1), each bar labelled with its count."""
    if table.is_empty:
        return
    chart = paper.chart({"type": "bar"}, title=title)
    chart.add_series({
        "name": title, "categories": table.column(0), "values": table.column(1), "gap": 40,
        "fill": {"color": colour}, "data_labels": {"value": True, "font": {"name": FONT, "size": 9}},
    })  # fmt: skip
    # A bar chart lies on its side: its categories stand on the y axis, upwards unless reversed.
    chart.set_y_axis({
        "reverse": True, "num_font": {"name": FONT, "size": 9}, "major_gridlines": {"visible": False},
    })  # fmt: skip
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_legend({"none": True})
    _insert(sheet, corner, chart, size=SMALL, text=title)


def _insert(sheet: Worksheet, corner: Corner, chart: Chart, *, size: tuple[int, int], text: str) -> None:
    """Place a chart; the text is read out to who cannot see it and names what it draws."""
    width, height = size
    chart.set_size({"width": width, "height": height})
    row, left = corner
    sheet.insert_chart(row, 0, chart, {"x_offset": left, "description": text, "object_position": 2})
