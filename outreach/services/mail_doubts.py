"""Settle mail in doubt: its text was given to the mail server, and the answer never came or was not kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from outreach.models import MailState, OutgoingMail, Settlement
from outreach.services import outbox
from outreach.services.outbox import Failure
from outreach.services.relay_log import RelayLogUnreadable, find_accepted

logger = logging.getLogger(__name__)

BATCH = 500
PATIENCE = timedelta(hours=24)
"""How long a log that cannot be read is waited for."""
ABSENT = "送達を確認できず、中継記録にもないため、もう一度送ります。"
RESENT = "送達を確認できないため、同じMessage-IDでもう一度送ります。"
TWICE = "送達を二度確認できませんでした。届いているかを宛先に確かめてください。"
UNREADABLE = "中継記録を読めないため、送達を確認できません。届いているかを宛先に確かめてください。"


def settle_doubts(*, now: datetime) -> int:
    """Settle what has been in doubt for a whole lease, when nobody can be giving it any more; count them."""
    doubtful = OutgoingMail.objects.lease_over(MailState.IN_DOUBT).select_related("ministry")
    mails = list(doubtful.order_by("pk")[:BATCH])
    if not mails:
        return 0
    if not settings.MAIL_RELAY_LOG:
        return sum(_send_once_more(mail, now) for mail in mails)
    try:
        accepted = find_accepted(
            message_ids=[mail.message_id for mail in mails], positions=[mail.log_position for mail in mails]
        )
    except RelayLogUnreadable:
        logger.exception("the relay's log cannot be read: %s mails stay in doubt", len(mails))
        return _leave_to_staff(mails, now)
    return sum(_settle_by_log(mail, now, is_accepted=mail.message_id in accepted) for mail in mails)


def _settle_by_log(mail: OutgoingMail, now: datetime, *, is_accepted: bool) -> bool:
    if is_accepted:
        return outbox.mark_sent(
            mail, now=now, action="中継記録で送達を確認", settlement=_kept(mail, Settlement.FOUND)
        )
    return outbox.note_failure(mail, Failure(ABSENT), now=now, settlement=_kept(mail, Settlement.ABSENT))


def _send_once_more(mail: OutgoingMail, now: datetime) -> bool:
    """Without a log a mail is sent a second time at most: then staff must ask whether it arrived."""
    is_second = mail.settlement == Settlement.RESENT
    failure = Failure(TWICE, is_final=True) if is_second else Failure(RESENT)
    return outbox.note_failure(mail, failure, now=now, settlement=Settlement.RESENT)


def _leave_to_staff(mails: Sequence[OutgoingMail], now: datetime) -> int:
    overdue = set(
        OutgoingMail.objects.filter(
            pk__in=[mail.pk for mail in mails], leased_until__lt=Now() - PATIENCE
        ).values_list("pk", flat=True)
    )
    failure = Failure(UNREADABLE, is_final=True)
    return sum(
        outbox.note_failure(mail, failure, now=now, settlement=_kept(mail, Settlement.UNKNOWN))
        for mail in mails
        if mail.pk in overdue
    )


def _kept(mail: OutgoingMail, settlement: Settlement) -> Settlement:
    """Return what to note of a mail: that it may have arrived twice stays true."""
    return Settlement.RESENT if mail.settlement == Settlement.RESENT else settlement
