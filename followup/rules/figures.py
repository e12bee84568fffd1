"""Every figure that is shown or exported, and how it follows from counted rows.

What each means is in figure_definitions; the database is asked in services. 延べ counts notifications,
実数 counts distinct bodies across ministries (by 法人番号, else by normalised name).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from itertools import accumulate

from followup.rules.answer_figures import AnswerFigures
from followup.rules.due import Due
from followup.rules.figure_definitions import DEFINITION, DEFINITIONS, Counted, FigureDefinition
from followup.rules.outcomes import Outcomes, Remark
from followup.rules.percentages import percentage
from followup.rules.rulings import RulingNote
from followup.rules.status import ReportStatus

__all__ = [
    "DEFINITION",
    "DEFINITIONS",
    "CategoryFigures",
    "ChannelCount",
    "Counted",
    "DayCount",
    "FigureDefinition",
    "Figures",
    "MinistryFigures",
    "NotifiedCount",
    "Progress",
    "days_of",
    "percentage",
]


@dataclass(frozen=True)
class NotifiedCount:
    """How many bodies were aimed at and notified, for one template and category (延べ)."""

    template_number: int
    category: str
    aimed: int
    issued: int


@dataclass(frozen=True)
class CategoryFigures:
    """One template and category over all ministries; 延べ and, for the notified, 実数."""

    template_number: int
    category: str
    aimed: int
    issued: int
    distinct_issued: int

    @property
    def issue_rate(self) -> float | None:
        return percentage(self.issued, self.aimed)


@dataclass(frozen=True)
class ChannelCount:
    """How many notified bodies one channel was recorded for (延べ)."""

    code: str
    label: str
    issued: int


@dataclass(frozen=True)
class DayCount:
    """How many bodies were notified on one day, and up to and including it (延べ)."""

    day: date
    issued: int
    issued_so_far: int


@dataclass(frozen=True)
class MinistryFigures:
    """One ministry's row; the same whoever shows it."""

    ministry_id: int
    order: int
    name: str
    abbreviation: str
    assignment_id: int
    report_id: int
    status: str
    due_on: date | None
    due_time: time | None
    is_overdue: bool
    no_body_reason: str
    versions: int
    first_submitted_on: date | None
    last_submitted_on: date | None
    is_late: bool
    counts: tuple[NotifiedCount, ...]

    @property
    def aimed(self) -> int:
        return sum(count.aimed for count in self.counts)

    @property
    def issued(self) -> int:
        return sum(count.issued for count in self.counts)

    @property
    def issue_rate(self) -> float | None:
        return percentage(self.issued, self.aimed)

    @property
    def issued_by_template_1(self) -> int:
        return self.issued_by(1)

    @property
    def issued_by_template_2(self) -> int:
        return self.issued_by(2)

    def issued_by(self, template_number: int) -> int:
        return sum(count.issued for count in self.counts if count.template_number == template_number)

    @property
    def due(self) -> Due | None:
        return Due(self.due_on, self.due_time) if self.due_on else None

    @property
    def has_submitted(self) -> bool:
        return self.versions > 0

    @property
    def is_no_body(self) -> bool:
        return bool(self.no_body_reason)

    @property
    def status_label(self) -> str:
        return ReportStatus(self.status).label

    @property
    def non_response_reason(self) -> str:
        """Say why there is no answer yet; empty when there is one."""
        if self.has_submitted:
            return ""
        if self.due_on is None:
            return "様式未定"
        return f"期限超過（{self.status_label}）" if self.is_overdue else f"期限前（{self.status_label}）"


@dataclass(frozen=True)
class Progress:
    """What the ledger and the statuses of one round say; ministries in 建制順."""

    ministries: tuple[MinistryFigures, ...]
    distinct_aimed: int
    distinct_issued: int
    categories: tuple[CategoryFigures, ...]
    channels: tuple[ChannelCount, ...]
    days: tuple[DayCount, ...]

    @cached_property
    def asked(self) -> int:
        return len(self.ministries)

    @cached_property
    def submitted(self) -> int:
        return sum(row.has_submitted for row in self.ministries)

    @cached_property
    def accepted(self) -> int:
        return sum(row.status == ReportStatus.ACCEPTED for row in self.ministries)

    @cached_property
    def late(self) -> int:
        return sum(row.is_late for row in self.ministries)

    @cached_property
    def overdue(self) -> int:
        return sum(row.is_overdue for row in self.ministries)

    @cached_property
    def no_body(self) -> int:
        return sum(row.is_no_body for row in self.ministries)

    @cached_property
    def versions(self) -> int:
        return sum(row.versions for row in self.ministries)

    @property
    def response_rate(self) -> float | None:
        return percentage(self.submitted, self.asked)

    @cached_property
    def aimed(self) -> int:
        return sum(row.aimed for row in self.ministries)

    @cached_property
    def issued(self) -> int:
        return sum(row.issued for row in self.ministries)

    @property
    def issue_rate(self) -> float | None:
        return percentage(self.issued, self.aimed)

    def issued_by(self, template_number: int) -> int:
        return sum(row.issued_by(template_number) for row in self.ministries)

    @property
    def issued_by_template_1(self) -> int:
        return self.issued_by(1)

    @property
    def issued_by_template_2(self) -> int:
        return self.issued_by(2)

    @cached_property
    def non_responders(self) -> tuple[MinistryFigures, ...]:
        return tuple(row for row in self.ministries if not row.has_submitted)


@dataclass(frozen=True)
class Figures:
    """Everything that is counted of one round."""

    progress: Progress
    answers: AnswerFigures
    outcomes: Outcomes
    remarks: tuple[Remark, ...]
    rulings: tuple[RulingNote, ...]


def days_of(issued: Iterable[tuple[date, int]]) -> tuple[DayCount, ...]:
    """Return the days on which something was issued, in order, each with the count up to it."""
    days = sorted(issued)
    totals = accumulate(count for _day, count in days)
    return tuple(DayCount(day, count, total) for (day, count), total in zip(days, totals, strict=True))
