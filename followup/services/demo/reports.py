"""How the reports on the demo's earlier request come about, step by step through the services."""

from __future__ import annotations

from datetime import date, datetime

from followup.models import BodyAnswer, Report, Round
from followup.services.demo.accounts import contributor_of, coordinator_of
from followup.services.demo.answers import body_answers, ministry_answers
from followup.services.demo.story import WANTED_DUE_ON, WANTED_TIME, MinistryStory, ministry_stories
from followup.services.drafts import save_answers
from followup.services.extensions import ask_extension, extend_due_date
from followup.services.forms import create_form_draft, publish_form
from followup.services.points import ReturnPointInput
from followup.services.reports import ask_review
from followup.services.review import accept_report, reopen_report, return_report
from followup.services.submissions import submit_report
from outreach.models import Notification, User

SENT = {"submitted", "returned", "resubmitted", "accepted", "reopened"}
"""The stages that a first submission leads to."""


def reports_with_stories(collection: Round) -> list[tuple[Report, MinistryStory]]:
    """Return the reports of a round as they are now, with what becomes of them."""
    stories = {story.ministry: story for story in ministry_stories()}
    reports = collection.reports.select_related("assignment__ministry").order_by("pk")
    return [(report, stories[report.assignment.ministry.name]) for report in reports]


def publish_standard_form(collection: Round, *, due_on: date, staff: User, now: datetime) -> None:
    draft = create_form_draft(round=collection, actor=staff, now=now)
    publish_form(form_version=draft, due_on=due_on, actor=staff, now=now)


def answer(collection: Round, *, now: datetime) -> None:
    """Save answers: whole ones, and of the drafts the first half of the rows."""
    for report, story in reports_with_stories(collection):
        if story.report != "none":
            _answer(report, is_whole=story.report != "draft", now=now)


def _answer(report: Report, *, is_whole: bool, now: datetime) -> None:
    notices = list(
        Notification.objects.filter(assignment=report.assignment)
        .issued()
        .select_related("template")
        .order_by("pk")
    )
    answered = notices if is_whole else notices[: len(notices) // 2]
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=ministry_answers(has_bodies=bool(notices)) if is_whole else None,
        body_answers={
            notice.pk: (None, body_answers(notice, index)) for index, notice in enumerate(answered)
        },
        actor=contributor_of(report.assignment.ministry),
        now=now,
    )


def ask_reviews(collection: Round, *, now: datetime) -> None:
    for report, story in reports_with_stories(collection):
        if story.report == "in_review":
            ask_review(report=report, actor=contributor_of(report.assignment.ministry), now=now)


def submit_first_versions(collection: Round, *, now: datetime) -> None:
    for report, story in reports_with_stories(collection):
        if story.report in SENT:
            _submit(report, now=now)


def _submit(report: Report, *, now: datetime) -> None:
    actor = coordinator_of(report.assignment.ministry)
    submit_report(report=report, expected_version=report.version, actor=actor, now=now)


def return_some(collection: Round, *, staff: User, now: datetime) -> None:
    for report, story in reports_with_stories(collection):
        if story.report in {"returned", "resubmitted"}:
            return_report(
                report=report,
                reason="次の点を御確認の上、修正又はその旨の御回答をお願いします。",
                points=_points(report),
                actor=staff,
                now=now,
            )


def _points(report: Report) -> list[ReturnPointInput]:
    """Ask about one question of the ministry, one cell, and one row."""
    first, second = BodyAnswer.objects.filter(report=report).order_by("pk")[:2]
    return [
        ReturnPointInput("insurance_staff", None, "非常勤職員を含む数でしょうか。"),
        ReturnPointInput("onsite_count", first.notification_id, "実施回数を改めて御確認ください。"),
        ReturnPointInput("", second.notification_id, "団体への照会の結果を御反映ください。"),
    ]


def resubmit(collection: Round, *, now: datetime) -> None:
    """Correct the answers asked about and submit the second version."""
    for report, story in reports_with_stories(collection):
        if story.report == "resubmitted":
            row = BodyAnswer.objects.filter(report=report).order_by("pk")[0]
            saved = save_answers(
                report=report,
                expected_version=report.version,
                ministry_answers={**report.answers, "insurance_staff": 4100},
                body_answers={row.notification_id: (row.version, {**row.answers, "onsite_count": 5})},
                actor=contributor_of(report.assignment.ministry),
                now=now,
            )
            _submit(saved, now=now)


def accept_some(collection: Round, *, staff: User, now: datetime) -> None:
    """Accept reports, and reopen the one whose ministry found a mistake."""
    for report, story in reports_with_stories(collection):
        if story.report in {"accepted", "reopened"}:
            accept_report(report=report, actor=staff, now=now)
        if story.report == "reopened":
            reopen_report(
                report=report, reason="担当者から数の誤りの申出があったため。", actor=staff, now=now
            )


def extend_some(collection: Round, *, due_on: date, staff: User, now: datetime) -> None:
    for report, story in reports_with_stories(collection):
        if story.extended:
            extend_due_date(
                report=report,
                due_on=due_on,
                reason="団体からの回答が揃わないとの申出があったため。",
                actor=staff,
                now=now,
            )


def ask_more_time(collection: Round, *, now: datetime) -> None:
    """Let the first ministry that is still at it ask for more time; it waits for staff."""
    for report, story in reports_with_stories(collection):
        if story.report == "draft" and not story.extended:
            ask_extension(
                report=report,
                due_on=WANTED_DUE_ON,
                due_time=WANTED_TIME,
                reason="所管する団体のうち数団体から、回答が遅れるとの連絡があったため。",
                actor=contributor_of(report.assignment.ministry),
                now=now,
            )
            return
