"""The one place where the clock is read; everything below the edge takes `today` or `now`."""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone

REHEARSAL_OPENS = time(9, 30)
REHEARSAL_SPEED = 3
"""In a rehearsal the 24 hours pass between 9:30 and 17:30: what goes out in office hours only is seen
at any hour, and of two moments the later one stays the later one."""


def now() -> datetime:
    """Return the current instant (aware); in a rehearsal, one in the office hours of its day."""
    real = timezone.localtime()
    if settings.OUTREACH_TODAY is None:
        return real
    since_midnight = real - real.replace(hour=0, minute=0, second=0, microsecond=0)
    opening = datetime.combine(settings.OUTREACH_TODAY, REHEARSAL_OPENS, tzinfo=real.tzinfo)
    return opening + since_midnight / REHEARSAL_SPEED


def real_now() -> datetime:
    """Return the instant outside of any rehearsal: for what watches the machines, and nothing else."""
    return timezone.localtime()


def today() -> date:
    """Return the current day in Asia/Tokyo."""
    return now().date()
