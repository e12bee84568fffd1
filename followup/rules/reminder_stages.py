"""When a reminder is due, counted in 開庁日 from the due date, and when mail may go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from followup.rules.due import Due
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO, instant_in_tokyo

OPENS_AT = time(9, 30)
CLOSES_AT = time(18, 15)
ONE_DAY = timedelta(days=1)


def stage_day(*, due_on: date, offset: int, days: OpeningDays) -> date:
    """Return the 開庁日 that a stage is reached on; the due day's own is the next one when it is closed."""
    return days.add(due_on, offset)


@dataclass(frozen=True)
class Stage:
    """The anchor days (both inclusive) that have come to a stage, and to none after it, on some day."""

    offset: int
    first: date
    last: date


def stages_on(on: date, *, offsets: Iterable[int], days: OpeningDays) -> list[Stage]:
    """Return which stage obligations are at on a day, by the day they count from.

    Stages never overlap: an overtaken one is not sent any more, a missed one is caught up. Anchors
    that have come to no stage are in none.
    """
    first, found = date.min, []
    for offset in sorted(set(offsets), reverse=True):
        last = _last_anchor(on, offset, days)
        if first <= last:
            found.append(Stage(offset, first, last))
            first = last + ONE_DAY
    return found


def _last_anchor(on: date, offset: int, days: OpeningDays) -> date:
    """Return the last day whose stage is reached by a day (inclusive)."""
    anchor = days.add(on, -offset) if offset else on
    while stage_day(due_on=anchor, offset=offset, days=days) > on:
        anchor -= ONE_DAY
    while stage_day(due_on=anchor + ONE_DAY, offset=offset, days=days) <= on:
        anchor += ONE_DAY
    return anchor


def current_stage(
    *,
    due: Due,
    at: datetime,
    offsets: Iterable[int],
    days: OpeningDays,
    quiet_until: date | None = None,
) -> int | None:
    """Return the stage that a reminder sent at an instant belongs to, or None when nothing is to be sent.

    A stage up to the day that it counts from lapses with it, at its time of day, as its words would be
    untrue then. Stages reached until `quiet_until` (inclusive) passed while nothing was owed.
    """
    on, is_past = instant_in_tokyo(at).date(), due.has_passed(at)

    def applies(offset: int) -> bool:
        day = stage_day(due_on=due.on, offset=offset, days=days)
        was_quiet = quiet_until is not None and day <= quiet_until
        return day <= on and not was_quiet and (offset > 0 or not is_past)

    return max(filter(applies, offsets), default=None)


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
