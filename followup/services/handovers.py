"""引継ぎ with what comes back: beside the accounts, replies of bodies that were asked go to the successor."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from followup.models import BodyRequest
from outreach.models import Handover, User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services import handovers
from outreach.services.audit import record_audit
from outreach.services.handovers import ACTOR, Newcomer


@transaction.atomic
def hand_over(
    *,
    predecessor: User,
    successor: User | Newcomer,
    takes_effect_on: date,
    note: str = "",
    actor: User,
    now: datetime,
) -> Handover:
    """Hand over an officer's work as outreach.services.handovers.plan_handover does, with its contacts."""
    handover = handovers.plan_handover(
        predecessor=predecessor,
        successor=successor,
        takes_effect_on=takes_effect_on,
        note=note,
        actor=actor,
        now=now,
    )
    if handover.completed_at:
        _move_contacts(handover, now=now)
    return handover


def settle_handovers(*, today: date, now: datetime) -> int:
    """Carry out what was planned for today or before; return how many. Safe to run twice or late."""
    due = Handover.objects.due(today).select_related("requested_by", "ministry").order_by("pk")
    return sum(_settle(handover, now=now) for handover in list(due))


@transaction.atomic
def _settle(handover: Handover, *, now: datetime) -> bool:
    if not handovers.complete_handover(handover=handover, now=now):
        return False
    _move_contacts(handover, now=now)
    return True


def _move_contacts(handover: Handover, *, now: datetime) -> None:
    """Name the successor, else the ministry's mailbox, where bodies were told to ask who has left."""
    predecessor: User = handover.predecessor
    address, name = _contact(handover)
    asked = BodyRequest.objects.live(instant_in_tokyo(now).date()).filter(
        report__assignment__ministry=handover.ministry, contact_email__iexact=predecessor.email
    )
    moved = asked.update(contact_email=address, contact_name=name) if address else 0
    if moved:
        record_audit(
            action="回答依頼の問合せ先を変更", now=now, actor=None, rule=ACTOR, obj=handover,
            ministry=handover.ministry, before={"問合せ先": predecessor.email},
            after={"問合せ先": address, "件数": moved},
        )  # fmt: skip


def _contact(handover: Handover) -> tuple[str, str]:
    """Return address and name; a successor who was invited and has no account yet is none."""
    successor = handover.predecessor.successor
    if successor is not None:
        return successor.email, f"{successor.department}　{successor.name}".strip("　")
    return handover.ministry.mailbox, f"{handover.ministry.name}　担当"
