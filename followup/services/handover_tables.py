"""The tables of a 引継書 as plain values, and how rows become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

MOST_ROWS = 300
"""So many rows of a table are told; the rest is in the system, where the table says how many."""


@dataclass(frozen=True)
class Column:
    """A heading with its share of the width of a page."""

    heading: str
    width: float


@dataclass(frozen=True)
class Part:
    """One table of the sheet; `left_out` rows are more than it tells."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    left_out: int = 0


def table_of(
    *,
    title: str,
    columns: tuple[Column, ...],
    found: QuerySet[Any],
    row: Callable[[Any], tuple[str, ...]],
    note: str = "",
) -> Part:
    """Make a part of the first rows; how many are left out is counted only when there are more."""
    rows = [row(obj) for obj in found[: MOST_ROWS + 1]]
    left_out = found.count() - MOST_ROWS if len(rows) > MOST_ROWS else 0
    return Part(title, columns, rows[:MOST_ROWS], note=note, left_out=left_out)
