"""System checks of what settings and code cannot show: what has run out with time."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from outreach import clock
from outreach.rules.opening_days import has_holidays


@register
def holidays_are_known(**_kwargs: Any) -> list[CheckMessage]:
    """Refuse to go on without the holidays of this year and the next: every day would look open."""
    this_year = clock.today().year
    return [
        Error(
            f"{year}年の国民の祝日が分からないため、開庁日を数えられません。",
            hint="requirements.txt の holidays を新しい版にしてください。",
            id="outreach.E001",
        )
        for year in (this_year, this_year + 1)
        if not has_holidays(year)
    ]
