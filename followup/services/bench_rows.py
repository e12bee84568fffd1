"""Rows to measure on: one round of as many notified bodies as asked for, half of them answered.

For an empty database only; it is made and thrown away by the command that measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from followup.models import Council, FormVersion, Report, Round, Submission, SubmittedAnswer
from followup.services.forms import create_form_draft, publish_form
from followup.services.issue import issue
from outreach.models import (
    Assignment,
    Body,
    BodyCategory,
    Channel,
    LetterTemplate,
    Ministry,
    Notification,
    OutreachRequest,
    Role,
    User,
)
from outreach.rules.names import matching_key

BATCH = 5_000
ANSWERS: dict[str, Any] = {
    "reach_status": "done",
    "reached_on": "2023-09-10",
    "reach_channels": ["mail", "website"],
    "member_count": 1_200,
    "reached_member_count": 300,
    "forwarded": True,
    "onsite_count": 0,
    "good_practice": "会報に掲載し、総会でも説明した。",
}


def fill(*, rows: int, now: datetime) -> Round:
    """Write a round with about that many notifications on top of the reference data."""
    staff = User.objects.create_user("bench@digital.example", name="計測", is_staff=True, is_superuser=True)
    ministries = list(Ministry.objects.asked())
    collection = issue(
        request=OutreachRequest.objects.earliest("pk"),
        ministries=ministries,
        council=Council.objects.earliest("pk"),
        actor=staff,
        now=now,
    )
    draft = create_form_draft(round=collection, actor=staff, now=now)
    due_on = now.date() + timedelta(days=30)
    form = publish_form(form_version=draft, due_on=due_on, actor=staff, now=now)
    reports = Report.objects.filter(round=collection).select_related("assignment__ministry")
    for index, report in enumerate(reports):
        notified = _notify(report.assignment, count=rows // len(ministries), actor=staff, now=now)
        if index % 2:
            _submit(report, form, notified, actor=staff, now=now)
    collection.refresh_from_db()
    return collection


def _notify(
    assignment: Assignment, *, count: int, actor: User, now: datetime, first: int = 0
) -> list[Notification]:
    """Write new bodies of a ministry, numbered from `first`, each notified by two channels."""
    bodies = Body.objects.bulk_create(_bodies(assignment.ministry, count, first), batch_size=BATCH)
    template_of = {
        template.number: template for template in LetterTemplate.objects.filter(request=assignment.request)
    }
    notifications = Notification.objects.bulk_create(
        (
            Notification(
                assignment=assignment,
                body=body,
                template=template_of[body.proposed_template_number],
                issued_on=date(2023, 9, 1) + timedelta(days=index % 30),
                recorded_by=actor,
                recorded_at=now,
            )
            for index, body in enumerate(bodies)
        ),
        batch_size=BATCH,
    )
    link = Notification.channels.through
    channels = list(Channel.objects.order_by("order")[:2])
    link._default_manager.bulk_create(
        [
            link(notification_id=row.pk, channel_id=channel.pk)
            for row in notifications
            for channel in channels
        ],
        batch_size=BATCH,
    )
    return notifications


def fill_report(*, collection: Round, rows: int, now: datetime) -> tuple[Report, User]:
    """Let a ministry that has not submitted notify so many bodies; return its report and an officer."""
    unsubmitted = Report.objects.filter(round=collection, submissions=None)
    report = unsubmitted.select_related("round__request", "assignment__ministry").order_by("pk")[0]
    officer = User.objects.create_user(
        "bench@ministry.example",
        name="計測",
        ministry=report.assignment.ministry,
        role=Role.COORDINATOR,
    )
    notified = report.assignment.notifications.count()
    _notify(report.assignment, count=rows - notified, actor=officer, now=now, first=notified)
    return report, officer


def _bodies(ministry: Ministry, count: int, first: int) -> Iterator[Body]:
    for number in range(first, first + count):
        name = f"{ministry.name}所管第{number}協会"
        category = BodyCategory.INDUSTRY if number % 3 else BodyCategory.PUBLIC_INTEREST
        yield Body(ministry=ministry, name=name, name_key=matching_key(name), category=category)


def _submit(
    report: Report, form: FormVersion, notified: list[Notification], *, actor: User, now: datetime
) -> None:
    submission = Submission.objects.create(
        report=report,
        number=1,
        receipt_number=f"BENCH-{report.pk}",
        form_version=form,
        submitted_at=now,
        submitted_by=actor,
        submitted_by_label=str(actor),
        due_on=now.date(),
        answers={"has_bodies": True, "issue_style": "memo"},
        content_hash="0" * 64,
    )
    SubmittedAnswer.objects.bulk_create(
        (
            SubmittedAnswer(
                submission=submission,
                notification=row,
                body_name=row.body.name,
                body_category=row.body.category,
                template_number=row.template.number,
                issued_on=row.issued_on or now.date(),
                answers=ANSWERS,
            )
            for row in notified
        ),
        batch_size=BATCH,
    )
