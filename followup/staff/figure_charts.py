"""The charts beside the tables of figures: what each draws of its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from followup.rules.figure_tables import Line, Number, Table
from followup.rules.figures import DayCount, Figures

AIMED, ISSUED = 0, {"ministries": 3, "categories": 1}
"""Which cells of a line are how many were aimed at and notified."""


@dataclass(frozen=True)
class Charts:
    """What is drawn: shares of what was aimed at, counts by channel and choice, and the days."""

    shares: dict[str, list[tuple[str, tuple[int, int]]]]
    channels: list[tuple[str, int]]
    days: Sequence[DayCount]
    questions: list[tuple[str, list[tuple[str, int]]]]


def charts_of(figures: Figures, tables: Iterable[Table]) -> Charts:
    by_key = {table.key: table for table in tables}
    return Charts(
        shares={key: list(_shares(by_key[key])) for key in ISSUED},
        channels=[(row.label, row.issued) for row in figures.progress.channels],
        days=figures.progress.days,
        questions=[
            (question.label, [(choice.label, choice.count) for choice in question.choices])
            for question in figures.answers.questions
            if question.choices and question.answered
        ],
    )


def _shares(table: Table) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each line's notified and not yet notified bodies; a line with none has nothing to draw."""
    for line in table.lines:
        aimed, issued = _count(line, AIMED), _count(line, ISSUED[table.key])
        if aimed:
            yield line.heading, (issued, aimed - issued)


def _count(line: Line, place: int) -> int:
    number: Number | None = line.cells[place].number
    return int(number or 0)
