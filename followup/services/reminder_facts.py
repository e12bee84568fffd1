"""What planning and sending a reminder must know of the reports: read for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, QuerySet

from followup.models import BodyAnswer, Reminder, Report, ReturnPoint, Round, Submission
from followup.rules.reminder_text import OpenReport
from followup.rules.status import ReportStatus
from followup.services.mail_texts import url_of
from outreach.models import MailState, Notification
from outreach.rules.wareki import instant_in_tokyo


@dataclass(frozen=True)
class Facts:
    """By report id: what was entered, when it was last with staff, when it was last asked for."""

    body_counts: dict[int, int]
    answered_counts: dict[int, int]
    quiet_until: dict[int, date]
    reminded_on: dict[int, date]


def gather(reports: QuerySet[Report]) -> Facts:
    """Read the facts of some reports; five queries however many there are."""
    submitted = Submission.objects.filter(report__in=reports).values_list("report")
    returned = (
        ReturnPoint.objects.returns().filter(submission__report__in=reports).values_list("submission__report")
    )
    reminded = Reminder.objects.filter(report__in=reports, mail__state=MailState.SENT).values_list("report")
    bodies = Notification.objects.issued().filter(assignment__reports__in=reports)
    answered = BodyAnswer.objects.filter(report__in=reports, notification__issued_on__isnull=False)
    return Facts(
        body_counts=dict(bodies.values_list("assignment__reports").annotate(Count("pk")).order_by()),
        answered_counts=dict(
            answered.exclude(answers={}).values_list("report").annotate(Count("pk")).order_by()
        ),
        quiet_until=_latest_days(
            [
                *submitted.annotate(Max("submitted_at")).order_by(),
                *returned.annotate(Max("created_at")).order_by(),
            ]
        ),
        reminded_on=_latest_days([*reminded.annotate(Max("mail__sent_at")).order_by()]),
    )


def _latest_days(rows: Iterable[tuple[int, datetime]]) -> dict[int, date]:
    days: dict[int, date] = {}
    for report_id, instant in rows:
        day = instant_in_tokyo(instant).date()
        days[report_id] = max(day, days.get(report_id, day))
    return days


def open_report(report: Report, *, stage: str, facts: Facts, today: date) -> OpenReport:
    """Return what a reminder tells about a report; `stage` names the rule that was reached.

    The day it was last asked for is that of the last reminder sent, else of the form's publication.
    """
    if report.due is None:
        raise ValueError("A report without a due date is not reminded of.")
    published_at = report.form_version.published_at if report.form_version else None
    first_asked_on = instant_in_tokyo(published_at).date() if published_at else today
    return OpenReport(
        ministry=report.assignment.ministry.name,
        collection=str(report.round),
        stage=stage,
        due=report.due,
        state=_state(report),
        body_count=facts.body_counts.get(report.pk, 0),
        answered_count=facts.answered_counts.get(report.pk, 0),
        url=url_of("portal:report_detail", report.pk),
        contact=_contact(report.round),
        last_asked_on=facts.reminded_on.get(report.pk, first_asked_on),
    )


def _state(report: Report) -> str:
    """Return the status in the words of a mail: a draft that nobody has saved is 未着手."""
    if report.status == ReportStatus.DRAFT and report.updated_at is None:
        return "未着手"
    return str(ReportStatus(report.status).label)


def _contact(collection: Round) -> str:
    details = [
        collection.contact_name,
        f"電話：{collection.contact_phone}" if collection.contact_phone else "",
        f"メール：{collection.contact_email}" if collection.contact_email else "",
    ]
    return "　".join(filter(None, details))
