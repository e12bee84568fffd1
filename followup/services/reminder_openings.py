"""When the link of a reminder was opened: noted once, and only for somebody who has logged in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from followup.models import Reminder
from outreach.models import User

LOOKS_AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")
"""What browsers send along when they fetch a page before anybody asked for it."""


def note_opening(
    *, reminder: Reminder, user: User, method: str, meta: Mapping[str, str], now: datetime
) -> None:
    """Note the first opening of a reminder's link.

    A mail scanner cannot log in and never comes here; what a browser fetches ahead, and a HEAD, is no
    opening.
    """
    is_ahead = any("prefetch" in meta.get(name, "").lower() for name in LOOKS_AHEAD)
    if method == "GET" and not is_ahead:
        Reminder.objects.filter(pk=reminder.pk, opened_at=None).update(opened_at=now, opened_by=user)
