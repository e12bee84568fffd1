"""Deliver what is queued: claim, ask again whether it still applies, send, mark. Queueing is services.mail.

A mail is claimed by an UPDATE guarded by its state, so of two workers one gets it. Whoever marks it
must still hold the claim. What SMTP cannot promise is told in docs/reliability.md.
"""

from __future__ import annotations

import logging
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F

from outreach.models import MailState, OutgoingMail, User
from outreach.models.mail import OutgoingMailQuerySet
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.mail_message import Attachment, build_message
from outreach.services.readdressing import Addressee, Nobody, addressee_now

logger = logging.getLogger(__name__)

BATCH = 100
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 720))
"""The growing pauses after failed attempts: 27 hours in all, then staff must look."""
ATTEMPTS = len(PAUSES) + 1
LEASE = timedelta(minutes=15)
"""How long a worker may hold a mail: every SMTP command may take EMAIL_TIMEOUT (20 s), and there are ten."""
ACTOR = "メールの送信"


@dataclass(frozen=True)
class Send:
    """Send it, with these words instead of the planned ones."""

    subject: str
    body: str
    cc: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Postpone:
    """Leave it queued until an instant."""

    until: datetime


@dataclass(frozen=True)
class Cancel:
    """Never send it; the reason is shown to staff."""

    reason: str


Verdict = Send | Postpone | Cancel
Recheck = Callable[[OutgoingMail, datetime], Verdict | None]
"""Asks again just before sending; None sends the mail as it was planned."""


class Outcome(StrEnum):
    SENT = "sent"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    REFUSED = "refused"
    """The server does not take this mail; others may go."""
    UNREACHABLE = "unreachable"
    """The server takes none; trying others now would be no use."""
    NOT_OURS = "not_ours"
    """Another worker has it, or it is not due."""


@dataclass(frozen=True)
class Failure:
    outcome: Outcome
    error: str
    is_final: bool = False


class MailNotRetryable(Refusal):
    """Only a mail that could not be sent is sent again."""


class MailNotCancellable(Refusal):
    """The mail is being sent, or is beyond recall."""


def deliver_due(*, read_clock: Callable[[], datetime], recheck: Recheck) -> Counter[Outcome]:
    """Send what is due, oldest first; return how each ended. Safe to run twice, late, or in parallel.

    The clock is read for each mail, as a claim's lease counts from it.
    """
    release_stale_claims(now=read_clock())
    due = OutgoingMail.objects.due(read_clock()).order_by("not_before", "pk")
    outcomes: Counter[Outcome] = Counter()
    for mail_id in list(due.values_list("pk", flat=True)[:BATCH]):
        outcome = deliver(mail_id=mail_id, now=read_clock(), recheck=recheck)
        outcomes[outcome] += 1
        if outcome == Outcome.UNREACHABLE:
            break
    return outcomes


def deliver(*, mail_id: int, now: datetime, recheck: Recheck) -> Outcome:
    """Send one due mail, or find that it must not be sent (any more, yet, or by us)."""
    mail = _claim(mail_id, now)
    if mail is None:
        return Outcome.NOT_OURS
    attachments: tuple[Attachment, ...] = ()
    match _readdress(mail, now) or recheck(mail, now):
        case Cancel(reason):
            return _cancel(mail, reason=reason, now=now)
        case Postpone(until):
            _give_back(mail, not_before=until, attempts=F("attempts") - 1)
            return Outcome.POSTPONED
        case Send(subject, body, cc, attachments):
            mail.subject, mail.body, mail.cc = subject, body, cc
    if not _held(mail).exists():  # we slept beyond the lease
        return Outcome.NOT_OURS
    failure = _send(mail, attachments)
    if failure:
        _note_failure(mail, failure, now=now)
        return failure.outcome
    _mark_sent(mail, now=now)
    return Outcome.SENT


def release_stale_claims(*, now: datetime) -> int:
    """Queue again what a worker claimed and did not finish within the lease; return how many.

    Whether such a mail left is not known; it goes again under the same Message-ID.
    """
    stale = OutgoingMail.objects.filter(state=MailState.SENDING, claimed_at__lt=now - LEASE)
    failure = Failure(Outcome.UNREACHABLE, "送信の途中で処理が止まりました。")
    return sum(_note_failure(mail, failure, now=now) for mail in stale.order_by("pk"))


@transaction.atomic
def retry_mail(*, mail: OutgoingMail, actor: User, now: datetime) -> None:
    """Queue a failed mail again, with all its attempts; raise MailNotRetryable in any other state."""
    failed = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.FAILED)
    if not failed.update(state=MailState.QUEUED, attempts=0, not_before=now, claimed_at=None):
        raise MailNotRetryable("再送できるのは「要対応」のメールだけです。画面を再読み込みしてください。")
    mail.refresh_from_db()
    record_audit(action="メールの再送を指示", now=now, actor=actor, obj=mail, ministry=mail.ministry)


