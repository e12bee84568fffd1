"""待ち時間: how long a report has waited for staff, in 開庁日."""

from __future__ import annotations

from datetime import date, timedelta

from outreach.rules.opening_days import OpeningDays


def waited_days(submitted_on: date, *, today: date, days: OpeningDays) -> int:
    """Count the opening days after the day of submission, today included."""
    return max(0, days.count_between(submitted_on, today))


def submitted_before(*, waited: int, today: date, days: OpeningDays) -> date:
    """Return the day before which a version was submitted that has waited so many opening days (1 or more).

    It is the n-th opening day counted back from today, today included.
    """
    return days.add(today + timedelta(days=1), -waited)
