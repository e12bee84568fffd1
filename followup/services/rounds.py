"""What staff do to a round (フォローアップ): closing, resuming, fixing, late reports.

Its form, which opens it, is services.forms; its due date services.due_dates.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from followup.models import Round
from followup.rules.status import (
    ROUND_STEPS,
    ReportStatus,
    RoundStatus,
    Step,
    StepRefused,
    find_step,
)
from followup.services.steps import party_of
from outreach.models import User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import NotAllowed, Refusal


@transaction.atomic
def close_round(*, round: Round, actor: User, now: datetime) -> Round:
    """Close a round: no more answers or submissions until it is resumed (締切)."""
    return _move(lock_round(round, actor), verb="close", actor=actor, now=now)


@transaction.atomic
def resume_round(*, round: Round, reason: str, actor: User, now: datetime) -> Round:
    """Take answers again in a closed round."""
    return _move(lock_round(round, actor), verb="resume", actor=actor, now=now, reason=reason)


@transaction.atomic
def fix_round(*, round: Round, actor: User, now: datetime) -> Round:
    """Fix a closed round for good (確定); refused while submitted reports wait for a decision."""
    locked = lock_round(round, actor)
    waiting = locked.reports.filter(status=ReportStatus.SUBMITTED).count()
    if waiting:
        raise Refusal(f"受理も差戻しもしていない報告が{waiting}件あります。先に処理してください。")
    return _move(locked, verb="fix", actor=actor, now=now)


@transaction.atomic
def switch_late(*, round: Round, accepts_late: bool, reason: str, actor: User, now: datetime) -> Round:
    """Take reports after the due date, or take them no more; what was submitted stays."""
    locked = lock_round(round, actor)
    if locked.status == RoundStatus.FIXED:
        raise Refusal("取りまとめが確定したため、変更できません。")
    if locked.accepts_late == accepts_late:
        raise Refusal(f"既に「{locked.late_label}」になっています。", field="accepts_late")
    if not reason.strip():
        raise Refusal("理由を入力してください。", field="reason")
    before = locked.late_label
    locked.accepts_late = accepts_late
    locked.save(update_fields=["accepts_late"])
    record_audit(
        action="期限後の提出の扱いを変更",
        now=now,
        actor=actor,
        obj=locked,
        before=labelled(Round, {"accepts_late": before}),
        after=labelled(Round, {"accepts_late": locked.late_label}),
        reason=reason,
    )
    return locked


def lock_round(collection: Round, actor: User) -> Round:
    """Read a round afresh and keep others from changing it; raise NotAllowed unless staff act."""
    if not actor.is_staff:
        raise NotAllowed("この操作ができるのは職員だけです。")
    return Round.objects.select_for_update().get(pk=collection.pk)


def _move(collection: Round, *, verb: str, actor: User, now: datetime, reason: str = "") -> Round:
    step = round_step(collection, verb=verb, actor=actor)
    if step.needs_reason and not reason.strip():
        raise Refusal("理由を入力してください。", field="reason")
    before = collection.status
    collection.status = RoundStatus(step.target)
    collection.save(update_fields=["status"])
    record_audit(
        action=f"フォローアップ：{step.label}",
        now=now,
        actor=actor,
        obj=collection,
        before=labelled(Round, {"status": before}),
        after=labelled(Round, {"status": step.target}),
        reason=reason,
    )
    return collection


def round_step(collection: Round, *, verb: str, actor: User) -> Step:
    """Return the step of the table; raise a Refusal when it forbids it."""
    party = party_of(actor)
    if party is None:
        raise NotAllowed("この操作ができるのは職員だけです。")
    try:
        return find_step(ROUND_STEPS, verb=verb, status=collection.status, party=party)
    except StepRefused as error:
        raise Refusal(str(error)) from error
