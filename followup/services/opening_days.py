"""The calendar of 開庁日 with staff's corrections. The law's part is outreach.rules.opening_days."""

from __future__ import annotations

from followup.models import SpecialDay
from outreach.rules.opening_days import OpeningDays


def opening_days() -> OpeningDays:
    """Return the calendar as it stands now; one query."""
    return OpeningDays(dict(SpecialDay.objects.values_list("day", "is_closed")))
