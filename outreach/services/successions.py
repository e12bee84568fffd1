"""The ties between officers (代理・後任): loosened when one leaves, tied when a successor arrives."""

from __future__ import annotations

from datetime import datetime

from outreach.models import Handover, User
from outreach.services.audit import record_audit


def end_ties(*, user: User, successor: User | None = None) -> None:
    """End the absence of who leaves, and let the successor stand in where that person was to.

    Without a successor, and for the absence of the successor, nobody stands in any more.
    """
    User.objects.filter(pk=user.pk).exclude(away_from=None).update(
        away_from=None, away_until=None, deputy=None
    )
    others = User.objects.filter(deputy=user)
    if successor is not None:
        others.exclude(pk=successor.pk).update(deputy=successor)
    others.update(deputy=None)


def take_up_invited(*, user: User, now: datetime) -> None:
    """Make an account that was just opened the successor that its invitation was for, if it was."""
    expected = Handover.objects.waiting_for_acceptance().filter(
        ministry=user.ministry_id, successor_email__iexact=user.email
    )
    for handover in expected.select_related("ministry"):
        handover.successor = user
        handover.save(update_fields=["successor"])
        if handover.completed_at:
            who_left = User.objects.filter(pk=handover.predecessor_id, is_active=False, successor=None)
            who_left.update(successor=user)
        record_audit(
            action="引継ぎ：後任が利用を開始", now=now, actor=user, obj=handover, ministry=handover.ministry
        )
