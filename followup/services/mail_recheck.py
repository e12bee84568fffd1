"""Whether a mail that is about to be sent still applies, by its kind."""

from __future__ import annotations

from datetime import datetime

from followup.services import export_links, reminder_recheck
from outreach.models import MailKind, OutgoingMail
from outreach.services.delivery import Verdict

RECHECKS = {MailKind.REMINDER: reminder_recheck.recheck, MailKind.COUNCIL: export_links.recheck}


def recheck(mail: OutgoingMail, now: datetime) -> Verdict | None:
    """Return what to do with a mail; None sends it as it was planned."""
    asks = RECHECKS.get(MailKind(mail.kind))
    return asks(mail, now) if asks else None
