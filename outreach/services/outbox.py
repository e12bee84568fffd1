"""The rows of the outbox change hands here: claimed, put in doubt, marked, given back. Sending is delivery.

A claim raises the row's fence, and whoever changes the row later must show the fence that it claimed
with, and the state that it left: a worker that froze and woke up changes nothing, and so sends
nothing. Leases are measured by the database's clock, which all workers share.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from outreach.models import MailState, OutgoingMail, User
from outreach.services.audit import record_audit
from outreach.services.relay_log import end_of_log

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

CHUNK = 20
"""How many mails a worker claims at once."""
CLAIM_SECONDS = 120
"""How long a worker may take to come to the last of them. The fence makes a later one harmless: what was
taken over meanwhile it does not send. The lease of a mail in doubt is MAIL_LEASE_SECONDS."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 720))
"""The growing pauses after failed attempts: 27 hours in all, then staff must look."""
ATTEMPTS = len(PAUSES) + 1
DATABASE_PAUSES = (0.2, 0.5, 1, 2, 5, 10, 20)
"""Seconds to wait for a database that is restarting, or whose writers do not let us in."""
ACTOR = "メールの送信"
STOPPED = "送信の途中で処理が止まりました。"


@dataclass(frozen=True)
class Failure:
    """Why a mail did not leave; it is tried again after a pause, unless that is of no use."""

    error: str
    is_final: bool = False


def claim_due(*, now: datetime, limit: int = CHUNK) -> list[OutgoingMail]:
    """Take the oldest due mails that nobody has; workers at it side by side do not wait for each other.

    PostgreSQL passes over rows that another worker is taking; SQLite lets one in at a time.
    """
    return insist(lambda: _claim(now, limit))


@transaction.atomic
def _claim(now: datetime, limit: int) -> list[OutgoingMail]:
    due = OutgoingMail.objects.due(now).select_related("recipient", "ministry").order_by("not_before", "pk")
    mails = list(due.select_for_update(of=("self",), skip_locked=True)[:limit])
    if mails:
        OutgoingMail.objects.queued().filter(pk__in=[mail.pk for mail in mails]).update(
            state=MailState.SENDING, leased_until=_lease_end(CLAIM_SECONDS), fence=F("fence") + 1
        )
    for mail in mails:
        mail.state, mail.fence = MailState.SENDING, mail.fence + 1
    return mails


def put_in_doubt(mail: OutgoingMail, *, attached: str = "") -> bool:
    """Note, before its text is given, that a mail may have left from now on; False when we lost the claim."""
    return _change(
        mail, state=MailState.IN_DOUBT, leased_until=_lease_end(), log_position=end_of_log(),
        subject=mail.subject, body=mail.body, cc=mail.cc, attached=attached[:200],
    )  # fmt: skip


def mark_sent(
    mail: OutgoingMail, *, now: datetime, note: str = "", action: str = "メールを送信", **changes: Any
) -> bool:
    """Mark a mail as sent; `note` is what the server said against its CC."""
    return _change(
        mail, _entry(action, mail, note, now), state=MailState.SENT, sent_at=now, last_error=note[:300],
        secret_link="", attempts=F("attempts") + 1, leased_until=None, **changes,
    )  # fmt: skip


def cancel(mail: OutgoingMail, *, reason: str, now: datetime) -> bool:
    return _change(
        mail, _entry("メールを取りやめ", mail, reason, now), state=MailState.CANCELLED,
        last_error=reason[:300], secret_link="", leased_until=None,
    )  # fmt: skip


def give_back(mail: OutgoingMail, **changes: Any) -> bool:
    """Queue a mail again; it costs no attempt."""
    return _change(mail, state=MailState.QUEUED, leased_until=None, **changes)


def note_failure(mail: OutgoingMail, failure: Failure, *, now: datetime, **changes: Any) -> bool:
    """Queue a mail again after a pause, or leave it to staff; False when we do not hold it any more."""
    attempts, error = mail.attempts + 1, failure.error[:300]
    logger.warning("mail %s: attempt %s failed", mail.pk, attempts)
    if not failure.is_final and attempts < ATTEMPTS:
        pause = PAUSES[attempts - 1]
        return give_back(mail, not_before=now + pause, last_error=error, attempts=attempts, **changes)
    return _change(
        mail, _entry("メールを送信できず", mail, error, now), state=MailState.FAILED, last_error=error,
        attempts=attempts, leased_until=None, **changes,
    )  # fmt: skip


def release_stale_claims(*, now: datetime) -> int:
    """Queue again what a worker claimed and did not come to send within its lease; return how many.

    None of it has left. The first of those claimed together is what the worker was at: that one may
    have been what ended it, and pays with an attempt.
    """
    stale = OutgoingMail.objects.lease_over(MailState.SENDING).select_related("ministry")
    claims: set[datetime | None] = set()
    released = 0
    for mail in stale.order_by("leased_until", "not_before", "pk"):
        is_first = mail.leased_until not in claims
        claims.add(mail.leased_until)
        released += note_failure(mail, Failure(STOPPED), now=now) if is_first else give_back(mail)
    return released


def point_to(
    mail: OutgoingMail, *, to: str, recipient: User | None, body: str, note: str, now: datetime
) -> bool:
    """Point a mail that we hold to somebody else; the note says in whose place."""
    entry = _entry("メールの宛先を変更", mail, note, now, before={"宛先": mail.to}, after={"宛先": to})
    is_ours = _change(mail, entry, state=mail.state, to=to, recipient=recipient, body=body)
    if is_ours:
        mail.to, mail.recipient, mail.body = to, recipient, body
    return is_ours


def _entry(action: str, mail: OutgoingMail, reason: str, now: datetime, **more: Any) -> dict[str, Any]:
    """Return what the trail is to say of a change."""
    return {
        "action": action, "now": now, "actor": None, "rule": ACTOR, "obj": mail, "ministry": mail.ministry,
        "reason": reason, **more,
    }  # fmt: skip


def _change(mail: OutgoingMail, entry: dict[str, Any] | None = None, **changes: Any) -> bool:
    """Change a mail that we still hold; False when the claim was taken from us meanwhile.

    With an entry for the trail, the change and the entry are one.
    """
    held = OutgoingMail.objects.filter(pk=mail.pk, fence=mail.fence, state=mail.state)

    def change() -> bool:
        if entry is None:
            return bool(held.update(**changes))
        with transaction.atomic():
            if not held.update(**changes):
                return False
            record_audit(**entry)
        return True

    if not insist(change):
        logger.warning("mail %s: the claim was lost", mail.pk)
        return False
    mail.state = str(changes["state"])
    return True


def insist(change: Callable[[], Result]) -> Result:
    """Make a change even if the database is away for a moment: what was sent must be marked.

    Inside a transaction there is nothing to try again, as all of it is lost.
    """
    for pause in DATABASE_PAUSES:
        try:
            return change()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            logger.warning("the database is away; trying again in %s s", pause)
            connection.close()
            time.sleep(pause)
    return change()


def _lease_end(seconds: int | None = None) -> CombinedExpression:
    lease = settings.MAIL_LEASE_SECONDS
    return Now() + timedelta(seconds=min(seconds or lease, lease))
