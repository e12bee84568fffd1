"""The ministry decides on what bodies answered: take over, edit, take all, or decline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, ProposedAnswer, Report
from followup.rules.body_requests import ProposalState
from followup.rules.questions import Answer
from followup.rules.status import ReportStatus
from followup.services.body_links import link_of
from followup.services.drafts import save_answers
from followup.services.forms import create_form_draft, publish_form
from followup.services.proposal_decisions import take_all_proposals
from followup.services.reminder_recheck import recheck
from outreach.models import AuditEntry, User
from outreach.services.delivery import deliver_due
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_body_request,
    make_notification,
    make_officer,
    make_proposal,
    make_staff,
)

pytestmark = pytest.mark.django_db
Assertion = Callable[..., Any]
TAKE_ALL_QUERIES = 27


def url(name: str, proposal: ProposedAnswer) -> str:
    return reverse(f"portal:{name}", args=[proposal.body_request_id])


def seen(proposal: ProposedAnswer, version: int | None = None) -> dict[str, str]:
    return {"number": str(proposal.number), "version": "" if version is None else str(version)}


def store(report: Report, officer: User, answers: dict[str, Answer], version: int | None = None) -> None:
    """Let a colleague save the first body's row."""
    notice = report.assignment.notifications.order_by("pk")[0]
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (version, answers)},
        actor=officer,
        now=NOW,
    )


def stored() -> dict[str, Answer]:
    answers: dict[str, Answer] = BodyAnswer.objects.get().answers
    return answers


def test_the_page_shows_now_and_then_side_by_side(desk: Client, report: Report, officer: User) -> None:
    store(report, officer, {"reach_status": "undecided", "member_count": 90})
    proposal = make_proposal(make_body_request(report), BODY_ANSWERS | {"member_count": 100})

    page = desk.get(url("body_request_detail", proposal)).content.decode()

    assert "90者" in page
    assert "100者" in page
    assert "変わります" in page
    assert "新たに入ります" in page
    assert "協会 花子" in page


def test_an_answer_is_taken_over_as_it_is(desk: Client, report: Report, officer: User) -> None:
    proposal = make_proposal(make_body_request(report))

    desk.post(url("body_request_take", proposal), seen(proposal))

    proposal.refresh_from_db()
    assert stored() == BODY_ANSWERS
    assert (proposal.state, proposal.decided_by) == (ProposalState.TAKEN, officer)
    assert AuditEntry.objects.filter(action="団体の回答案を採用", actor=officer).count() == 1
    assert AuditEntry.objects.filter(action="報告：下書きを保存", actor=officer).count() == 1


def test_what_the_body_left_blank_stays(desk: Client, report: Report, officer: User) -> None:
    store(report, officer, {"reach_status": "planned", "reach_planned_on": "2023-09-20", "obstacle": "なし"})
    proposal = make_proposal(make_body_request(report))

    desk.post(url("body_request_take", proposal), seen(proposal, 1))

    assert stored() == BODY_ANSWERS | {"obstacle": "なし"}  # the planned day went with its condition


def test_an_answer_is_edited_before_it_is_taken(desk: Client, report: Report) -> None:
    proposal = make_proposal(make_body_request(report))
    edited = {
        "edited": "1",
        "row-reach_status": "done",
        "row-reached_on": "2023-09-02",
        "row-reach_channels": ["mail"],
    }

    desk.post(url("body_request_take", proposal), seen(proposal) | edited)

    proposal.refresh_from_db()
    assert stored()["reached_on"] == "2023-09-02"
    assert proposal.state == ProposalState.EDITED
    assert proposal.answers == BODY_ANSWERS


def test_an_edit_that_cannot_be_read_is_told_and_takes_nothing(desk: Client, report: Report) -> None:
    proposal = make_proposal(make_body_request(report))
    edited = {"edited": "1", "row-reach_status": "done", "row-reached_on": "いつか"}

    response = desk.post(url("body_request_take", proposal), seen(proposal) | edited)

    assert response.status_code == 400
    assert "日付として読み取れません" in response.content.decode()
    assert ProposedAnswer.objects.get().state == ProposalState.PENDING


@pytest.mark.parametrize(
    "edited", [{}, {"edited": "1", "row-reach_status": "undecided"}], ids=["as is", "edited"]
)
def test_a_colleagues_change_is_shown_and_not_overwritten(
    desk: Client, report: Report, officer: User, edited: dict[str, str]
) -> None:
    proposal = make_proposal(make_body_request(report))
    store(
        report, officer, {"member_count": 4321, "reach_status": "not_done", "not_reached_reason": "省の記録"}
    )

    response = desk.post(url("body_request_take", proposal), seen(proposal) | edited)

    page = response.content.decode()
    assert response.status_code == 409
    assert "ほかの方が先に保存しました" in page
    assert "4,321者" in page
    assert stored()["reach_status"] == "not_done"
    assert ProposedAnswer.objects.get().state == ProposalState.PENDING
    desk.post(url("body_request_take", proposal), seen(proposal, 1) | edited)
    assert ProposedAnswer.objects.get().is_accepted


