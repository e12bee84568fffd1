"""回答期限: set for a round and its reports, and moved for one ministry. Who asks is services.extensions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from followup.models import Report, Round
from followup.models.report import ReportQuerySet
from followup.rules.due import Due, passed_by
from followup.rules.status import UNANSWERED
from followup.services.mail_texts import render_mail, url_of
from followup.services.steps import lock_report
from outreach.models import MailKind, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry


def due_fields(due: Due | None) -> dict[str, Any]:
    """Return a due date as the fields that store it."""
    return {"due_on": due and due.on, "due_time": due and due.time}


def due_entry(model: type[Model], due: Due | None) -> dict[str, Any]:
    """Return a due date as the audit trail names it; a time that is not set is left out."""
    fields = due_fields(due)
    return labelled(model, fields if fields["due_time"] else {"due_on": fields["due_on"]})


def refuse_passed(due: Due, *, now: datetime) -> None:
    """Refuse a due date that could not be met any more."""
    if due.on < passed_by(now).on:
        raise Refusal("回答期限には本日以降の日を入力してください。", field="due_on")
    if due.has_passed(now):
        raise Refusal("回答期限の時刻を過ぎています。これからの時刻を入力してください。", field="due_time")


def following(collection: Round, due: Due) -> ReportQuerySet:
    """Return the reports that a round's new due date applies to.

    Those that have the round's own, and those that the new one gives more time. A later due date of
    a ministry's own stays.
    """
    reports: ReportQuerySet = Report.objects.filter(round=collection)
    as_round = Q(due_on=None) | Q(**due_fields(collection.due))
    return reports.filter(as_round) | reports.due_before(due)


def move_due_date(collection: Round, due: Due) -> None:
    """Give a locked round a due date, and with it the reports that follow it."""
    following(collection, due).update(**due_fields(due))
    collection.due_on, collection.due_time = due.on, due.time
    collection.save(update_fields=["due_on", "due_time"])


def refuse_less_time(report: Report, due: Due, *, now: datetime) -> None:
    """Refuse what is no extension of a report's due date, or is not needed any more."""
    if not report.round.is_open or report.due is None:
        raise Refusal("回答期限を延長できるのは、受付中のフォローアップだけです。")
    if report.status not in UNANSWERED:
        raise Refusal("この府省庁は既に提出しているため、延長は不要です。")
    if due.at <= report.due.at or due.has_passed(now):
        raise Refusal("現在の回答期限より後の、これからの日時を入力してください。", field="due_on")


def give_more_time(
    report: Report, due: Due, *, reason: str, actor: User, now: datetime, **told: Any
) -> Report:
    """Give a locked report a later due date of its own, and tell its ministry by mail.

    `told` is what the mail says besides: `wanted` and `answer` of a request that led to it.
    """
    Report.objects.filter(pk=report.pk).update(**due_fields(due))
    record_audit(
        action="回答期限を延長",
        now=now,
        actor=actor,
        obj=report,
        ministry=report.assignment.ministry,
        before=due_entry(Report, report.due),
        after=due_entry(Report, due),
        reason=reason,
    )
    extended = lock_report(report)
    url = url_of("portal:report_detail", report.pk)
    given = {"report": extended, "before": report.due, "reason": reason.strip(), "url": url, **told}
    subject, body = render_mail("extended", given)
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.EXTENDED,
        occasion=f"extended:{report.pk}:{now:%Y%m%d%H%M%S%f}",
        subject=subject,
        body=body,
        why="回答期限が延長されたため",
        now=now,
    )
    return extended
