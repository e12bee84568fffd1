"""What officers do to their report before submitting it: 該当なし, 部内確認 and its answers, revise.

Answering is services.drafts, submitting services.submissions; what staff do is services.review.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from followup.models import Report
from followup.rules.status import ReportStatus
from followup.services.contents import Problem, report_content
from followup.services.forms import onto_newest_form
from followup.services.mail_texts import render_mail, url_of
from followup.services.steps import (
    change_report,
    lock_report,
    permit_step,
    refuse_editing,
    refuse_stale,
    take_step,
)
from outreach.models import MailKind, Notification, Role, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail, queue_mail_to_ministry

OWN_REQUEST = "依頼した本人による承認"


class IncompleteReport(Refusal):
    """The report cannot be submitted yet; `problems` says what is missing, and where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"入力の不足や誤りが{len(problems):,}か所あります。修正してから進めてください。")
        self.problems = list(problems)


@transaction.atomic
def declare_no_body_report(
    *, report: Report, reason: str, expected_version: int | None = None, actor: User, now: datetime
) -> Report:
    """Answer that no body applied (該当なし), or take that back with an empty reason."""
    locked = lock_report(report)
    refuse_editing(locked, actor)
    refuse_stale(locked, expected_version)
    reason = reason.strip()
    if reason and Notification.objects.filter(assignment=locked.assignment_id).issued().exists():
        raise Refusal(
            "発出した団体があるため、該当なしにできません。発出の記録が誤っている場合は、先に取り消してください。",
            field="reason",
        )
    change_report(locked, actor=actor, now=now, no_body_reason=reason)
    record_audit(
        action="報告：該当なしを申告" if reason else "報告：該当なしを取消し",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        before=labelled(Report, {"no_body_reason": locked.no_body_reason}),
        after=labelled(Report, {"no_body_reason": reason}),
        reason=reason,
    )
    return lock_report(locked)


@transaction.atomic
def ask_review(*, report: Report, expected_version: int | None = None, actor: User, now: datetime) -> Report:
    """Ask the coordinators for 部内確認, by mail; the report has to be complete."""
    locked = lock_report(report)
    permit_step(locked, verb="ask_review", actor=actor)
    refuse_stale(locked, expected_version)
    if problems := report_content(locked).problems():
        raise IncompleteReport(problems)
    moved = take_step(locked, verb="ask_review", actor=actor, now=now)
    subject, body = render_mail("review", {"report": moved, "actor": actor, "url": report_url(moved)})
    queue_mail_to_ministry(
        ministry=moved.assignment.ministry,
        kind=MailKind.REVIEW,
        occasion=f"review:{moved.pk}:{moved.version}",
        subject=subject,
        body=body,
        why="部内確認が依頼されたため",
        now=now,
        roles=[Role.COORDINATOR],
    )
    return moved


@transaction.atomic
def send_back(*, report: Report, comment: str, actor: User, now: datetime) -> Report:
    """Give a report back from 部内確認 with a comment, by mail to who had asked."""
    locked = lock_report(report)
    asked_by = who_asked_review(locked)
    moved = take_step(
        locked, verb="send_back", actor=actor, now=now, reason=comment, review_comment=comment.strip()
    )
    if asked_by:
        why = "部内確認で戻されたため"
        _mail_answer("sent_back", moved, to=asked_by, actor=actor, why=why, now=now, comment=comment)
    return moved


@transaction.atomic
def approve_report(
    *, report: Report, expected_version: int | None = None, actor: User, now: datetime
) -> Report:
    """Approve in 部内確認 what the report says now; who had asked is told by mail.

    A coordinator may approve what he or she asked for (a ministry may have no second one); the
    trail then says so. Any later change takes the approval away (services.steps.change_report).
    """
    locked = lock_report(report)
    permit_step(locked, verb="approve", actor=actor)
    refuse_stale(locked, expected_version)
    if locked.is_approved:
        raise Refusal("この内容の部内確認は、既に承認されています。")
    if problems := report_content(locked).problems():
        raise IncompleteReport(problems)
    asked_by = who_asked_review(locked)
    note = OWN_REQUEST if asked_by == actor else ""
    moved = take_step(
        locked, verb="approve", actor=actor, now=now, reason=note, approved_by=actor, approved_at=now
    )
    if asked_by and asked_by != actor:
        why = "部内確認が承認されたため"
        _mail_answer("approved", moved, to=asked_by, actor=actor, why=why, now=now)
    return moved


def _mail_answer(
    name: str, report: Report, *, to: User, actor: User, why: str, now: datetime, **context: str
) -> None:
    """Tell who had asked for 部内確認 what became of it, while still in that ministry."""
    if not to.is_active or to.ministry_id != report.assignment.ministry_id:
        return
    subject, body = render_mail(name, {"report": report, "actor": actor, "url": report_url(report)} | context)
    queue_mail(
        kind=MailKind.REVIEW,
        dedupe_key=f"{name}:{report.pk}:{report.version}:{to.email}",
        to=to.email,
        recipient=to,
        ministry=report.assignment.ministry,
        subject=subject,
        body=body,
        why=why,
        now=now,
    )


def who_asked_review(report: Report) -> User | None:
    """Return who brought the report into 部内確認 (its history knows): others may have edited it since."""
    entered = None
    for past in report.history.select_related("updated_by").order_by("-history_id"):
        if past.status != ReportStatus.IN_REVIEW:
            break
        entered = past
    return entered.updated_by if entered else None


@transaction.atomic
def revise_report(
    *, report: Report, expected_version: int | None = None, actor: User, now: datetime
) -> Report:
    """Begin to change a submitted report; its submitted version stays as it is.

    Refused when a late submission would not be taken, as the ministry could not submit it again.
    """
    locked = lock_report(report)
    permit_step(locked, verb="revise", actor=actor)
    refuse_stale(locked, expected_version)
    refuse_late(locked, now=now)
    return take_step(locked, verb="revise", actor=actor, now=now, **onto_newest_form(locked))


def refuse_late(report: Report, *, now: datetime) -> None:
    """Refuse after the due date unless the round takes late reports; a returned one is always taken."""
    is_late = report.due is not None and report.due.has_passed(now)
    if is_late and not report.takes_late():
        raise Refusal("回答期限を過ぎたため、受け付けられません。問合せ先へ御連絡ください。")


def report_url(report: Report) -> str:
    """Return the full address of a report's page, for mails."""
    return url_of("portal:report_detail", report.pk)
