"""What reminders would go out on some days: the planner itself runs, and all of it is taken back.

Everything stays as it is now: nobody answers, and what is planned on a day is taken as sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat

from followup.models import Obligation, Reminder, ReminderRule
from followup.rules.obligations import NOT_REACHED, Kind
from followup.rules.reminder_stages import opening_of, stage_day
from followup.services.opening_days import opening_days
from followup.services.reminder_pauses import in_words, pauses_on
from followup.services.reminders import NotPlanned, PlannedReminder, plan_reminders
from outreach.models import MailKind, Ministry, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.services.errors import Refusal

MOST_DAYS = 31
ONE_DAY = timedelta(days=1)
PAST = "past:"
UNREACHED_SHOWN = 50


@dataclass(frozen=True)
class SimulatedDay:
    """What one day would bring; `closed` says why nothing goes out."""

    day: date
    closed: str | None
    planned: Sequence[PlannedReminder]
    left_out: Sequence[NotPlanned]


@dataclass(frozen=True)
class Unreached:
    """An open obligation of a ministry, and when its next stage after the days asked for comes."""

    kind: Kind
    ministry: str
    anchor_on: date
    why: str


@dataclass(frozen=True)
class Simulation:
    """What some days would bring; of one ministry also what is open and what comes after them."""

    days: Sequence[SimulatedDay]
    unreached: Sequence[Unreached] | None


def simulate(
    *,
    first: date,
    last: date,
    today: date,
    ministry: Ministry | None = None,
    included: Collection[int] = (),
    edited: ReminderRule | None = None,
) -> Simulation:
    """Return what each day from first to last (inclusive) would bring.

    `included` are rules that are switched off and taken as if they were on; `edited` is one as it
    stands on a form, saved nowhere.
    """
    if last < first:
        raise Refusal("最終日には初日以後の日を入力してください。", field="last")
    if (last - first).days >= MOST_DAYS:
        raise Refusal(
            f"一度に確かめられるのは{MOST_DAYS}日間までです。期間を短くしてください。", field="last"
        )
    with transaction.atomic():
        ReminderRule.objects.filter(pk__in=included).update(is_active=True)
        if edited is not None:
            edited.is_active = True
            edited.save()
        if first <= today:
            _forget()
        found = [_day(first + n * ONE_DAY, ministry) for n in range((last - first).days + 1)]
        result = Simulation(found, _unreached(ministry, last) if ministry else None)
        transaction.set_rollback(True)
    return result


def _unreached(ministry: Ministry, after: date) -> list[Unreached]:
    """Return open obligations of a ministry, and what comes next of each, or why nothing does."""
    days = opening_days()
    offsets: dict[str, list[int]] = {}
    for kind, offset in ReminderRule.objects.valid(after).values_list("kind", "offset_days").distinct():
        offsets.setdefault(kind, []).append(offset)
    pauses = pauses_on(day=after)
    found = Obligation.objects.open().filter(ministry=ministry).select_related("ministry")
    rows = []
    for obligation in found.order_by("anchor_on", "pk")[:UNREACHED_SHOWN]:
        pause = pauses.get((None, ministry.pk)) or pauses.get((obligation.report_id, None))
        next_words = _next(obligation, offsets.get(obligation.kind, []), after, days)
        why = in_words(pause) if pause else next_words
        rows.append(Unreached(obligation.kind_words, ministry.name, obligation.anchor_on, why))
    return rows


def _next(obligation: Obligation, offsets: Collection[int], after: date, days: OpeningDays) -> str:
    if not offsets:
        return "この対象の規則は、使用中のものがありません。"
    stages = [
        (stage_day(due_on=obligation.anchor_on, offset=offset, days=days), offset)
        for offset in sorted(offsets)
    ]
    coming = next(((day, offset) for day, offset in stages if day > after), None)
    if coming is None:
        return "全ての段階を過ぎています。"
    day, offset = coming
    return f"次は{day.month}月{day.day}日（{obligation.kind_words.stage(offset)}）です。"


def _forget() -> None:
    """Take all that is open as never reminded of: past days are planned from the beginning."""
    opened = Obligation.objects.open()
    Reminder.objects.filter(obligation__in=opened).delete()
    opened.update(reached=NOT_REACHED, is_waiting=False)
    OutgoingMail.objects.filter(kind=MailKind.REMINDER).update(
        dedupe_key=Concat(Value(PAST), "dedupe_key"), message_id=Concat(Value(PAST), "message_id")
    )


def _day(day: date, ministry: Ministry | None) -> SimulatedDay:
    plan = plan_reminders(today=day, now=opening_of(day))
    return SimulatedDay(
        day=day,
        closed=plan.closed,
        planned=[found for found in plan.planned if ministry in (None, found.ministry)],
        left_out=[found for found in plan.left_out if ministry in (None, found.ministry)],
    )
