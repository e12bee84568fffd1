"""Two people at the same moment, on a real PostgreSQL: exactly one wins and the other is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection
from django_scopes import scopes_disabled

from followup.models import BodyAnswer, ExtensionRequest, ExtensionState, Report, Submission
from followup.rules.status import ReportStatus
from followup.services.drafts import ConflictingAnswers, save_answers
from followup.services.extensions import ask_extension, grant_extension, refuse_extension
from followup.services.review import accept_report, return_report
from followup.services.submissions import AlreadySubmitted, submit_report
from outreach.services.errors import Refusal, StaleWrite
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_officer,
    make_staff,
    make_submission,
)

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Carry out acts in threads that start together; return their results or refusals."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            with scopes_disabled():
                start.wait()
                return act()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_coordinators_who_submit_at_once_make_one_version() -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    officers = [make_officer(ministry), make_officer(ministry)]

    results = at_once(
        *(
            lambda officer=officer: submit_report(
                report=report, expected_version=report.version, actor=officer, now=NOW
            )
            for officer in officers
        )
    )

    [submission] = Submission.objects.all()
    [told] = [result for result in results if isinstance(result, AlreadySubmitted)]
    assert told.submission == submission
    assert submission in results


def test_two_officers_who_answer_one_body_at_once_do_not_overwrite_each_other() -> None:
    report = make_asked_report(bodies=1)
    notice = report.assignment.notifications.get()
    ministry = report.assignment.ministry
    officers = [make_officer(ministry), make_officer(ministry)]

    results = at_once(
        *(
            lambda count=count, officer=officer: save_answers(
                report=report,
                expected_version=None,
                ministry_answers=None,
                body_answers={notice.pk: (None, {"member_count": count})},
                actor=officer,
                now=NOW,
            )
            for count, officer in enumerate(officers, start=1)
        )
    )

    assert [type(result) for result in results].count(ConflictingAnswers) == 1
    assert [type(result) for result in results].count(Report) == 1
    assert BodyAnswer.objects.get().version == 1


def test_two_reviewers_who_decide_at_once_leave_one_decision() -> None:
    report = make_submission().report
    staff = [make_staff(), make_staff()]

    results = at_once(
        lambda: accept_report(report=report, actor=staff[0], now=NOW),
        lambda: return_report(report=report, reason="確認してください。", actor=staff[1], now=NOW),
    )

    [decided] = [result for result in results if isinstance(result, Report)]
    assert Report.objects.get(pk=report.pk).status == decided.status
    assert decided.status in {ReportStatus.ACCEPTED, ReportStatus.RETURNED}
    assert any(isinstance(result, Refusal) for result in results)


def test_of_two_who_decide_on_more_time_at_once_one_decides_and_the_other_is_told() -> None:
    report = make_asked_report()
    asked = ask_extension(
        report=report,
        due_on=date(2023, 10, 13),
        reason="集計のため",
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )
    staff = [make_staff(), make_staff()]

    results = at_once(
        lambda: grant_extension(extension=asked, due_on=date(2023, 10, 13), actor=staff[0], now=NOW),
        lambda: refuse_extension(extension=asked, answer="会議が近いため", actor=staff[1], now=NOW),
    )

    [decided] = [result for result in results if isinstance(result, ExtensionRequest)]
    assert [type(result) for result in results].count(StaleWrite) == 1
    assert ExtensionRequest.objects.get().state == decided.state
    is_longer = Report.objects.get(pk=report.pk).due_on == date(2023, 10, 13)
    assert is_longer is (decided.state == ExtensionState.GRANTED)


def test_two_officers_who_ask_for_more_time_at_once_make_one_request() -> None:
    report = make_asked_report()
    officers = [make_officer(report.assignment.ministry) for _ in range(2)]

    results = at_once(
        *(
            lambda officer=officer: ask_extension(
                report=report, due_on=date(2023, 10, 13), reason="集計のため", actor=officer, now=NOW
            )
            for officer in officers
        )
    )

    assert ExtensionRequest.objects.count() == 1
    assert [type(result) for result in results].count(Refusal) == 1
