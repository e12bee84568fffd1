"""部内確認: a contributor asks, a coordinator approves, and any later change takes the approval away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from followup.models import Report
from followup.rules.status import ReportStatus
from followup.services.forms import create_form_draft, publish_form
from followup.services.reports import ask_review
from outreach.models import AuditEntry, OutgoingMail, Role, User
from tests.factories import MINISTRY_ANSWERS, NOW, make_answered_report, make_officer, make_staff
from tests.portal.test_report_pages import open_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def asked_report() -> tuple[Report, User, User]:
    """Make a report in 部内確認; return it with who asked and a coordinator."""
    report = make_answered_report(bodies=1)
    ministry = report.assignment.ministry
    contributor = make_officer(ministry, role=Role.CONTRIBUTOR, name="入力 一郎")
    coordinator = make_officer(ministry, name="確認 花子")
    return ask_review(report=report, actor=contributor, now=NOW), contributor, coordinator


def address(name: str, report: Report) -> str:
    return reverse(f"portal:{name}", args=[report.pk])


def approve(client: Client, report: Report) -> Any:
    posted = open_form(client, address("report_submit", report))
    return client.post(address("report_approve", report), posted, follow=True)


def is_approved(report: Report) -> bool:
    return Report.objects.get(pk=report.pk).is_approved


def test_a_coordinator_approves_and_the_page_says_who_and_when(client: Client) -> None:
    report, contributor, coordinator = asked_report()
    client.force_login(coordinator)

    page = approve(client, report).content.decode()

    assert "部内確認済み：確認 花子" in page
    assert "令和5年9月4日" in page
    assert "提出する" in page
    approved = Report.objects.get(pk=report.pk)
    assert (approved.status, approved.approved_by, approved.approved_at) == (
        ReportStatus.IN_REVIEW,
        coordinator,
        NOW,
    )
    mail = OutgoingMail.objects.get(to=contributor.email)
    assert "承認しました" in mail.body
    assert "部内確認済み：確認 花子" in client.get(address("report_detail", report)).content.decode()


def test_a_contributor_cannot_approve(client: Client) -> None:
    report, contributor, _coordinator = asked_report()
    client.force_login(contributor)

    response = client.post(address("report_approve", report), {"version": report.version})

    assert response.status_code == 400
    assert "「部内確認を承認する」ことができるのは取りまとめ担当です。" in response.content.decode()
    assert not is_approved(report)


def test_who_asked_may_approve_and_the_page_and_the_trail_say_so(client: Client) -> None:
    report = make_answered_report(bodies=1)
    coordinator = make_officer(report.assignment.ministry)
    asked = ask_review(report=report, actor=coordinator, now=NOW)
    client.force_login(coordinator)

    before = client.get(address("report_submit", asked)).content.decode()
    page = approve(client, asked).content.decode()

    assert "依頼したのはあなた御自身です" in before
    assert "（依頼した本人による承認）" in page
    assert AuditEntry.objects.filter(
        action="報告：部内確認を承認する", reason="依頼した本人による承認"
    ).exists()
    assert not OutgoingMail.objects.filter(subject__contains="承認されました").exists()


def edit_the_ministry(client: Client, report: Report) -> None:
    posted = open_form(client, address("report_edit", report))
    client.post(address("report_edit", report), posted | MINISTRY_ANSWERS | {"issue_style": "other"})


def edit_a_row(client: Client, report: Report) -> None:
    posted = open_form(client, address("report_rows", report))
    pk = posted["row"]
    client.post(address("report_rows", report), posted | {f"row-{pk}-reach_status": "undecided"})


def publish_another_form(_client: Client, report: Report) -> None:
    staff = make_staff()
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    assert report.round.due_on
    publish_form(form_version=draft, due_on=report.round.due_on, actor=staff, now=NOW)


def send_it_back(client: Client, report: Report) -> None:
    client.post(address("report_send_back", report), {"comment": "直してください。"})


def submit_it(client: Client, report: Report) -> None:
    client.post(address("report_submit", report), open_form(client, address("report_submit", report)))


@pytest.mark.parametrize(
    "change", [edit_the_ministry, edit_a_row, publish_another_form, send_it_back, submit_it]
)
def test_whatever_changes_afterwards_takes_the_approval_away(
    client: Client, change: Callable[[Client, Report], None]
) -> None:
    report, _contributor, coordinator = asked_report()
    client.force_login(coordinator)
    approve(client, report)
    assert is_approved(report)

    change(client, report)

    assert not is_approved(report)


def test_what_changed_since_it_was_looked_at_is_not_approved(client: Client) -> None:
    report, _contributor, coordinator = asked_report()
    client.force_login(coordinator)
    posted = open_form(client, address("report_submit", report))
    edit_the_ministry(client, report)

    response = client.post(address("report_approve", report), posted)

    assert response.status_code == 409
    assert not is_approved(report)


def test_an_approval_is_given_once(client: Client) -> None:
    report, _contributor, coordinator = asked_report()
    client.force_login(coordinator)
    approve(client, report)

    page = approve(client, report).content.decode()

    assert "既に承認されています" in page


def test_the_database_knows_no_approval_outside_of_the_review() -> None:
    report = make_answered_report(bodies=1)
    officer = make_officer(report.assignment.ministry)

    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(approved_by=officer, approved_at=NOW)
