"""Charts drawn on the server: inline SVG made of attributes only; the same figures stand in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from django import template

register = template.Library()

STYLES = ("1", "2", "3")  # the stylesheet's colours, each with a mark of its own
REST = "rest"  # the colour of the last series: what is left


class Bar(NamedTuple):
    """One row of a chart; a plain tuple of the same shape will do."""

    label: str
    values: Sequence[int]
    href: str = ""


@dataclass(frozen=True)
class Series:
    name: str
    style: str


@dataclass(frozen=True)
class Segment:
    """One part of a bar; positions are percentages of its whole length."""

    series: Series
    value: int
    start: str
    end: str
    width: str


@register.inclusion_tag("components/stacked_bars.html")
def stacked_bars(
    rows: Sequence[tuple[Any, ...]], series: Sequence[str], *, title: str, unit: str = "件"
) -> dict[str, Any]:
    """Draw one bar a row, each filled in proportion to its own total.

    `series` names the values of a row, two to four, from done to not begun. The figure beside a bar is
    "first value／total".
    """
    styled = _styled(series)
    bars = [Bar(*row) for row in rows]
    return {
        "title": title,
        "unit": unit,
        "series": styled,
        "bars": [
            {"bar": bar, "total": sum(bar.values), "segments": _segments(bar.values, styled)} for bar in bars
        ],
    }


@register.inclusion_tag("components/value_bars.html")
def value_bars(
    rows: Sequence[tuple[str, int]], *, title: str, table: str, unit: str = "件"
) -> dict[str, Any]:
    """Draw one bar a row, as long as its value beside the largest; `table` names where the figures stand."""
    largest = max((value for _label, value in rows), default=0) or 1
    bars = [{"label": label, "value": value, "width": _percent(value, largest)} for label, value in rows]
    return {"title": title, "table": table, "unit": unit, "bars": bars}


@register.inclusion_tag("components/growing_line.html")
def growing_line(days: Sequence[Any], *, title: str, table: str, unit: str = "件") -> dict[str, Any]:
    """Draw how a count grew; `days` are in order, each with day, issued and issued_so_far.

    The line is level until the next day on which something was added; a single day draws none.
    """
    if len(days) < 2:  # noqa: PLR2004 - a line has two ends
        return {}
    first, last = days[0], days[-1]
    span, top = (last.day - first.day).days, last.issued_so_far
    places = [((one.day - first.day).days / span * 100, one.issued_so_far) for one in days]
    corners = [(places[0][0], 0), *places]
    steps = [
        (x, height)
        for (x, now), (_, before) in zip(corners[1:], corners, strict=False)
        for height in (before, now)
    ]
    points = " ".join(f"{x:.2f},{100 - height / top * 100:.2f}" for x, height in steps)
    return {"title": title, "table": table, "unit": unit, "points": points, "first": first, "last": last}


def _styled(names: Sequence[str]) -> list[Series]:
    *first, last = names
    return [*(Series(name, STYLES[i]) for i, name in enumerate(first)), Series(last, REST)]


def _segments(values: Sequence[int], series: Sequence[Series]) -> list[Segment]:
    total = sum(values)
    return [
        Segment(
            series=one,
            value=value,
            start=_percent(end - value, total),
            end=_percent(end, total),
            width=_percent(value, total),
        )
        for one, value, end in zip(series, values, accumulate(values), strict=True)
        if value
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%"
