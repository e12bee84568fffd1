"""Staff decide on reports: what was submitted is in front of them, and each step is a service's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from followup.models import DraftPoint, Report, ReturnPoint, Submission
from followup.rules.status import ReportStatus
from followup.services.reports import revise_report
from outreach.models import AuditEntry, OutgoingMail
from tests.admin.browser import fields_of
from tests.factories import (
    NOW,
    TODAY,
    make_answered_report,
    make_asked_report,
    make_officer,
    make_report,
    make_submission,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission(db: None) -> Submission:
    return make_submission()


def step(report: Report, verb: str) -> str:
    return reverse(f"admin:followup_report_{verb}", args=[report.pk])


def status_of(report: Report) -> str:
    return str(Report.objects.get(pk=report.pk).status)


def test_the_page_shows_answers_rows_and_versions_in_words(desk: Client, submission: Submission) -> None:
    page = desk.get(reverse("admin:followup_report_change", args=[submission.report_id])).content.decode()

    assert "第1版" in page
    assert submission.receipt_number in page
    assert "事務連絡" in page
    assert str(submission.rows.all()[0].body_name) in page
    assert "受理する" in page
    assert "差し戻す" in page


def test_accepting_tells_the_ministry(desk: Client, submission: Submission) -> None:
    report = submission.report

    desk.post(step(report, "accept"), fields_of(desk.get(step(report, "accept")).content.decode()))

    assert status_of(report) == ReportStatus.ACCEPTED
    assert OutgoingMail.objects.filter(kind="accepted").exists()


def test_a_version_that_came_in_meanwhile_is_not_accepted_unseen(
    desk: Client, submission: Submission
) -> None:
    report = submission.report
    seen = fields_of(desk.get(step(report, "accept")).content.decode())
    officer = make_officer(report.assignment.ministry)
    report = revise_report(report=report, actor=officer, now=NOW)
    make_submission(report, officer)

    page = desk.post(step(report, "accept"), seen)

    assert page.status_code == 409
    assert "第2版が提出されました" in page.content.decode()
    assert status_of(report) == ReportStatus.SUBMITTED


def test_returning_takes_a_reason_and_sends_the_points_gathered(desk: Client, submission: Submission) -> None:
    report, row = submission.report, submission.rows.all()[0]
    point = reverse("admin:followup_report_point", args=[report.pk])
    for place, comment in (
        ({"question": "reached_on", "row": str(row.notification_id)}, "実施日は正しいでしょうか。"),
        ({"question": "issue_style"}, "公文書ではありませんか。"),
    ):
        desk.post(point, place | {"seen_number": "1", "comment": comment})
    form = fields_of(desk.get(step(report, "return")).content.decode())

    desk.post(step(report, "return"), form | {"reason": "会員数を御確認ください。"})

    assert status_of(report) == ReportStatus.RETURNED
    points = ReturnPoint.objects.order_by("pk").values_list("question_key", "notification_id", "comment")
    assert list(points) == [
        ("", None, "会員数を御確認ください。"),
        ("reached_on", row.notification_id, "実施日は正しいでしょうか。"),
        ("issue_style", None, "公文書ではありませんか。"),
    ]
    assert not DraftPoint.objects.exists()


def test_a_return_without_a_reason_is_told_and_changes_nothing(desk: Client, submission: Submission) -> None:
    report = submission.report

    page = desk.post(step(report, "return"), fields_of(desk.get(step(report, "return")).content.decode()))

    assert "この項目は必須です" in page.content.decode()
    assert status_of(report) == ReportStatus.SUBMITTED


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"question": "issue_style"}, "この項目は必須です"),
        ({"comment": "確認"}, "設問又は団体を選んでください"),
        ({"question": "no_such", "comment": "確認"}, "提出された版にない設問又は団体"),
        ({"row": "999999999", "comment": "確認"}, "提出された版にない設問又は団体"),
    ],
)
def test_an_incomplete_point_is_told_and_not_kept(
    desk: Client, submission: Submission, given: dict[str, str], message: str
) -> None:
    point = reverse("admin:followup_report_point", args=[submission.report_id])

    page = desk.post(point, given | {"seen_number": "1"})

    assert page.status_code == 400
    assert message in page.content.decode()
    assert not DraftPoint.objects.exists()


def test_an_accepted_report_is_reopened_with_a_reason(desk: Client, submission: Submission) -> None:
    report = submission.report
    desk.post(step(report, "accept"), {"seen_number": "1"})

    desk.post(step(report, "reopen"), {"seen_number": "1", "reason": "集計で誤りが見つかったため"})

    assert status_of(report) == ReportStatus.RETURNED
    assert AuditEntry.objects.filter(reason="集計で誤りが見つかったため").exists()


def test_a_step_that_the_status_forbids_shows_why(desk: Client) -> None:
    report = make_asked_report()

    page = desk.post(step(report, "accept"), {"seen_number": "1"}).content.decode()

    assert "現在の状態では「受理する」ことができません" in page


def test_buttons_are_those_of_the_status_table(desk: Client) -> None:
    draft = make_asked_report()

    page = desk.get(reverse("admin:followup_report_change", args=[draft.pk])).content.decode()

    assert "回答期限を延長する" in page
    assert "受理する" not in page


def test_a_ministry_gets_more_time_with_a_reason(desk: Client) -> None:
    report = make_asked_report()

    desk.post(step(report, "extend"), {"due_on": "R5.10.13", "reason": "組織改編のため"})

    report.refresh_from_db()
    assert report.due_on == date(2023, 10, 13)
    assert AuditEntry.objects.filter(action="回答期限を延長", reason="組織改編のため").exists()


def test_the_list_finds_what_is_overdue(desk: Client) -> None:
    late, early = make_report(due_on=date(2023, 9, 3)), make_report(due_on=TODAY)

    page = desk.get(reverse("admin:followup_report_changelist"), {"overdue": "yes"}).content.decode()

    assert reverse("admin:followup_report_change", args=[late.pk]) in page
    assert reverse("admin:followup_report_change", args=[early.pk]) not in page


def assignments(desk: Client, **filters: str) -> list[str]:
    page = desk.get(reverse("admin:outreach_assignment_changelist"), filters)
    return [str(row.ministry) for row in page.context["cl"].result_list]


def test_the_list_by_ministry_tells_notices_report_and_lateness_and_filters_by_them(desk: Client) -> None:
    collection = make_asked_report().round
    collection.reports.update(due_on=TODAY - timedelta(days=1))
    late = collection.reports.get().assignment.ministry.name
    submitted = make_submission(make_answered_report(collection=collection)).report.assignment.ministry.name
    none = make_report(collection=collection, no_body_reason="所管する団体がないため。")

    html = desk.get(reverse("admin:outreach_assignment_changelist")).content.decode()

    assert "報告の状態" in html
    assert assignments(desk, overdue="yes") == [late]
    assert assignments(desk, report_status="submitted") == [submitted]
    assert assignments(desk, no_body="yes") == [none.assignment.ministry.name]
    assert sorted(assignments(desk, no_body="no")) == sorted([late, submitted])


def test_a_refused_step_is_no_success(desk: Client) -> None:
    report = make_asked_report()

    page = desk.post(step(report, "extend"), {"due_on": "令和5年9月1日", "reason": "理由"})

    assert page.status_code == 400
    assert "現在の回答期限より後の" in page.content.decode()
