"""A report that is asked again only for what a form added: so are its bodies, and no more is taken over."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, ProposedAnswer, Report
from followup.rules.body_requests import ProposalState
from outreach.models import User
from outreach.services.errors import Refusal
from tests.cascade.conftest import opened
from tests.factories import (
    BODY_ANSWERS,
    ask_again,
    make_answered_report,
    make_body_request,
    make_proposal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(name="report")
def _report() -> Report:
    return make_answered_report(bodies=1)


def stored() -> dict[str, object]:
    answers: dict[str, object] = BodyAnswer.objects.get().answers
    return answers


def test_a_body_is_asked_only_for_what_was_added(report: Report) -> None:
    ask_again(report)

    page = opened(make_body_request(report)).get("/answer/").content.decode()

    assert "訪問回数" in page
    assert "周知状況" not in page


def test_a_condition_that_is_not_asked_again_is_settled_by_what_was_submitted(report: Report) -> None:
    ask_again(report, show_when_key="reach_status", show_when_values=["undecided"])

    with pytest.raises(Refusal, match="回答を求める設問がありません"):
        make_body_request(report)


def test_only_what_was_added_is_taken_over_of_an_answer_to_the_whole_form(
    report: Report, desk: Client
) -> None:
    body_request = make_body_request(report)
    ask_again(report)
    make_proposal(body_request, BODY_ANSWERS | {"reached_on": "2023-09-02", "visits": 3})

    page = desk.get(reverse("portal:body_request_detail", args=[body_request.pk])).content.decode()
    version = BodyAnswer.objects.get().version
    taken = desk.post(
        reverse("portal:body_request_take", args=[body_request.pk]), {"number": "1", "version": str(version)}
    )

    assert "提出済みで、追加で回答を求められている設問ではありません。" in page
    assert taken.status_code == 302
    assert stored() == BODY_ANSWERS | {"visits": 3}


def test_an_edited_answer_keeps_what_was_submitted(report: Report, desk: Client) -> None:
    body_request = make_body_request(report)
    ask_again(report)
    make_proposal(body_request, {"visits": 3})

    taken = desk.post(
        reverse("portal:body_request_take", args=[body_request.pk]),
        {
            "number": "1",
            "version": str(BodyAnswer.objects.get().version),
            "edited": "1",
            "row-visits": "4",
            "row-reach_status": "undecided",
        },
    )

    assert taken.status_code == 302
    assert stored() == BODY_ANSWERS | {"visits": 4}


def test_answers_that_fill_only_what_was_added_are_taken_over_together(
    report: Report, desk: Client, officer: User
) -> None:
    body_request = make_body_request(report)
    ask_again(report)
    make_proposal(body_request, {"reach_status": "undecided", "member_count": 80, "visits": 3})

    desk.post(reverse("portal:body_request_take_all", args=[report.pk]))

    assert ProposedAnswer.objects.get().state == ProposalState.TAKEN
    assert stored() == BODY_ANSWERS | {"visits": 3}
