"""`manage.py load_demo` as `make run` uses it, and the states that it must show."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db.models import Count
from django.test import override_settings

from followup.models import Reminder, Report, Round
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.body_request_lists import asked_rows
from followup.services.reminder_recipients import ministries_without_officer
from outreach.models import (
    Assignment,
    AuditEntry,
    Body,
    Letter,
    MailState,
    Notification,
    OutgoingMail,
    OutreachRequest,
    User,
)
from outreach.services.letters import fact_findings
from tests.demo.conftest import run_load_demo
from tests.factories import NOW

TODAY = NOW.date()
LOGINS = [
    "contributor@mhlw.example",
    "officer@meti.example",
    "officer@mhlw.example",
    "staff@digital.example",
    "viewer@mhlw.example",
]


def row_counts() -> dict[str, int]:
    models = [*apps.get_app_config("outreach").get_models(), *apps.get_app_config("followup").get_models()]
    return {model._meta.label: model._base_manager.count() for model in models}


def letter_assignments() -> list[Assignment]:
    assignments = Assignment.objects.filter(request__key="request-2023-08-31")
    return list(assignments.select_related("ministry").prefetch_related("notifications"))


def reports() -> list[Report]:
    return list(Report.objects.filter(round__request__key="demo-2023-07-03"))


@pytest.mark.django_db
def test_it_refuses_outside_debug_and_writes_nothing(tmp_path: Path) -> None:
    before = row_counts()

    with override_settings(DEBUG=False, VAR_DIR=tmp_path), pytest.raises(CommandError, match="開発環境"):
        run_load_demo()

    assert row_counts() == before
    assert list(tmp_path.iterdir()) == []


def test_it_has_twenty_ministries_with_bodies_and_three_hundred_bodies(demo: str) -> None:
    assert Body.objects.count() >= 300
    assert Body.objects.values("ministry").distinct().count() >= 20
    assert Assignment.objects.filter(request__key="request-2023-08-31").count() == 37


NOTICE_STATES: dict[str, Callable[[Assignment], bool]] = {
    "not started": lambda row: row.acknowledged_at is None and not row.notifications.all(),
    "read": lambda row: (
        row.acknowledged_at is not None and not row.notifications.all() and not row.is_no_body
    ),
    "planned": lambda row: (
        bool(row.notifications.all()) and not any(notice.is_issued for notice in row.notifications.all())
    ),
    "half notified": lambda row: {notice.is_issued for notice in row.notifications.all()} == {True, False},
    "done": lambda row: {notice.is_issued for notice in row.notifications.all()} == {True},
    "no body": lambda row: row.is_no_body,
}


@pytest.mark.parametrize("state", NOTICE_STATES)
def test_the_real_letter_shows_every_state_of_notices(demo: str, state: str) -> None:
    assert any(NOTICE_STATES[state](assignment) for assignment in letter_assignments())


def test_a_half_notified_ministry_used_both_templates_and_has_bodies_left(demo: str) -> None:
    bodies = Body.objects.filter(ministry__name="厚生労働省")
    notices = Notification.objects.filter(
        assignment__request__key="request-2023-08-31", assignment__ministry__name="厚生労働省"
    )

    assert set(notices.issued().values_list("template__number", flat=True)) == {1, 2}
    assert notices.planned().exists()
    assert notices.count() < bodies.count()


@pytest.mark.parametrize("status", ReportStatus.values)
def test_a_report_of_every_status_is_there(demo: str, status: str) -> None:
    assert status in {report.status for report in reports()}


def test_reports_are_overdue_and_others_have_been_given_more_time(demo: str) -> None:
    unanswered = Report.objects.unanswered()

    assert unanswered.overdue(NOW).exists()
    assert {date(2023, 9, 1), date(2023, 9, 15)} == set(unanswered.values_list("due_on", flat=True))


def test_some_were_resubmitted_some_reopened_and_some_have_no_body(demo: str) -> None:
    versions = Report.objects.annotate(versions=Count("submissions"))

    assert versions.filter(versions=2, status=ReportStatus.SUBMITTED).exists()
    assert AuditEntry.objects.filter(action="報告：受理を取り消して差し戻す").exists()
    assert Report.objects.filter(
        status=ReportStatus.ACCEPTED, submissions__no_body_reason__contains="ないため"
    ).exists()


def test_a_returned_report_points_at_a_question_a_cell_and_a_row(demo: str) -> None:
    returned = Report.objects.filter(
        status=ReportStatus.RETURNED, assignment__ministry__name="経済産業省"
    ).get()

    points = returned.submissions.get(is_latest=True).return_points.all()
    shapes = {(bool(point.question_key), point.notification_id is not None) for point in points}
    assert shapes == {(False, False), (True, False), (True, True), (False, True)}


@pytest.mark.parametrize("state", ["not_asked", "asked", "opened", "answered", "withdrawn"])
def test_one_ministrys_bodies_are_asked_for_their_rows_and_answer(demo: str, state: str) -> None:
    report = Report.objects.get(
        round__request__key="demo-2023-07-03", assignment__ministry__name="厚生労働省"
    )

    assert state in {row.state for row in asked_rows(report, today=TODAY)}


def test_the_letter_waits_for_its_form_and_another_request_to_be_issued(demo: str) -> None:
    letter_round = Round.objects.get(request__key="request-2023-08-31")

    assert letter_round.status == RoundStatus.FORM_UNDECIDED
    assert letter_round.form_versions.get().questions.exists()
    assert not OutreachRequest.objects.get(key="demo-2023-09-next").is_issued


def test_a_body_is_asked_by_two_ministries_by_name_and_by_number(demo: str) -> None:
    asked = Notification.objects.issued().filter(assignment__request__key="demo-2023-07-03")

    by_name = asked.filter(body__name_key="石油連盟").values("assignment__ministry").distinct()
    by_number = asked.filter(body__corporate_number="8999900000001").values("assignment__ministry").distinct()
    assert by_name.count() == 2
    assert by_number.count() == 2


def test_an_officer_left_with_a_successor_and_two_without(demo: str) -> None:
    assert [ministry.name for ministry in ministries_without_officer()] == ["消防庁", "海上保安庁"]
    assert not User.objects.get(email="former@nta.example").is_active
    assert Reminder.objects.filter(recipient="madoguchi@fdma.example").exists()


def test_a_ministry_changed_words_of_the_letter_and_lost_a_fact(demo: str) -> None:
    found = {
        letter.assignment.ministry.name: [
            finding.fact.key for finding in fact_findings(letter=letter, today=TODAY)
        ]
        for letter in Letter.objects.select_related("assignment__ministry", "template")
    }

    assert found == {"厚生労働省": [], "経済産業省": ["point_deadline"]}


def test_all_mail_of_the_past_has_been_sent_and_every_reminder_is_in_the_ledger(demo: str) -> None:
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.SENT}
    reminding = set(OutgoingMail.objects.filter(kind="reminder").values_list("pk", flat=True))
    assert reminding == set(Reminder.objects.values_list("mail", flat=True)) != set()


def test_everything_made_up_says_so(demo: str) -> None:
    added = Body.objects.filter(category__in=["industry", "public_interest", "foundation"])
    assert not added.exclude(note__contains="デモ用").exists()
    demo_requests = OutreachRequest.objects.filter(key__startswith="demo-")
    assert all(request.title.startswith("【デモ用の見本】") for request in demo_requests)
    assert all(user.email.endswith(".example") for user in User.objects.all())


def test_loading_again_keeps_what_people_did_and_says_so(demo: str) -> None:
    body = Body.objects.filter(note__contains="デモ用").first()
    assert body is not None
    body.name = "改称した協会"
    body.save()
    before = row_counts()
    passwords = dict(User.objects.values_list("email", "password"))

    output = run_load_demo()

    assert "デモのデータは登録済みです。" in output
    assert row_counts() == before
    assert dict(User.objects.values_list("email", "password")) == passwords


def test_the_logins_work_with_the_printed_password_and_nobody_else_has_one(
    demo: str, demo_folder: Path
) -> None:
    file = demo_folder / "demo-password.txt"
    password = file.read_text(encoding="utf-8").strip()

    usable = [user for user in User.objects.order_by("email") if user.has_usable_password()]
    assert [user.email for user in usable] == LOGINS
    assert all(user.check_password(password) for user in usable)
    assert all(email in demo for email in LOGINS)
    assert f"パスワード：{password}" in demo
    assert len(password) >= 15
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_password_given_later_replaces_the_kept_one(demo: str, demo_folder: Path) -> None:
    kept = (demo_folder / "demo-password.txt").read_text(encoding="utf-8")

    with override_settings(DEMO_PASSWORD="another password for the demo"):
        run_load_demo()

    assert User.objects.get(email=LOGINS[0]).check_password("another password for the demo")
    (demo_folder / "demo-password.txt").write_text(kept, encoding="utf-8")
