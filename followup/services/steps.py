"""Carry out one step of a report along the status table: lock, ask the table, write, record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from followup.models import Report
from followup.rules.status import (
    EDITABLE,
    REPORT_STEPS,
    Party,
    ReportStatus,
    RoundStatus,
    Step,
    StepRefused,
    allowed_steps,
    find_step,
)
from outreach.models import Role, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite

UNAPPROVED = {"approved_by": None, "approved_at": None}
ROUND_REFUSALS = {
    RoundStatus.FORM_UNDECIDED: "様式がまだ公開されていません。公開をお待ちください。",
    RoundStatus.CLOSED: "受付を締め切りました。変更が必要な場合は、問合せ先へ御連絡ください。",
    RoundStatus.FIXED: "取りまとめが確定したため、変更できません。",
}


def party_of(user: User) -> Party | None:
    """Return as whom a user acts in the status tables; None for a viewer."""
    if user.is_staff:
        return Party.STAFF
    return {Role.COORDINATOR: Party.COORDINATOR, Role.CONTRIBUTOR: Party.CONTRIBUTOR}.get(Role(user.role))


def steps_open_to(report: Report, user: User) -> list[Step]:
    """Return the steps that a user may take now, in the table's order."""
    party = party_of(user)
    if party is None:
        return []
    steps = allowed_steps(REPORT_STEPS, status=report.status, party=party)
    return [step for step in steps if report.round.status in step.rounds]


def lock_report(report: Report) -> Report:
    """Read a report afresh and keep others from changing it until the transaction ends."""
    return (
        Report.objects.select_for_update(of=("self",))
        .select_related("round__request", "round__council", "assignment__ministry", "form_version")
        .get(pk=report.pk)
    )


def refuse_strangers(report: Report, actor: User) -> Party:
    """Return as whom the actor acts; raise NotAllowed for viewers and for other ministries' officers."""
    party = party_of(actor)
    if party is None:
        raise NotAllowed("閲覧者は変更できません。担当者又は取りまとめ担当に依頼してください。")
    if party != Party.STAFF and actor.ministry_id != report.assignment.ministry_id:
        raise NotAllowed("他の府省庁の報告は変更できません。")
    return party


def refuse_editing(report: Report, actor: User, *, on_behalf: bool = False) -> None:
    """Refuse staff, viewers and strangers, and any report or round that takes no answers now.

    `on_behalf` is for what the ministry has handed to staff (a workbook by mail): then it is staff
    who may, and nobody else.
    """
    is_staff = refuse_strangers(report, actor) == Party.STAFF
    if is_staff and not on_behalf:
        raise NotAllowed("報告に回答できるのは府省庁の担当者です。")
    if on_behalf and not is_staff:
        raise NotAllowed("府省庁に代わって入力できるのは職員です。")
    if report.round.status != RoundStatus.OPEN:
        raise Refusal(ROUND_REFUSALS[RoundStatus(report.round.status)])
    if report.status not in EDITABLE:
        raise Refusal(f"報告は「{report.get_status_display()}」のため、変更できません。")


def permit_step(report: Report, *, verb: str, actor: User, reason: str = "") -> Step:
    """Return the step; raise a Refusal when the table, the round or a missing reason forbids it."""
    party = refuse_strangers(report, actor)
    try:
        step = find_step(REPORT_STEPS, verb=verb, status=report.status, party=party)
    except StepRefused as error:
        raise Refusal(str(error)) from error
    if report.round.status not in step.rounds:
        raise Refusal(ROUND_REFUSALS[RoundStatus(report.round.status)])
    if step.needs_reason and not reason.strip():
        raise Refusal("理由を入力してください。", field="reason")
    return step


def refuse_stale(report: Report, expected_version: int | None) -> None:
    """Raise StaleWrite when the report is no longer what the user saw (None: did not look)."""
    if expected_version is not None and report.version != expected_version:
        raise StaleWrite("画面を開いた後に報告が変更されました。最新の内容を確かめてください。")


def take_step(
    report: Report, *, verb: str, actor: User, now: datetime, reason: str = "", **changes: Any
) -> Report:
    """Move a locked report along the table with whatever else changes; return it as it is now.

    Nobody is reviewing it any more: what they were looking at is decided, or taken back.
    """
    step = permit_step(report, verb=verb, actor=actor, reason=reason)
    freed = {"status": step.target, "reviewer": None, "reviewing_since": None}
    asked_at = report.review_asked_at or now if step.target == ReportStatus.IN_REVIEW else None
    change_report(report, actor=actor, now=now, review_asked_at=asked_at, **freed, **changes)
    record_audit(
        action=f"報告：{step.label}",
        now=now,
        actor=actor,
        obj=report,
        ministry=report.assignment.ministry,
        before=labelled(Report, {"status": report.status}),
        after=labelled(Report, {"status": step.target}),
        reason=reason,
    )
    return lock_report(report)


def change_report(report: Report, *, actor: User, now: datetime, **changes: Any) -> None:
    """Write to a report as it was read, and only then: the guard holds without row locks, too.

    Whatever changes takes a coordinator's approval away, unless the change is that approval.
    """
    guarded = Report.objects.filter(pk=report.pk, status=report.status, version=report.version)
    if not guarded.update(
        version=F("version") + 1, updated_at=now, updated_by=actor, **(UNAPPROVED | changes)
    ):
        raise StaleWrite
