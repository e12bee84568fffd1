"""What changed between two sets of figures: of two snapshots, or of two rounds.

Both are laid out in the same tables (tables_of), whose lines are known by keys that hold in every
round; so every number that a page shows is compared, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from followup.rules.figure_tables import Cell, Line, Number, Table
from followup.rules.figures import Figures
from followup.rules.outcome_tables import answer_tables
from followup.rules.progress_tables import progress_tables


class Side(StrEnum):
    """On which sides there is a line to compare."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"

    @property
    def label(self) -> str:
        return {"both": "", "before": "比較元にだけあります", "after": "比較先にだけあります"}[self.value]


@dataclass(frozen=True)
class Change:
    """One cell that differs; a side without the line has None."""

    heading: str
    column: str
    before: Cell | None
    after: Cell | None

    @property
    def side(self) -> Side:
        if self.before is None:
            return Side.AFTER
        return Side.BEFORE if self.after is None else Side.BOTH

    @property
    def difference(self) -> Decimal | None:
        """Return after − before; None where a side has no number."""
        if self.before is None or self.after is None:
            return None
        before, after = _decimal(self.before.number), _decimal(self.after.number)
        return None if before is None or after is None else after - before


@dataclass(frozen=True)
class TableChanges:
    """The cells of one table that differ, in the order of the later one."""

    key: str
    title: str
    corner: str
    changes: tuple[Change, ...]


def tables_of(figures: Figures, categories: Mapping[str, str]) -> tuple[Table, ...]:
    """Lay all figures out in tables; `categories` names the categories of bodies by code."""
    return (*progress_tables(figures.progress, categories), *answer_tables(figures))


def changes_between(
    before: Figures, after: Figures, categories: Mapping[str, str], *, days: bool = True
) -> tuple[TableChanges, ...]:
    """Return what differs, table by table; without `days` for rounds, whose days have nothing in common."""
    earlier = {table.key: table for table in tables_of(before, categories)}
    found = (
        TableChanges(table.key, table.title, table.corner, tuple(_changes(earlier[table.key], table)))
        for table in tables_of(after, categories)
        if days or table.key != "days"
    )
    return tuple(table for table in found if table.changes)


def _changes(before: Table, after: Table) -> Iterator[Change]:
    old, new = _lines(before), _lines(after)
    for key in [*new, *(key for key in old if key not in new)]:
        yield from _line_changes(old.get(key), new.get(key), [heading for heading, _ in after.columns])


def _lines(table: Table) -> dict[str, Line]:
    return {line.key: line for line in (*table.lines, *([table.total] if table.total else []))}


def _line_changes(old: Line | None, new: Line | None, columns: Sequence[str]) -> Iterator[Change]:
    line = new or old
    if line is None:
        return
    for place, column in enumerate(columns):
        before, after = old.cells[place] if old else None, new.cells[place] if new else None
        if _said(before) != _said(after):
            yield Change(line.heading, column, before, after)


def _said(cell: Cell | None) -> tuple[Decimal | None, str, str] | None:
    """Return what a cell says, whichever type its number came back from storage as; None for no line."""
    return (_decimal(cell.number), cell.text, cell.note) if cell else None


def _decimal(number: Number | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))
