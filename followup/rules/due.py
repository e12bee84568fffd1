"""回答期限: until which second a report is on time, and how that is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.rules.times import format_time
from outreach.rules.wareki import TOKYO, format_wareki, instant_in_tokyo

LAST_SECOND = time(23, 59, 59)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Due:
    """A due date with its time of day in Asia/Tokyo; without one the whole day counts.

    The second that is named is the last that is on time: 「17時」 lasts until before 17:00:01.
    """

    on: date
    time: time | None = None

    def __str__(self) -> str:
        """Return 「令和5年9月22日（金）17時」, without a time 「令和5年9月22日（金）」."""
        return format_wareki(self.on, weekday=True) + (format_time(self.time) if self.time else "")

    @property
    def at(self) -> datetime:
        """Return the last second that is on time."""
        return datetime.combine(self.on, self.time or LAST_SECOND, TOKYO)

    def has_passed(self, now: datetime) -> bool:
        return now >= self.at + SECOND


def passed_by(now: datetime) -> Due:
    """Return the due date of the current second: exactly those before it have passed."""
    local = instant_in_tokyo(now)
    return Due(local.date(), local.time().replace(microsecond=0))
