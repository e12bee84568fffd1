"""Queue mail: a row in the transaction of the change that causes it. Sending is services.delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings

from outreach.models import MailKind, Ministry, OutgoingMail, Role, User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.addressees import ALL_ROLES, ministry_recipients


def queue_mail(
    *,
    kind: MailKind,
    dedupe_key: str,
    to: str,
    subject: str,
    body: str,
    why: str,
    now: datetime,
    ministry: Ministry | None = None,
    recipient: User | None = None,
    cc: str = "",
    not_before: datetime | None = None,
    secret_link: str = "",
    sender_name: str = "",
    reply_to: str = "",
) -> OutgoingMail:
    """Add one mail to the outbox; with a key that is already there, return that mail unchanged.

    Mail to people who do not know this system carries a `sender_name` that they know and an address
    to reply to; the address that it leaves from stays the system's own.

    `secret_link` takes the place of SECRET_LINK in the body while sending and is forgotten then.

    `dedupe_key` names the occasion, e.g. "form:12:officer@mhlw.example"; its hash is the
    Message-ID, so that a mail sent twice by a crash carries the same one.
    """
    mail, _created = OutgoingMail.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "kind": kind,
            "to": to,
            "cc": cc,
            "subject": " ".join(subject.split()),
            "body": body,
            "secret_link": secret_link,
            "sender_name": sender_name,
            "reply_to": reply_to,
            "why": why,
            "ministry": ministry,
            "recipient": recipient,
            "not_before": not_before or now,
            "created_at": now,
            "message_id": message_id(dedupe_key),
        },
    )
    return mail


def queue_mails(mails: Sequence[OutgoingMail]) -> list[OutgoingMail]:
    """Add mails that were drafted, in two queries; in the place of one whose key is there return that.

    To be called with what they are about locked, so that nobody else adds the same meanwhile.
    """
    there = OutgoingMail.objects.in_bulk([mail.dedupe_key for mail in mails], field_name="dedupe_key")
    OutgoingMail.objects.bulk_create(mail for mail in mails if mail.dedupe_key not in there)
    return [there.get(mail.dedupe_key, mail) for mail in mails]


def message_id(dedupe_key: str) -> str:
    """Return the Message-ID that belongs to an occasion."""
    host = settings.BASE_URL.split("//")[1].split(":")[0]
    return f"<{hashlib.sha256(dedupe_key.encode()).hexdigest()[:40]}@{host}>"


def queue_mail_to_ministry(
    *,
    ministry: Ministry,
    kind: MailKind,
    occasion: str,
    subject: str,
    body: str,
    why: str,
    now: datetime,
    roles: Iterable[Role] = ALL_ROLES,
) -> list[OutgoingMail]:
    """Queue one mail for each recipient of a ministry; `occasion` makes each happen once."""
    return [
        queue_mail(
            kind=kind,
            dedupe_key=f"{occasion}:{address}",
            to=address,
            recipient=user,
            ministry=ministry,
            subject=subject,
            body=body,
            why=why,
            now=now,
        )
        for address, user in ministry_recipients(ministry, roles=roles, on=instant_in_tokyo(now).date())
    ]
