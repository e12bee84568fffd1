"""When a reminder is due, counted in 開庁日 from the due date, and when mail may go out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from followup.rules.due import Due
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO, instant_in_tokyo

OPENS_AT = time(9, 30)
CLOSES_AT = time(18, 15)


def stage_day(*, due_on: date, offset: int, days: OpeningDays) -> date:
    """Return the 開庁日 that a stage is reached on; the due day's own is the next one when it is closed."""
    return days.add(due_on, offset)


def current_stage(
    *, due: Due, at: datetime, offsets: Iterable[int], days: OpeningDays, quiet_until: date | None = None
) -> int | None:
    """Return the stage that a reminder sent at an instant belongs to, or None when nothing is to be sent.

    Of the stages reached by that day (inclusive) it is the latest: an overtaken one is not sent any
    more, a missed one is caught up. A stage up to the due date lapses with it, at its time of day, as
    its words would be untrue then. Stages reached until `quiet_until` (inclusive) passed while nothing
    was owed.
    """
    on, is_past = instant_in_tokyo(at).date(), due.has_passed(at)

    def applies(offset: int) -> bool:
        day = stage_day(due_on=due.on, offset=offset, days=days)
        was_quiet = quiet_until is not None and day <= quiet_until
        return day <= on and not was_quiet and (offset > 0 or not is_past)

    return max(filter(applies, offsets), default=None)


def latest_due_date(*, on: date, offsets: Iterable[int], days: OpeningDays) -> date:
    """Return the due date beyond which no stage can have been reached by a day."""
    return days.add(on, max([1, *(-offset for offset in offsets)]))


def sending_opens_at(instant: datetime, days: OpeningDays) -> datetime:
    """Return the instant itself when reminders may be sent then, else when they next may.

    They may on a 開庁日 from 09:30 until before 18:15 in Asia/Tokyo.
    """
    local = instant_in_tokyo(instant)
    today = local.date()
    if not days.is_open(today) or local.time() >= CLOSES_AT:
        return opening_of(days.add(today, 1))
    return max(local, opening_of(today))


def opening_of(day: date) -> datetime:
    """Return when sending begins on a day."""
    return datetime.combine(day, OPENS_AT, TOKYO)
