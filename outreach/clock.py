"""The one place where the clock is read; everything below the edge takes `today` or `now`."""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the current instant (aware); in a rehearsal, today's time of day on the rehearsal day."""
    real = timezone.localtime()
    if settings.OUTREACH_TODAY is None:
        return real
    return datetime.combine(settings.OUTREACH_TODAY, real.timetz())


def today() -> date:
    """Return the current day in Asia/Tokyo."""
    return now().date()


def end_of(day: date) -> datetime:
    """Return the last second of a day in Asia/Tokyo: a limit given as a day includes it."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
