"""What staff do to a round (フォローアップ): closing, resuming, fixing, extending a due date.

Its form, which opens it, is services.forms.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from followup.models import Report, Round
from followup.rules.status import (
    ROUND_STEPS,
    UNANSWERED,
    ReportStatus,
    RoundStatus,
    Step,
    StepRefused,
    find_step,
)
from followup.services.mail_texts import render_mail, url_of
from followup.services.steps import lock_report, party_of
from outreach.models import MailKind, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import NotAllowed, Refusal
from outreach.services.mail import queue_mail_to_ministry


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


@transaction.atomic
def extend_due_date(*, report: Report, due_on: date, reason: str, actor: User, now: datetime) -> Report:
    """Give one ministry a later due date of its own, and tell it by mail."""
    if not actor.is_staff:
        raise NotAllowed("回答期限を延長できるのは職員だけです。")
    locked = lock_report(report)
    _refuse_extension(locked, due_on, reason, today=now.date())
    Report.objects.filter(pk=locked.pk).update(due_on=due_on)
    record_audit(
        action="回答期限を延長",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        before=labelled(Report, {"due_on": locked.due_on}),
        after=labelled(Report, {"due_on": due_on}),
        reason=reason,
    )
    extended = lock_report(locked)
    _mail_extension(extended, before=locked.due_on, reason=reason, now=now)
    return extended


def _mail_extension(report: Report, *, before: date | None, reason: str, now: datetime) -> None:
    subject, body = render_mail(
        "extended",
        {
            "report": report,
            "before": before,
            "reason": reason.strip(),
            "url": url_of("portal:report_detail", report.pk),
        },
    )
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.EXTENDED,
        occasion=f"extended:{report.pk}:{report.due_on}",
        subject=subject,
        body=body,
        why="回答期限が延長されたため",
        now=now,
    )


def _refuse_extension(report: Report, due_on: date, reason: str, *, today: date) -> None:
    if not report.round.is_open or report.due_on is None:
        raise Refusal("回答期限を延長できるのは、受付中のフォローアップだけです。")
    if report.status not in UNANSWERED:
        raise Refusal("この府省庁は既に提出しているため、延長は不要です。")
    if due_on <= report.due_on or due_on < today:
        raise Refusal("現在の回答期限より後の、本日以降の日を入力してください。", field="due_on")
    if not reason.strip():
        raise Refusal("延長の理由を入力してください。", field="reason")
