"""引継ぎ: one step passes an officer's work to a successor, at once or on a later day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from outreach.models import Handover, Ministry, Role, User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.accounts import close_account, invite
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import NotAllowed, Refusal
from outreach.services.successions import end_ties

ACTOR = "引継ぎの予定"
RANKS = (Role.VIEWER, Role.CONTRIBUTOR, Role.COORDINATOR)


class AlreadyPlanned(Refusal):
    """This officer's work is being handed over, by an earlier click or a colleague."""

    def __init__(self) -> None:
        super().__init__("この方の引継ぎは、既に登録されています。画面を再読み込みしてください。")


@dataclass(frozen=True)
class Newcomer:
    """A successor without an account yet, who is invited."""

    email: str
    name: str


def possible_successors(predecessor: User) -> QuerySet[User]:
    """Return the colleagues who may take over: a viewer too, as the role is raised."""
    colleagues: QuerySet[User] = User.objects.active().officers()
    return colleagues.filter(ministry=predecessor.ministry_id).exclude(pk=predecessor.pk).order_by("pk")


def may_hand_over(*, predecessor: User, actor: User) -> bool:
    """Say whether somebody may hand over an officer's work: a coordinator of the ministry, or staff."""
    is_coordinator = actor.role == Role.COORDINATOR and actor.ministry_id == predecessor.ministry_id
    return predecessor.is_officer and actor.is_active and (is_coordinator or actor.is_staff)


@transaction.atomic
def plan_handover(
    *,
    predecessor: User,
    successor: User | Newcomer,
    takes_effect_on: date,
    note: str = "",
    actor: User,
    now: datetime,
) -> Handover:
    """Hand over an officer's work on a day, today at the earliest: then it is done at once.

    The successor is a colleague, or is invited with the predecessor's role.

    Raises:
        NotAllowed: when the actor is neither a coordinator of the ministry nor staff.
        AlreadyPlanned: when it was planned or done before.
        Refusal: for a day that has passed, a stranger as successor, and an address in use.
    """
    locked: User = (
        User.objects.select_for_update(of=("self",)).select_related("ministry").get(pk=predecessor.pk)
    )
    _refuse(locked, successor, takes_effect_on, actor=actor, now=now)
    ministry = cast("Ministry", locked.ministry)
    if isinstance(successor, Newcomer):
        _invite(successor, locked, ministry, actor=actor, now=now)
    handover = _created(locked, successor, ministry, takes_effect_on, note, actor=actor, now=now)
    if takes_effect_on <= instant_in_tokyo(now).date():
        complete_handover(handover=handover, now=now)
    handover.refresh_from_db()
    return handover


def _refuse(
    predecessor: User, successor: User | Newcomer, takes_effect_on: date, *, actor: User, now: datetime
) -> None:
    if not may_hand_over(predecessor=predecessor, actor=actor):
        raise NotAllowed("引継ぎを登録できるのは、同じ府省庁の取りまとめ担当だけです。")
    if not predecessor.is_active and predecessor.successor_id:
        raise AlreadyPlanned
    if takes_effect_on < instant_in_tokyo(now).date():
        raise Refusal("引継日は、本日以後の日にしてください。", field="takes_effect_on")
    if isinstance(successor, User) and not possible_successors(predecessor).filter(pk=successor.pk).exists():
        raise Refusal("後任は、同じ府省庁の有効な利用者から選んでください。", field="successor")


def _invite(newcomer: Newcomer, predecessor: User, ministry: Ministry, *, actor: User, now: datetime) -> None:
    try:
        invite(
            email=newcomer.email, name=newcomer.name, ministry=ministry, role=predecessor.role,
            is_staff=False, actor=actor, now=now,
        )  # fmt: skip
    except Refusal as refusal:
        raise Refusal(refusal.message, field="successor_email") from refusal


def _created(
    predecessor: User,
    successor: User | Newcomer,
    ministry: Ministry,
    takes_effect_on: date,
    note: str,
    *,
    actor: User,
    now: datetime,
) -> Handover:
    try:
        with transaction.atomic():
            handover = Handover.objects.create(
                ministry=ministry,
                predecessor=predecessor,
                **_named(successor),
                takes_effect_on=takes_effect_on,
                note=note,
                requested_by=actor,
                requested_at=now,
            )
    except IntegrityError as error:
        raise AlreadyPlanned from error
    record_audit(
        action="引継ぎを登録", now=now, actor=actor, obj=handover, ministry=ministry,
        after=labelled(Handover, {"takes_effect_on": takes_effect_on, "note": note})
        | {"後任": successor.email},
    )  # fmt: skip
    return handover


def _named(successor: User | Newcomer) -> dict[str, Any]:
    if isinstance(successor, User):
        return {"successor": successor}
    return {"successor_name": successor.name, "successor_email": successor.email.strip().lower()}


@transaction.atomic
def complete_handover(*, handover: Handover, now: datetime) -> bool:
    """Close the predecessor's account and tie the successor to it; return False when it was done before.

    The successor gets at least the predecessor's role. One who has gone or moved meanwhile is not tied:
    mail then goes to the mailbox, and staff see that somebody left without a successor. A predecessor
    who moved to another ministry keeps the account.
    """
    taken = Handover.objects.pending().filter(pk=handover.pk).update(completed_at=now)
    if not taken:
        return False
    handover.refresh_from_db()
    predecessor: User = User.objects.select_for_update(of=("self",)).get(pk=handover.predecessor_id)
    is_still_here = predecessor.ministry_id == handover.ministry_id
    successor = possible_successors(predecessor).filter(received=handover).first()
    if is_still_here:
        _replace(predecessor, successor, actor=handover.requested_by, now=now)
    record_audit(
        action="引継ぎを実施", now=now, actor=None, rule=ACTOR, obj=handover, ministry=handover.ministry,
        after={"前任": predecessor.email, "後任": successor.email if successor else handover.successor_email},
        reason="" if is_still_here else "前任は、引継日の前に別の府省庁に移りました。",
    )  # fmt: skip
    return True


def _replace(predecessor: User, successor: User | None, *, actor: User, now: datetime) -> None:
    if predecessor.is_active:
        close_account(user=predecessor, actor=actor, now=now, successor=successor)
    else:
        User.objects.filter(pk=predecessor.pk, successor=None).update(successor=successor)
    end_ties(user=predecessor, successor=successor)
    if successor is not None:
        _raise_role(successor, predecessor.role)


def _raise_role(successor: User, role: str) -> None:
    if RANKS.index(Role(successor.role)) < RANKS.index(Role(role)):
        successor.role = role
        successor.save(update_fields=["role"])


@transaction.atomic
def cancel_handover(*, handover: Handover, actor: User, now: datetime) -> None:
    """Take back what was planned for a later day; an invitation that was sent stands."""
    if not may_hand_over(predecessor=handover.predecessor, actor=actor):
        raise NotAllowed("引継ぎを取り消せるのは、同じ府省庁の取りまとめ担当だけです。")
    if not Handover.objects.pending().filter(pk=handover.pk).update(cancelled_at=now):
        raise Refusal("この引継ぎは、既に行われたか、取り消されています。画面を再読み込みしてください。")
    record_audit(action="引継ぎを取消", now=now, actor=actor, obj=handover, ministry=handover.ministry)
