"""Every figure that is shown or exported: what it means, and how it follows from counted rows.

The one place of definitions (算定項目); the database is asked in services. 延べ counts notifications,
実数 counts distinct bodies across ministries (by 法人番号, else by normalised name).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from followup.rules.answer_figures import AnswerFigures
from followup.rules.due import Due
from followup.rules.status import ReportStatus


class Counted(StrEnum):
    """What a figure counts."""

    NOTIFICATIONS = "延べ"
    BODIES = "実数"
    MINISTRIES = "府省庁"


@dataclass(frozen=True)
class FigureDefinition:
    """What one figure means; `denominator` is empty for a plain count."""

    key: str
    name: str
    meaning: str
    numerator: str
    denominator: str
    counted: Counted
    unit: str


DEFINITIONS = (
    FigureDefinition(
        "asked", "対象府省庁数", "フォローアップで報告を求めた府省庁の数", "報告を求めた府省庁", "",
        Counted.MINISTRIES, "府省庁",
    ),
    FigureDefinition(
        "submitted", "提出府省庁数", "報告を一度でも提出した府省庁の数（差戻し中・修正中を含む）",
        "提出が1版以上ある府省庁", "", Counted.MINISTRIES, "府省庁",
    ),
    FigureDefinition(
        "response_rate", "回答率", "報告を提出した府省庁の割合", "提出府省庁数", "対象府省庁数",
        Counted.MINISTRIES, "％",
    ),
    FigureDefinition(
        "late", "期限後提出府省庁数",
        "最初の提出が、提出時の回答期限（時刻の定めがなければその日の終わり）の後だった府省庁の数",
        "第1版の提出日時が回答期限より後の府省庁", "", Counted.MINISTRIES, "府省庁",
    ),
    FigureDefinition(
        "no_body", "該当なし府省庁数", "要請の対象とする団体等がないと回答した府省庁の数",
        "発出の記録又は最新の提出で該当なしとした府省庁", "", Counted.MINISTRIES, "府省庁",
    ),
    FigureDefinition(
        "aimed", "延べ対象団体数", "府省庁が発出先に選んだ団体等の数。2府省庁が選んだ団体等は2と数える",
        "発出先に選んだ団体等（発出の有無を問わない）", "", Counted.NOTIFICATIONS, "団体",
    ),
    FigureDefinition(
        "issued", "延べ発出団体数", "要請文を発出した団体等の数。2府省庁が発出した団体等は2と数える",
        "発出日の記録がある団体等", "", Counted.NOTIFICATIONS, "団体",
    ),
    FigureDefinition(
        "issue_rate", "発出率", "発出先に選んだ団体等のうち、発出を終えた割合",
        "延べ発出団体数", "延べ対象団体数", Counted.NOTIFICATIONS, "％",
    ),
    FigureDefinition(
        "distinct_aimed", "実対象団体数", "発出先に選んだ団体等の数。複数の府省庁が選んだ団体等は1と数える",
        "異なる団体等（法人番号、なければ表記の揺れを除いた名称で同一とみなす）", "", Counted.BODIES, "団体",
    ),
    FigureDefinition(
        "distinct_issued", "実発出団体数",
        "要請文を発出した団体等の数。複数の府省庁が発出した団体等は1と数える",
        "発出日の記録がある、異なる団体等（法人番号、なければ表記の揺れを除いた名称で同一とみなす）", "",
        Counted.BODIES, "団体",
    ),
    FigureDefinition(
        "channel", "周知手段別延べ発出団体数",
        "その手段を用いて発出した団体等の数。複数の手段を用いた団体等は各手段で数える",
        "その手段を記録した、発出済みの団体等", "", Counted.NOTIFICATIONS, "団体",
    ),
    FigureDefinition(
        "member_reach_rate", "会員への周知率",
        "団体等が会員に周知した割合。両方の数を回答した団体等だけで算定する",
        "周知した会員数の合計", "会員事業者数の合計", Counted.NOTIFICATIONS, "％",
    ),
    FigureDefinition(
        "member_reach_bodies", "周知率の算定団体数", "会員事業者数と周知した会員数の両方を回答した団体等の数",
        "両方の数を回答した団体等", "", Counted.NOTIFICATIONS, "団体",
    ),
)  # fmt: skip

DEFINITION = {definition.key: definition for definition in DEFINITIONS}


def percentage(numerator: int, denominator: int) -> float | None:
    """Return a share in percent with one decimal, halves rounded up; None when there is no whole.

    Not quite all never shows as 100.0, nor next to none as 0.0.
    """
    if denominator == 0:
        return None
    tenths = (numerator * 2000 + denominator) // (denominator * 2)
    if 0 < numerator < denominator:
        tenths = min(max(tenths, 1), 999)
    return tenths / 10


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


def days_of(issued: Iterable[tuple[date, int]]) -> tuple[DayCount, ...]:
    """Return the days on which something was issued, in order, each with the count up to it."""
    days = sorted(issued)
    totals = accumulate(count for _day, count in days)
    return tuple(DayCount(day, count, total) for (day, count), total in zip(days, totals, strict=True))
