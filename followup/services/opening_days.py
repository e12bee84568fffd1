"""The calendar of 開庁日 with staff's corrections. The law's part is outreach.rules.opening_days."""

from __future__ import annotations

from datetime import date, timedelta

from followup.models import SpecialDay
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import format_wareki

NEAR = timedelta(days=45)


def opening_days() -> OpeningDays:
    """Return the calendar as it stands now; one query."""
    return OpeningDays(dict(SpecialDay.objects.values_list("day", "is_closed")))


def exceptions_near(today: date) -> list[str]:
    """Return the special days around a day, in words: they tell why a stage is on another day."""
    near = SpecialDay.objects.filter(day__range=(today - NEAR, today + NEAR)).order_by("day")
    return [
        f"{format_wareki(day, weekday=True)}は{'閉庁' if is_closed else '開庁'}（{name}）"
        for day, is_closed, name in near.values_list("day", "is_closed", "name")
    ]
