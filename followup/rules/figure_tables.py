"""All figures of a round as tables for a page, each number with the rows that stand behind it.

The same for live and for frozen figures. Not here: what the numbers mean (figure_definitions), the
charts and the addresses (templates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from followup.rules.figure_rows import Selection

Number = int | float | Decimal


@dataclass(frozen=True)
class Cell:
    """One number, or a text; `rows` stand behind it.

    With `is_sum` the number adds up what the rows say and is not how many there are; a rate has rows
    for its numerator. None is shown as －, `note` says why (設問なし).
    """

    number: Number | None = None
    unit: str = ""
    rows: Selection | None = None
    is_sum: bool = False
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a table: its heading and its cells; `key` names what it is about in every round.

    `report_id` is the report of the ministry that the heading names.
    """

    key: str
    heading: str
    cells: tuple[Cell, ...]
    report_id: int | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """One table; `columns` are headings and whether their cells are numbers."""

    key: str
    title: str
    corner: str
    columns: tuple[tuple[str, bool], ...]
    lines: tuple[Line, ...]
    total: Line | None = None
    empty: str = ""

    def cells(self) -> Iterator[Cell]:
        for line in (*self.lines, *([self.total] if self.total else [])):
            yield from line.cells


def counted(number: int | None, rows: Selection | None, unit: str = "") -> Cell:
    """Return a number of rows; 設問なし where it is None."""
    return Cell(number, unit, rows) if number is not None else Cell(note="設問なし")


def rate(percent: float | None) -> Cell:
    return Cell(percent, "％")


def numbers_of(tables: Iterable[Table]) -> dict[Selection, int]:
    """Return how many rows each selection of the tables counted: what a list has to show."""
    return {
        cell.rows: int(cell.number)
        for table in tables
        for cell in table.cells()
        if cell.rows is not None and cell.number is not None and not cell.is_sum
    }
