"""What a change of the calendar (開庁日の例外) moves: which stages still to come, from which day to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Min

from followup.models import Obligation, ReminderRule, SpecialDay
from followup.rules.obligations import KINDS, Kind
from followup.rules.reminder_stages import stage_day
from outreach.models import MailKind, Ministry, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import format_wareki, short_day

REACH = timedelta(days=120)
"""How far from a changed day an obligation's own day may be for one of its stages to move."""
SHOWN = 100

Change = Mapping[date, bool | None]
"""What becomes of days: closed (True), open (False), or as the law says (None)."""


@dataclass(frozen=True)
class MovedStage:
    """One stage of some obligations that comes on another day."""

    kind: Kind
    offset: int
    anchor_on: date
    count: int
    ministries: int
    first_ministry: str
    before: date
    after: date

    @property
    def stage(self) -> str:
        return self.kind.stage(self.offset)

    @property
    def whose(self) -> str:
        """Return 「農林水産省」, or 「農林水産省ほか2」 of several."""
        others = self.ministries - 1
        return f"{self.first_ministry}ほか{others}府省庁" if others else self.first_ministry

    def __str__(self) -> str:
        return (
            f"{self.kind.label}：{self.stage}（{self.whose}、{self.count}件）"
            f"　{short_day(self.before)}→{short_day(self.after)}"
        )


@dataclass(frozen=True)
class CalendarPreview:
    """What a change does: the stages that move (the first ones), and the mails that wait for another day."""

    moved: list[MovedStage]
    total: int
    waiting_mails: int
    why: str


def preview_calendar(*, change: Change, today: date) -> CalendarPreview:
    """Show what would move; nothing is written."""
    before = dict(SpecialDay.objects.values_list("day", "is_closed"))
    after = {day: closed for day, closed in {**before, **change}.items() if closed is not None}
    old, new = OpeningDays(before), OpeningDays(after)
    moved = _moved(change, old, new, today)
    closing = [day for day in change if old.is_open(day) and not new.is_open(day)]
    waiting = OutgoingMail.objects.queued().filter(kind=MailKind.REMINDER, not_before__date__in=closing)
    return CalendarPreview(moved[:SHOWN], len(moved), waiting.count(), _why(change, old, new))


def _moved(change: Change, old: OpeningDays, new: OpeningDays, today: date) -> list[MovedStage]:
    offsets: dict[str, list[int]] = {}
    for kind, offset in ReminderRule.objects.active().values_list("kind", "offset_days").distinct():
        offsets.setdefault(kind, []).append(offset)
    found = [
        MovedStage(
            kind=KINDS[kind],
            offset=offset,
            anchor_on=anchor,
            count=count,
            ministries=ministries,
            first_ministry=first,
            before=stage_day(due_on=anchor, offset=offset, days=old),
            after=stage_day(due_on=anchor, offset=offset, days=new),
        )
        for kind, anchor, count, ministries, first in _anchors(change, set(offsets))
        for offset in sorted(offsets[kind])
    ]
    moving = [stage for stage in found if stage.before != stage.after]
    to_come = [stage for stage in moving if max(stage.before, stage.after) >= today]
    return sorted(to_come, key=lambda stage: (stage.before, stage.kind.key, stage.anchor_on, stage.offset))


def _anchors(change: Change, kinds: set[str]) -> list[tuple[str, date, int, int, str]]:
    """Return the days that open obligations count from, with how many they are and whose."""
    near = Obligation.objects.open().filter(
        kind__in=kinds, anchor_on__range=(min(change) - REACH, max(change) + REACH)
    )
    rows = near.order_by("kind", "anchor_on").values("kind", "anchor_on")
    counted = list(
        rows.annotate(n=Count("pk"), m=Count("ministry", distinct=True), first=Min("ministry__order"))
    )
    orders = {row["first"] for row in counted}
    names = dict(Ministry.objects.filter(order__in=orders).values_list("order", "name"))
    return [
        (row["kind"], row["anchor_on"], row["n"], row["m"], names[row["first"]])
        for row in counted
        if row["kind"] in KINDS
    ]


def _why(change: Change, old: OpeningDays, new: OpeningDays) -> str:
    words = [
        f"{format_wareki(day, weekday=True)}が{'開庁日' if new.is_open(day) else '閉庁日'}になるため"
        for day in sorted(change)
        if old.is_open(day) != new.is_open(day)
    ]
    return "、".join(words) or "開庁日と閉庁日の別は変わりません"
