"""How the tests of the outbox send: all that is due at a moment, as a worker does."""

from __future__ import annotations

from datetime import UTC, datetime

from outreach.models import MailState, OutgoingMail
from outreach.services.delivery import Outcome, Recheck, deliver_due
from tests.factories import NOW

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def as_planned(_mail: OutgoingMail, _now: datetime) -> None:
    return None


def deliver_all(now: datetime = NOW, *, recheck: Recheck = as_planned) -> dict[Outcome, int]:
    return dict(deliver_due(read_clock=lambda: now, recheck=recheck))


def deliver_one(mail: OutgoingMail, now: datetime = NOW, *, recheck: Recheck = as_planned) -> Outcome | None:
    """Send what is due, which is this mail or nothing; return how it ended."""
    outcomes = list(deliver_all(now, recheck=recheck))
    mail.refresh_from_db()
    return outcomes[0] if outcomes else None


def let_leases_run_out() -> None:
    """Stand in for a worker that was killed or frozen for longer than its lease."""
    held = OutgoingMail.objects.filter(state__in=(MailState.SENDING, MailState.IN_DOUBT))
    held.update(leased_until=LONG_AGO)
