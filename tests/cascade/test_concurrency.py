"""Two people at one 回答案 at the same moment, on a real PostgreSQL."""

from __future__ import annotations

import pytest

from followup.models import BodyAnswer, ProposedAnswer
from followup.services.proposal_decisions import take_proposal
from followup.services.proposals import Respondent, submit_proposal
from outreach.services.errors import Refusal
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_asked_report,
    make_body_request,
    make_officer,
    make_proposal,
)
from tests.followup.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_of_two_officers_who_take_one_answer_at_once_one_is_told() -> None:
    report = make_asked_report(bodies=1)
    proposal = make_proposal(make_body_request(report))
    officers = [make_officer(report.assignment.ministry) for _ in range(2)]

    results = at_once(
        *(
            lambda officer=officer: take_proposal(
                proposal=proposal, seen_version=None, actor=officer, now=NOW
            )
            for officer in officers
        )
    )

    assert sum(isinstance(result, Refusal) for result in results) == 1
    assert BodyAnswer.objects.get().answers == BODY_ANSWERS
    assert ProposedAnswer.objects.get().is_accepted


def test_a_correction_and_a_decision_at_once_leave_one_of_them_in_force() -> None:
    report = make_asked_report(bodies=1)
    body_request = make_body_request(report)
    proposal = make_proposal(body_request)
    officer = make_officer(report.assignment.ministry)

    results = at_once(
        lambda: take_proposal(proposal=proposal, seen_version=None, actor=officer, now=NOW),
        lambda: submit_proposal(
            body_request=body_request,
            seen_number=1,
            answers=BODY_ANSWERS | {"member_count": 5},
            respondent=Respondent("協会 花子", "03-0000-0000"),
            now=NOW,
        ),
    )

    assert sum(isinstance(result, Refusal) for result in results) == 1
    states = sorted(ProposedAnswer.objects.values_list("state", flat=True))
    assert states in (["taken"], ["pending", "replaced"])
    assert BodyAnswer.objects.exists() == (states == ["taken"])


def test_a_double_click_at_the_same_moment_sends_once() -> None:
    body_request = make_body_request(make_asked_report(bodies=1))

    def click() -> ProposedAnswer:
        return submit_proposal(
            body_request=body_request,
            seen_number=None,
            answers=BODY_ANSWERS,
            respondent=Respondent("協会 花子", "03-0000-0000"),
            now=NOW,
        )

    results = at_once(click, click)

    assert results[0] == results[1] == ProposedAnswer.objects.get()
