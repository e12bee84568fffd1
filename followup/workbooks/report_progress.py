"""How far a council report is: told row by row while its tables are read and its files written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from followup.rules.figures import Figures
from outreach.workbooks.plain_tables import Row, Table

COUNTED, WRITTEN = 10, 85
"""Percent once the figures are counted, and once the tables are written, which takes most of the time."""
ROWS_AT_ONCE = 500


class Progress:
    """Tells a percentage whenever it has grown; `tell` writes it where others can see it."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._told = 0
        self._rows = 0

    def reach(self, percent: int) -> None:
        if percent > self._told:
            self._told = percent
            self._tell(percent)

    def watching(self, expected_rows: int) -> Callable[[Iterable[Table]], Iterator[Table]]:
        """Return what hands tables on and counts their rows against those that are expected."""

        def watch(tables: Iterable[Table]) -> Iterator[Table]:
            for table in tables:
                yield replace(table, rows=self._counted(table.rows, max(expected_rows, 1)))

        return watch

    def _counted(self, rows: Iterable[Row], expected: int) -> Iterator[Row]:
        for number, row in enumerate(rows, start=1):
            yield row
            if number % ROWS_AT_ONCE == 0:
                self._rows += ROWS_AT_ONCE
                self.reach(COUNTED + min((WRITTEN - COUNTED) * self._rows // expected, WRITTEN - COUNTED))


def rows_to_write(figures: Figures) -> int:
    """Return about how many rows the tables have: bodies, channels, and a row an answer or choice."""
    answers = sum(
        max(question.answered, sum(choice.count for choice in question.choices))
        for question in figures.answers.questions
    )
    channels = sum(channel.issued for channel in figures.progress.channels)
    return figures.progress.aimed + channels + answers + figures.progress.asked
