"""What every page may show."""

from datetime import date

from django.conf import settings
from django.http import HttpRequest


def rehearsal(_request: HttpRequest) -> dict[str, date | None]:
    """Give the day that the whole system was put on, for the banner; None in ordinary use."""
    return {"rehearsal_today": settings.OUTREACH_TODAY}
