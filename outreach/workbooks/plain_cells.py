"""What stands in the cells of a plain sheet, as XML: text, numbers and true days, a column at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach.workbooks.plain_tables import (
    CELL_CHARACTERS,
    FORMULA_STARTS,
    TEXT_END,
    Column,
    Kind,
    Made,
    joined_plain,
    one_line,
)

DAY_STYLE, QUOTED_STYLE = 1, 2
"""Places in the styles of the workbook; 0 is that of every other cell."""

BLANK = "<c/>"
TEXT = '<c t="inlineStr"><is><t>%s</t></is></c>'
QUOTED = f'<c s="{QUOTED_STYLE}" t="inlineStr"><is><t>%s</t></is></c>'
NUMBER = "<c><v>%s</v></c>"
DAY = f'<c s="{DAY_STYLE}"><v>%s</v></c>'
ANY = "%s"

_FIRST_DAY_OF_SHEETS = date(1900, 3, 1)
_DAY_ZERO = date(1899, 12, 30).toordinal()
_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True)
class Cells:
    """The cells of a column in some rows: the XML around each value, and the values."""

    pattern: str
    values: Iterable[Any]


CellMaker = Callable[[Sequence[Any]], Cells]


def cell_maker(column: Column) -> CellMaker:
    """Return what makes cells of the values of a column, by its kind."""
    if column.kind is Kind.NUMBER:
        return _number_cells
    if column.kind is Kind.DATE:
        return _one_by_one(Made(_day_cell))
    one_by_one = _one_by_one(Made(lambda value: text_cell(column.text_of(value))))
    return one_by_one if column.rewrites else lambda values: _plain_cells(values) or one_by_one(values)


def _one_by_one(made: Made) -> CellMaker:
    return lambda values: Cells(ANY, map(made.__getitem__, values))


def _number_cells(values: Sequence[Any]) -> Cells:
    if None not in values:
        return Cells(NUMBER, values)
    return Cells(ANY, [BLANK if value is None else NUMBER % value for value in values])


def _day_cell(value: date | str | None) -> str:
    if value is None:
        return BLANK
    day = date.fromisoformat(value) if isinstance(value, str) else value
    if day < _FIRST_DAY_OF_SHEETS:  # sheets count days wrongly, or not at all, before it
        return text_cell(day.isoformat())
    return DAY % (day.toordinal() - _DAY_ZERO)


def _plain_cells(values: Sequence[Any]) -> Cells | None:
    """Return the cells of texts that hardly repeat, made as one; None if one of them needs more care."""
    if 2 * len(set(values)) < len(values):
        return None
    joined = joined_plain(values)
    if joined is None or "_x" in joined or max(map(len, values)) > CELL_CHARACTERS // 2:
        return None
    return Cells(TEXT, _for_xml(joined).split(TEXT_END)[1:-1])


def text_cell(text: str) -> str:
    """Return a text as text, quoted where it starts like a formula; blank for nothing.

    Raises:
        ValueError: when it does not fit into a cell.
    """
    if not text.isprintable() or "  " in text or text != text.strip():
        text = one_line(text)
    if not text:
        return BLANK
    if len(text) > CELL_CHARACTERS // 2 and len(text.encode("utf-16-le")) > CELL_CHARACTERS * 2:
        raise ValueError(f"A text of {len(text)} characters does not fit into a cell.")
    return (QUOTED if text.startswith(FORMULA_STARTS) else TEXT) % escaped(text)


def escaped(text: str) -> str:
    """Return a text for XML; what would be read as a coded character (_x0041_) stays what it is."""
    return _for_xml(_CODED.sub("_x005F_", text) if "_x" in text else text)


def _for_xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