def test_a_version_that_the_body_has_replaced_is_not_taken(desk: Client, report: Report) -> None:
    body_request = make_body_request(report)
    old = make_proposal(body_request)
    make_proposal(body_request, BODY_ANSWERS | {"member_count": 5})

    response = desk.post(url("body_request_take", old), seen(old))

    assert response.status_code == 409
    assert "差し替えました" in response.content.decode()
    assert not BodyAnswer.objects.exists()


def test_an_answer_is_decided_on_once(desk: Client, report: Report) -> None:
    proposal = make_proposal(make_body_request(report))
    desk.post(url("body_request_take", proposal), seen(proposal))

    again = desk.post(url("body_request_decline", proposal), seen(proposal) | {"reason": "不要"})

    assert again.status_code == 409
    assert ProposedAnswer.objects.get().state == ProposalState.TAKEN


def test_nothing_is_taken_into_a_report_that_is_submitted(desk: Client, report: Report) -> None:
    proposal = make_proposal(make_body_request(report))
    Report.objects.filter(pk=report.pk).update(status=ReportStatus.SUBMITTED)

    response = desk.post(url("body_request_take", proposal), seen(proposal))

    assert response.status_code == 409
    assert not BodyAnswer.objects.exists()
    assert ProposedAnswer.objects.get().state == ProposalState.PENDING


def test_all_answers_that_change_nothing_are_taken_at_once_and_the_rest_is_left(
    desk: Client, report: Report, officer: User
) -> None:
    first, second, third = report.assignment.notifications.order_by("pk")
    store(report, officer, {"reach_status": "not_done", "not_reached_reason": "省の記録"})
    differing = make_proposal(make_body_request(report, first))
    plain = [make_proposal(make_body_request(report, notice)) for notice in (second, third)]

    response = desk.post(reverse("portal:body_request_take_all", args=[report.pk]), follow=True)

    assert "2件の回答案を採用" in response.content.decode()
    assert "残りの1件" in response.content.decode()
    states = dict(ProposedAnswer.objects.values_list("pk", "state"))
    assert states == {differing.pk: "pending", plain[0].pk: "taken", plain[1].pk: "taken"}
    assert BodyAnswer.objects.get(notification=first).answers["reach_status"] == "not_done"
    assert BodyAnswer.objects.get(notification=second).answers == BODY_ANSWERS


@pytest.mark.parametrize("bodies", [1, 20])
def test_taking_all_costs_the_same_for_one_answer_and_for_twenty(
    report: Report, officer: User, bodies: int, django_assert_num_queries: Assertion
) -> None:
    for _ in range(bodies):
        make_proposal(make_body_request(report, make_notification(report.assignment)))

    with django_assert_num_queries(TAKE_ALL_QUERIES):
        taken, _left = take_all_proposals(report=report, actor=officer, now=NOW)

    assert taken == bodies


def test_a_declined_answer_goes_back_with_the_reason_and_the_same_link(
    desk: Client, report: Report, mailoutbox: list[EmailMessage]
) -> None:
    body_request = make_body_request(report)
    proposal = make_proposal(body_request)
    values = {"reason": "会員数を御確認ください。", "tell_body": "on"}

    desk.post(url("body_request_decline", proposal), seen(proposal) | values)
    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.reason) == (ProposalState.DECLINED, "会員数を御確認ください。")
    assert mailoutbox[-1].to == [body_request.email]
    assert "会員数を御確認ください。" in mailoutbox[-1].body
    assert link_of(body_request) in mailoutbox[-1].body
    assert not BodyAnswer.objects.exists()


def test_declining_needs_a_reason_and_no_mail(
    desk: Client, report: Report, mailoutbox: list[EmailMessage]
) -> None:
    proposal = make_proposal(make_body_request(report))

    without = desk.post(url("body_request_decline", proposal), seen(proposal) | {"reason": " "})
    desk.post(url("body_request_decline", proposal), seen(proposal) | {"reason": "重複のため"})
    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    assert without.status_code == 400
    assert ProposedAnswer.objects.get().state == ProposalState.DECLINED
    to_body = [mail for mail in mailoutbox if mail.to == [proposal.body_request.email]]
    assert not to_body  # nor the first mail: it had not left when the body answered


def test_an_answer_to_an_older_form_is_taken_over_by_key(desk: Client, report: Report) -> None:
    staff = make_staff()
    proposal = make_proposal(make_body_request(report), BODY_ANSWERS | {"onsite_count": 3, "member_count": 8})
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    draft.questions.filter(key="onsite_count").delete()
    draft.questions.filter(key="member_count").update(minimum=10)
    publish_form(form_version=draft, due_on=date(2023, 10, 6), actor=staff, now=NOW)

    page = desk.get(url("body_request_detail", proposal)).content.decode()
    desk.post(url("body_request_take", proposal), seen(proposal))

    assert "様式が改められています" in page
    assert "現在の様式にない設問です。" in page
    assert "10以上の数" in page
    assert stored() == BODY_ANSWERS


def test_another_ministrys_officer_finds_nothing(report: Report) -> None:
    proposal = make_proposal(make_body_request(report))
    client = Client()
    client.force_login(make_officer())

    assert client.get(url("body_request_detail", proposal)).status_code == 404
    assert client.post(url("body_request_take", proposal), seen(proposal)).status_code == 404