@transaction.atomic
def cancel_mail(*, mail: OutgoingMail, actor: User, now: datetime, reason: str = "") -> None:
    """Withdraw a mail that has not left; raise MailNotCancellable when it has, or is about to."""
    waiting = OutgoingMail.objects.filter(pk=mail.pk, state__in=(MailState.QUEUED, MailState.FAILED))
    note = (reason or "職員が取りやめました。")[:300]
    if not waiting.update(state=MailState.CANCELLED, secret_link="", last_error=note):
        raise MailNotCancellable(
            "取りやめられるのは「送信待ち」と「要対応」のメールだけです。画面を再読み込みしてください。"
        )
    mail.refresh_from_db()
    record_audit(
        action="メールを取りやめ", now=now, actor=actor, obj=mail, ministry=mail.ministry, reason=reason
    )


def _claim(mail_id: int, now: datetime) -> OutgoingMail | None:
    claimed = (
        OutgoingMail.objects.due(now)
        .filter(pk=mail_id)
        .update(state=MailState.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if not claimed:
        return None
    return OutgoingMail.objects.select_related("recipient", "ministry").get(pk=mail_id)


def _held(mail: OutgoingMail) -> OutgoingMailQuerySet:
    """Return the row of a mail as long as the claim that we read it with stands."""
    return OutgoingMail.objects.filter(
        pk=mail.pk, state=MailState.SENDING, claimed_at=mail.claimed_at, attempts=mail.attempts
    )


def _settle(mail: OutgoingMail, **changes: object) -> bool:
    """Change a mail that we still hold; return False when the claim was taken from us meanwhile."""
    if _held(mail).update(**changes):
        return True
    logger.warning("mail %s: the claim was lost before it could be settled", mail.pk)
    return False


def _readdress(mail: OutgoingMail, now: datetime) -> Cancel | None:
    """Point a mail to whom it is for now (services.readdressing); cancel it when that is nobody."""
    match addressee_now(mail=mail, on=instant_in_tokyo(now).date()):
        case Nobody(reason):
            return Cancel(reason)
        case Addressee(address, user, note) if note:
            body = f"（{note}）\n\n{mail.body}"
            _point_to(mail, note, now, to=address, recipient=user, body=body)
    return None


def _point_to(mail: OutgoingMail, note: str, now: datetime, **changes: Any) -> None:
    before = mail.to
    with transaction.atomic():
        if not _settle(mail, **changes):
            return
        for field, value in changes.items():
            setattr(mail, field, value)
        record_audit(
            action="メールの宛先を変更", now=now, actor=None, rule=ACTOR, obj=mail, ministry=mail.ministry,
            before={"宛先": before}, after={"宛先": mail.to}, reason=note,
        )  # fmt: skip


def _send(mail: OutgoingMail, attachments: tuple[Attachment, ...]) -> Failure | None:
    try:
        message = build_message(mail, attachments=attachments)
    except ValueError as error:
        return Failure(Outcome.REFUSED, f"宛先又は件名が正しくありません（{error}）。", is_final=True)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        return _refused_recipient(error)
    except smtplib.SMTPDataError as error:
        return Failure(Outcome.REFUSED, _server_words(error.smtp_code, error.smtp_error))
    except OSError as error:  # SMTPException is one
        return Failure(Outcome.UNREACHABLE, f"メールサーバーに送信できません（{error}）。")
    return None


def _refused_recipient(error: smtplib.SMTPRecipientsRefused) -> Failure:
    """Read the answer: 5xx is for good (no such address), anything else passes."""
    code, words = next(iter(error.recipients.values()))
    return Failure(Outcome.REFUSED, _server_words(code, words), is_final=code >= 500)  # noqa: PLR2004


def _server_words(code: int, words: bytes | str) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"メールサーバーが受け付けませんでした（{code} {text}）。"


def _note_failure(mail: OutgoingMail, failure: Failure, *, now: datetime) -> bool:
    """Queue a mail again after a pause, or give up; return False when we do not hold it any more."""
    logger.warning("mail %s: attempt %s failed", mail.pk, mail.attempts)
    error = failure.error[:300]
    if not failure.is_final and mail.attempts < ATTEMPTS:
        return _give_back(mail, not_before=now + PAUSES[mail.attempts - 1], last_error=error)
    with transaction.atomic():
        if not _settle(mail, state=MailState.FAILED, last_error=error):
            return False
        record_audit(
            action="メールを送信できず", now=now, actor=None, rule=ACTOR, obj=mail, ministry=mail.ministry,
            reason=error,
        )  # fmt: skip
    return True


def _give_back(mail: OutgoingMail, **changes: object) -> bool:
    return _settle(mail, state=MailState.QUEUED, claimed_at=None, **changes)


def _cancel(mail: OutgoingMail, *, reason: str, now: datetime) -> Outcome:
    with transaction.atomic():
        if not _settle(mail, state=MailState.CANCELLED, last_error=reason[:300], secret_link=""):
            return Outcome.NOT_OURS
        record_audit(
            action="メールを取りやめ", now=now, actor=None, rule=ACTOR, obj=mail, ministry=mail.ministry,
            reason=reason,
        )  # fmt: skip
    return Outcome.CANCELLED


def _mark_sent(mail: OutgoingMail, *, now: datetime) -> None:
    with transaction.atomic():
        sent = _settle(
            mail, state=MailState.SENT, sent_at=now, last_error="", secret_link="",
            subject=mail.subject, body=mail.body, cc=mail.cc,
        )  # fmt: skip
        if sent:
            record_audit(
                action="メールを送信", now=now, actor=None, rule=ACTOR, obj=mail, ministry=mail.ministry
            )
