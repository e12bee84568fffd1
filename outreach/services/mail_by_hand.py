"""What staff do to a mail by hand: send it again, withdraw it, say that it arrived."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from outreach.models import MailState, OutgoingMail, Settlement, User
from outreach.models.mail import OutgoingMailQuerySet
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

WAITS_FOR_STAFF = Q(state=MailState.FAILED) | Q(state=MailState.IN_DOUBT, leased_until__lt=Now())
"""It could not be sent, or has been in doubt so long that nobody can be giving it any more."""


class MailNotRetryable(Refusal):
    """Only a mail that could not be sent is sent again."""


class MailNotCancellable(Refusal):
    """The mail is being sent, or is beyond recall."""


class MailNotConfirmable(Refusal):
    """Nobody doubts whether this mail arrived."""


@transaction.atomic
def retry_mail(*, mail: OutgoingMail, actor: User, now: datetime) -> None:
    """Queue a mail again, with all its attempts; one in doubt may arrive twice, and is flagged so."""
    again: dict[str, object] = {
        "state": MailState.QUEUED,
        "attempts": 0,
        "not_before": now,
        "leased_until": None,
    }
    if mail.state == MailState.IN_DOUBT:
        again["settlement"] = Settlement.RESENT
    if not _waiting(mail).update(**again):
        raise MailNotRetryable(
            "再送できるのは「要対応」のメールと、着手の期限を過ぎた「送達未確認」のメールだけです。"
            "しばらく待ってから、画面を再読み込みしてください。"
        )
    _record("メールの再送を指示", mail, actor, now)


@transaction.atomic
def cancel_mail(*, mail: OutgoingMail, actor: User, now: datetime, reason: str = "") -> None:
    """Withdraw a mail that has not left; raise MailNotCancellable when it has, or may have."""
    waiting = OutgoingMail.objects.filter(pk=mail.pk, state__in=(MailState.QUEUED, MailState.FAILED))
    note = (reason or "職員が取りやめました。")[:300]
    if not waiting.update(state=MailState.CANCELLED, secret_link="", last_error=note):
        raise MailNotCancellable(
            "取りやめられるのは「送信待ち」と「要対応」のメールだけです。画面を再読み込みしてください。"
        )
    _record("メールを取りやめ", mail, actor, now, reason=reason)


@transaction.atomic
def confirm_mail(*, mail: OutgoingMail, actor: User, now: datetime, reason: str) -> None:
    """Note that a mail in doubt did arrive, as its recipient or the mail server's keeper says."""
    doubtful = _waiting(mail).filter(Q(state=MailState.IN_DOUBT) | ~Q(settlement=""))
    confirmed = doubtful.update(
        state=MailState.SENT, sent_at=now, settlement=Settlement.CONFIRMED, secret_link="", last_error="",
        leased_until=None,
    )  # fmt: skip
    if not confirmed:
        raise MailNotConfirmable(
            "送達を記録できるのは、送達を確認できなかったメールだけです。画面を再読み込みしてください。"
        )
    _record("メールの送達を確認", mail, actor, now, reason=reason)


def _waiting(mail: OutgoingMail) -> OutgoingMailQuerySet:
    return OutgoingMail.objects.filter(WAITS_FOR_STAFF, pk=mail.pk, state=mail.state)


def _record(action: str, mail: OutgoingMail, actor: User, now: datetime, *, reason: str = "") -> None:
    mail.refresh_from_db()
    record_audit(action=action, now=now, actor=actor, obj=mail, ministry=mail.ministry, reason=reason)
