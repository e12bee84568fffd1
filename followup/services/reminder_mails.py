"""Compose the planned reminders and queue them, some mails at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from followup.models import Obligation
from followup.rules.reminder_text import LISTED, Letter, OpenItem, Wording, compose, reason
from followup.services.reminder_audiences import called
from followup.services.reminder_facts import Facts, gather, hand_over_url, open_item
from followup.services.reminder_ledger import Group, Occasion
from outreach.models import IssuingOffice, MailKind, OutgoingMail
from outreach.services.mail import message_id

MAILS = 100
"""How many mails are composed from what was read at once."""


@dataclass(frozen=True)
class _Reading:
    """The first of what waits in each group, and what is known of it."""

    obligations: Mapping[Group, Sequence[Obligation]]
    offices: Mapping[int, IssuingOffice]
    facts: Facts


def queue_mails(
    counts: Mapping[Occasion, int], *, on: date, sends_at: datetime, now: datetime
) -> dict[str, int]:
    """Queue one mail for all occasions of a mail key, and return the mails' ids by their key.

    `counts` says of how many obligations each occasion tells.
    """
    together: dict[str, list[Occasion]] = defaultdict(list)
    for occasion in sorted(counts, key=lambda found: (-found.rule.step, -found.rule.offset_days)):
        together[occasion.mail_key].append(occasion)
    keys = sorted(together)
    queued: dict[str, int] = {}
    for start in range(0, len(keys), MAILS):
        chunk = {key: together[key] for key in keys[start : start + MAILS]}
        reading = _read({occasion.group for found in chunk.values() for occasion in found}, on)
        mails = [
            _mail(key, found, reading, total=sum(map(counts.__getitem__, found)), sends_at=sends_at, now=now)
            for key, found in chunk.items()
        ]
        created = OutgoingMail.objects.bulk_create(mail for mail in mails if mail)
        queued |= {mail.dedupe_key: mail.pk for mail in created}
    return queued


def _read(groups: set[Group], on: date) -> _Reading:
    place = Window(
        RowNumber(),
        partition_by=[F("kind"), F("reached"), F("ministry"), F("office")],
        order_by=["anchor_on", "pk"],
    )
    waiting = (
        Obligation.objects.waiting().unpaused(on).filter(ministry__in={group.ministry_id for group in groups})
    )
    first = waiting.annotate(place=place).filter(place__lte=LISTED).select_related("ministry", "office")
    found: dict[Group, list[Obligation]] = defaultdict(list)
    for obligation in first.order_by("anchor_on", "pk"):
        if (group := group_of(obligation)) in groups:
            found[group].append(obligation)
    facts = gather([obligation for listed in found.values() for obligation in listed])
    offices = IssuingOffice.objects.in_bulk({group.office_id for group in groups if group.office_id})
    return _Reading(found, offices, facts)


def group_of(obligation: Obligation) -> Group:
    """Return the group that a waiting obligation is planned in."""
    return Group(obligation.kind, obligation.reached or 0, obligation.ministry_id, obligation.office_id)


def _mail(
    key: str,
    occasions: Sequence[Occasion],
    reading: _Reading,
    *,
    total: int,
    sends_at: datetime,
    now: datetime,
) -> OutgoingMail | None:
    """Return a mail about some occasions, the most pressing first; None when all is answered by now."""
    items = _items(occasions, reading, sends_at.date())
    if not items:
        return None
    first = occasions[0]
    office = reading.offices.get(first.group.office_id or 0)
    ministry = reading.obligations[first.group][0].ministry
    addressee = called(first.rule, ministry=ministry, office=office, user=first.recipient.user)
    url = hand_over_url(to_staff=first.ministry is None)
    letter = Letter(items[:LISTED], total, addressee, url)
    wording = Wording(first.rule.subject, first.rule.text)
    subject, body = compose(wording=wording, letter=letter, sent_at=sends_at)
    return OutgoingMail(
        kind=MailKind.REMINDER,
        dedupe_key=key,
        message_id=message_id(key),
        ministry=first.ministry,
        recipient=first.recipient.user,
        to=first.recipient.address,
        cc=next((found.recipient.cc for found in occasions if found.recipient.cc), ""),
        subject=subject,
        body=body,
        why=reason(letter)[:200],
        not_before=sends_at,
        created_at=now,
    )


def _items(occasions: Sequence[Occasion], reading: _Reading, today: date) -> list[OpenItem]:
    return [
        open_item(
            obligation,
            stage=occasion.group.offset,
            facts=reading.facts,
            today=today,
            to_staff=occasion.ministry is None,
        )
        for occasion in occasions
        for obligation in reading.obligations[occasion.group]
        if reading.facts.row(obligation)
    ]
