"""Submit a report (提出): one immutable numbered version, its receipt number, and the mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from followup.models import Report, Submission, SubmittedAnswer
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.contents import Content, Row, report_content
from followup.services.doubts import EXAMINED_AT_ONCE, examine_or_leave
from followup.services.extensions import withdraw_on_submission
from followup.services.mail_texts import due_left, render_mail, url_of
from followup.services.reports import IncompleteReport, refuse_late
from followup.services.steps import ROUND_REFUSALS, lock_report, permit_step, refuse_stale, take_step
from outreach.models import BodyCategory, MailKind, User
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry

ANSWERED: dict[str, Any] = {"review_comment": "", "asked_keys": [], "previous_form": None}
"""What a submission settles: the comment, the additional questions, the differences to confirm."""


class AlreadySubmitted(Refusal):
    """Somebody (or the same person, by a second click) submitted first; `submission` is theirs."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"この報告は既に提出されています（受付番号 {submission.receipt_number}）。")
        self.submission = submission


@transaction.atomic
def submit_report(*, report: Report, expected_version: int, actor: User, now: datetime) -> Submission:
    """Submit what the report says as its next version; return the version with its receipt number.

    Raises:
        AlreadySubmitted: with the version that was first.
        StaleWrite: when anything in the report changed since the user looked at it.
        IncompleteReport: when something is missing or wrong.
    """
    locked = lock_report(report)
    latest = locked.submissions.filter(is_latest=True).first()
    if locked.status == ReportStatus.SUBMITTED and latest:
        raise AlreadySubmitted(latest)
    permit_step(locked, verb="submit", actor=actor)
    refuse_late(locked, now=now)
    refuse_stale(locked, expected_version)
    content = report_content(locked)
    if problems := content.problems():
        raise IncompleteReport(problems)
    submission = _write(locked, content, number=latest.number + 1 if latest else 1, actor=actor, now=now)
    withdraw_on_submission(locked, actor=actor, now=now)
    moved = take_step(locked, verb="submit", actor=actor, now=now, **ANSWERED)
    _mail_receipt(moved, submission, content, now=now)
    if len(content.rows) <= EXAMINED_AT_ONCE:
        examine_or_leave(submission=submission, now=now)
    return submission


def _write(report: Report, content: Content, *, number: int, actor: User, now: datetime) -> Submission:
    """Write the version and its rows; the one before is the latest no more."""
    if report.form_version is None or report.due_on is None:
        raise Refusal(ROUND_REFUSALS[RoundStatus.FORM_UNDECIDED])
    report.submissions.filter(is_latest=True).update(is_latest=False)
    submission = Submission.objects.create(
        report=report,
        number=number,
        receipt_number=receipt_number(report, number),
        form_version=report.form_version,
        submitted_at=now,
        submitted_by=actor,
        submitted_by_label=f"{actor.name}（{actor.email}）",
        due_on=report.due_on,
        due_time=report.due_time,
        no_body_reason=content.no_body_reason,
        answers=content.answers,
        content_hash=content.content_hash(),
    )
    SubmittedAnswer.objects.bulk_create(_submitted_row(submission, row) for row in content.rows)
    return submission


def _submitted_row(submission: Submission, row: Row) -> SubmittedAnswer:
    return SubmittedAnswer(
        submission=submission,
        notification_id=row.pk,
        body_name=row.body_name,
        body_category=row.category,
        template_number=row.template_number,
        issued_on=row.issued_on,
        answers=row.answers,
    )


def receipt_number(report: Report, number: int) -> str:
    """Return FU<council>-<report>-<建制順 of the ministry>-<version>, such as FU6-0015-2000-01."""
    return f"FU{report.round.council.number}-{report.pk:04}-{report.assignment.ministry.order:04}-{number:02}"


def _mail_receipt(report: Report, submission: Submission, content: Content, *, now: datetime) -> None:
    subject, body = render_mail(
        "receipt",
        {
            "report": report,
            "submission": submission,
            "due": due_left(report, now=now),
            "figures": receipt_figures(content),
            "url": url_of("portal:submission_detail", submission.pk),
        },
    )
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.RECEIPT,
        occasion=f"receipt:{submission.pk}",
        subject=subject,
        body=body,
        why="報告が提出されたため",
        now=now,
    )


def receipt_figures(content: Content) -> dict[str, int | None]:
    """Count what was asked and reached, for the receipt; reached is None where the form does not ask."""
    categories = [row.category for row in content.rows]
    industry = categories.count(BodyCategory.INDUSTRY)
    asks = "reach_status" in content.form.by_key
    reached = sum(row.answers.get("reach_status") == "done" for row in content.rows)
    return {
        "industry": industry,
        "agencies": len(categories) - industry,
        "reached": reached if asks else None,
    }
