"""What goes with a mail that is about to leave: the calendar entry of each due date that it tells of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from followup.documents.due_calendar import attachment_of
from followup.services import mail_recheck
from followup.services.due_events import events_told
from outreach.models import MailKind, OutgoingMail
from outreach.services.delivery import Send, Verdict

TELLS_DUE_DATES = (MailKind.FORM, MailKind.REMINDER, MailKind.EXTENDED)


def recheck(mail: OutgoingMail, now: datetime) -> Verdict | None:
    """Ask whether a mail still applies, as mail_recheck does, and attach what belongs to it."""
    verdict = mail_recheck.recheck(mail, now)
    if mail.kind not in TELLS_DUE_DATES or not (verdict is None or isinstance(verdict, Send)):
        return verdict
    sent = verdict or Send(mail.subject, mail.body, mail.cc)
    told = events_told(mail=mail, ministry=mail.ministry, body=sent.body) if mail.ministry else []
    entries = tuple(attachment_of(event, now=now) for event in told)
    if not entries:
        return verdict
    return replace(sent, attachments=(*sent.attachments, *entries))
