"""Whom a mail that is about to leave is for now: its officer, whoever acts for that officer, the mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from outreach.models import MailKind, MailState, Ministry, OutgoingMail, User
from outreach.services.addressees import Addressees, Recipient

PERSONAL = (MailKind.INVITATION, MailKind.ACCOUNT)
"""Mail that is for one person alone, whoever acts for that person."""


@dataclass(frozen=True)
class Addressee:
    """Where a mail goes. `note` says in whose place, or is "" when it goes where it was meant to go."""

    address: str
    user: User | None
    note: str = ""


@dataclass(frozen=True)
class Nobody:
    """The mail must not leave; the reason is shown to staff."""

    reason: str


def addressee_now(*, mail: OutgoingMail, on: date) -> Addressee | Nobody:
    """Return whom a mail is for on the day it leaves.

    What was queued for an officer goes to the address that the account has now; for one who is away or
    has left since, to who acts for that officer, else to the ministry's mailbox; who is away with
    neither gets it in person. A mail that holds a secret, is personal or is of no ministry goes to
    nobody else.
    """
    user, ministry = mail.recipient, mail.ministry
    planned = Addressee(mail.to, user)
    if user is None:
        return planned
    if mail.kind in PERSONAL or mail.secret_link or ministry is None or user.is_staff:
        return planned if user.is_active else Nobody("宛先の利用者は無効になりました。")
    if user.is_active and user.ministry_id == ministry.pk and not user.is_away(on):
        return _where_it_is_read(planned, user)
    other = _other(user, ministry, on)
    if other is None:
        return _as_a_last_resort(planned, user, ministry)
    return other if not _has_its_own(mail, other) else Nobody(f"{other.note}同じメールが既にあります。")


def _where_it_is_read(planned: Addressee, user: User) -> Addressee:
    """Return the officer's address of today: what was queued before it changed would arrive nowhere."""
    if planned.address.lower() == user.email.lower():
        return planned
    note = f"{user.name}さんのメールアドレスが変わったため、新しいアドレスにお送りします。"
    return Addressee(user.email, user, note)


def _other(user: User, ministry: Ministry, on: date) -> Addressee | None:
    """Return who acts for an officer at a ministry, else its mailbox."""
    addressees = Addressees([ministry])
    acting = addressees.acting_for(user, on=on) if user.ministry_id == ministry.pk else None
    found: list[Recipient] = [(acting.email, acting)] if acting else addressees.mailbox(ministry)
    if not found:
        return None
    address, new = found[0]
    return Addressee(address, new, _note(user, ministry, new))


def _note(user: User, ministry: Ministry, new: User | None) -> str:
    has_left = not user.is_active or user.ministry_id != ministry.pk
    why = f"{user.name}さんは{'異動・退職した' if has_left else '不在の'}ため、"
    if new is None:
        return f"{why}共有メールボックスにお送りします。"
    return f"{why}{'後任' if has_left else '代理'}の{new.name}さんにお送りします。"


def _as_a_last_resort(planned: Addressee, user: User, ministry: Ministry) -> Addressee | Nobody:
    if user.is_active and user.ministry_id == ministry.pk:
        return planned
    return Nobody("宛先の担当者は異動・退職し、後任も共有メールボックスも登録されていません。")


def _has_its_own(mail: OutgoingMail, other: Addressee) -> bool:
    """Say whether the same occasion queued a mail for the other one as well: then two would arrive."""
    siblings = OutgoingMail.objects.filter(
        kind=mail.kind, ministry=mail.ministry_id, created_at=mail.created_at, subject=mail.subject
    )
    others = siblings.exclude(pk=mail.pk).exclude(state=MailState.CANCELLED)
    return others.filter(to__iexact=other.address).exists()
