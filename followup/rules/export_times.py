"""When a 定期送付 falls due: on days of the week, or on 開庁日 counted from the due date of its round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from followup.rules.reminder_stages import stage_day
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO, instant_in_tokyo

REACH = timedelta(days=21)
"""How far around a day is looked for days of the week: farther than offices are ever closed on end."""
WEEKDAY_NAMES = "月火水木金土日"


@dataclass(frozen=True)
class ExportPlan:
    """Days of the week (0 is Monday), or offsets in 開庁日 from the due date; and the time of day.

    A day on which offices are closed stands for the next 開庁日.
    """

    weekdays: Sequence[int]
    due_offsets: Sequence[int]
    send_at: time

    def __str__(self) -> str:
        hour = f"{self.send_at:%H:%M}"
        if self.weekdays:
            return f"毎週{'・'.join(WEEKDAY_NAMES[day] for day in self.weekdays)}曜日 {hour}"
        return f"{'、'.join(map(offset_name, self.due_offsets))} {hour}"


def offset_name(offset: int) -> str:
    """Return 「期限の3開庁日前」, as the rules of reminders are named."""
    if offset == 0:
        return "期限当日"
    return f"期限の{abs(offset)}開庁日{'前' if offset < 0 else '後'}"


def last_run(plan: ExportPlan, *, due_on: date | None, until: datetime, days: OpeningDays) -> datetime | None:
    """Return the latest instant up to and including `until` that a plan falls due; None before the first."""
    return max((run for run in _runs_near(plan, until, due_on, days) if run <= until), default=None)


def next_run(plan: ExportPlan, *, due_on: date | None, after: datetime, days: OpeningDays) -> datetime | None:
    """Return the first instant after `after` that a plan falls due; None when there is none any more."""
    return min((run for run in _runs_near(plan, after, due_on, days) if run > after), default=None)


def _runs_near(plan: ExportPlan, instant: datetime, due_on: date | None, days: OpeningDays) -> set[datetime]:
    """Return the runs around an instant; those counted from the due date are all there are."""
    if plan.weekdays:
        around = instant_in_tokyo(instant).date() - REACH
        nearby = (around + timedelta(days=number) for number in range(2 * REACH.days + 1))
        run_days = {days.add(day, 0) for day in nearby if day.weekday() in plan.weekdays}
    elif due_on:
        run_days = {stage_day(due_on=due_on, offset=offset, days=days) for offset in plan.due_offsets}
    else:
        run_days = set()
    return {datetime.combine(day, plan.send_at, TOKYO) for day in run_days}
