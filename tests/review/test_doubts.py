"""Doubts are found when a version is submitted, stay, and are dismissed with a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from followup import tasks
from followup.models import BodyAnswer, Doubt, DoubtDismissal, Examination, Report, Submission
from followup.rules.doubts import Case, Finding, find_doubts
from followup.services import doubts as doubt_services
from followup.services.doubts import dismiss_doubts, examine_submission
from followup.services.review import return_report
from outreach.models import AuditEntry, User
from outreach.models.audit import AppendOnlyError
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_answered_report,
    make_asked_report,
    make_body,
    make_officer,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db


def make_doubtful(bodies: int = 2, **answers: Any) -> Submission:
    """Make a version whose rows say that the word was spread before the notice went out."""
    report = make_answered_report(bodies=bodies)
    early = BODY_ANSWERS | {"reached_on": "2023-08-01"} | answers
    BodyAnswer.objects.filter(report=report).update(answers=early)
    return make_submission(report)


def again(submission: Submission, actor: User) -> Submission:
    """Return a version and let it be submitted once more as it is."""
    return_report(report=submission.report, reason="確認してください。", actor=actor, now=NOW)
    return make_submission(Report.objects.get(pk=submission.report_id))


def test_submitting_finds_doubts_with_the_version_and_says_that_it_looked() -> None:
    submission = make_doubtful(bodies=2)

    assert sorted(submission.doubts.values_list("code", flat=True)) == ["wrong_day", "wrong_day"]
    assert submission.examinations.get().examined_by is None
    assert not AuditEntry.objects.filter(action__contains="疑義").exists()


def test_a_large_version_is_examined_by_the_worker_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followup.services.submissions.EXAMINED_AT_ONCE", 1)
    submission = make_doubtful(bodies=2)
    assert not Examination.objects.exists()

    assert tasks.examine_submissions() == 1
    assert tasks.examine_submissions() == 0
    assert examine_submission(submission=submission, now=NOW) == 0

    assert submission.doubts.count() == 2
    assert submission.examinations.count() == 1


def test_a_rule_that_fails_on_a_version_keeps_neither_it_nor_the_others_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_on_two_rows(case: Case) -> list[Finding]:
        if len(case.rows) == 2:
            raise ZeroDivisionError
        return list(find_doubts(case))

    monkeypatch.setattr(doubt_services, "find_doubts", fail_on_two_rows)
    failing = make_doubtful(bodies=2)
    monkeypatch.setattr("followup.services.submissions.EXAMINED_AT_ONCE", 0)
    waiting = make_doubtful(bodies=3)

    assert tasks.examine_submissions() == 1

    assert Report.objects.get(pk=failing.report_id).status == "submitted"
    assert not failing.doubts.exists()
    assert waiting.doubts.count() == 3
    assert f"submission {failing.pk} could not be examined" in caplog.text
    monkeypatch.undo()
    assert tasks.examine_submissions() == 1
    assert failing.doubts.count() == 2


def test_examining_costs_the_same_queries_however_many_rows(
    django_assert_max_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("followup.services.submissions.EXAMINED_AT_ONCE", 0)
    few, many = make_doubtful(bodies=1), make_doubtful(bodies=20)

    with django_assert_max_num_queries(18) as one:
        examine_submission(submission=few, now=NOW)
    with django_assert_max_num_queries(len(one)):
        examine_submission(submission=many, now=NOW)


def outlier_in(collection: Any, count: int) -> Submission:
    report = make_answered_report(collection=collection, bodies=1)
    BodyAnswer.objects.filter(report=report).update(answers=BODY_ANSWERS | {"member_count": count})
    return make_submission(report)


def test_an_outlier_is_judged_by_what_was_submitted_and_found_later_on_request() -> None:
    first = outlier_in(make_round(status="form_undecided", due_on=None), 100_000)
    for count in range(100, 107):
        outlier_in(first.report.round, count)
    assert not first.doubts.exists()
    staff = make_staff()

    added = examine_submission(submission=first, actor=staff, now=NOW)
    once_more = examine_submission(submission=first, actor=staff, now=NOW)

    assert (added, once_more) == (1, 0)
    assert first.doubts.get().code == "outlier"
    entry = AuditEntry.objects.filter(action="報告：疑義を点検").earliest("pk")
    assert (entry.actor, entry.ministry) == (staff, None)


def test_of_a_large_round_only_a_sample_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt_services, "SAMPLE", 16)
    first = outlier_in(make_round(status="form_undecided", due_on=None), 100_000)
    report = make_asked_report(collection=first.report.round, bodies=30)
    for place, notice in enumerate(report.assignment.notifications.all()):
        BodyAnswer.objects.create(
            report=report,
            notification=notice,
            answers=BODY_ANSWERS | {"member_count": 100 + place},
            updated_at=NOW,
            updated_by=make_officer(report.assignment.ministry),
        )
    Report.objects.filter(pk=report.pk).update(
        answers={"issue_style": "memo", "insurance_methods": ["mail"], "account_methods": ["mail"]}
    )
    make_submission(report)

    examine_submission(submission=first, actor=make_staff(), now=NOW)

    message = first.doubts.get(code="outlier").message
    assert "15団体" in message or "16団体" in message


def test_the_version_before_and_the_last_round_are_compared() -> None:
    staff = make_staff()
    report = make_answered_report(bodies=1)
    BodyAnswer.objects.filter(report=report).update(answers=BODY_ANSWERS | {"member_count": 100})
    make_submission(report)
    return_report(report=report, reason="確認", actor=staff, now=NOW)
    BodyAnswer.objects.filter(report=report).update(answers=BODY_ANSWERS | {"member_count": 900})
    second = make_submission(Report.objects.get(pk=report.pk))
    later = make_round(report.round.request, number=2, status="form_undecided", due_on=None)
    following = make_answered_report(report.assignment.ministry, later, bodies=0)
    BodyAnswer.objects.filter(report=following).update(answers=BODY_ANSWERS | {"member_count": 90})

    third = make_submission(following)

    told = "会員事業者数が{}者で、{}者から大きく変わっています。"
    assert second.doubts.get().message == told.format(900, "前の版（第1版）の100")
    assert third.doubts.get().message == told.format(90, "前回のフォローアップの900")


def test_no_body_is_doubted_when_the_list_has_one() -> None:
    report = make_asked_report(bodies=0)
    make_body(report.assignment.ministry)
    answers = {"insurance_methods": ["mail"], "account_methods": ["mail"]}
    Report.objects.filter(pk=report.pk).update(answers=answers, no_body_reason="該当する団体がないため。")

    submission = make_submission(report)

    assert submission.doubts.get().code == "no_body"


def dismiss(submission: Submission, actor: User, word: str = "団体に確認済み") -> int:
    return dismiss_doubts(
        report=submission.report,
        doubt_pks=list(submission.doubts.values_list("pk", flat=True)),
        word=word,
        actor=actor,
        now=NOW,
    )


def test_doubts_are_dismissed_with_a_word_by_somebody_at_a_time() -> None:
    submission, staff = make_doubtful(), make_staff()

    assert dismiss(submission, staff) == 2

    kept = DoubtDismissal.objects.all()
    assert {(row.word, row.dismissed_by, row.dismissed_at) for row in kept} == {
        ("団体に確認済み", staff, NOW)
    }
    entry = AuditEntry.objects.get(action="報告：疑義を問題なしとする")
    assert (entry.reason, entry.ministry) == ("団体に確認済み", None)
    assert not Doubt.objects.open().exists()


def test_a_dismissal_needs_a_word_and_a_member_of_staff() -> None:
    submission = make_doubtful()

    with pytest.raises(Refusal, match="理由"):
        dismiss(submission, make_staff(), word="　")
    with pytest.raises(NotAllowed):
        dismiss(submission, make_officer(submission.report.assignment.ministry))

    assert not DoubtDismissal.objects.exists()


def test_of_two_who_dismiss_the_second_is_told_who_did() -> None:
    submission = make_doubtful()
    dismiss(submission, make_staff(name="山田 一郎"))

    with pytest.raises(StaleWrite, match="山田 一郎が令和5年9月4日 10時00分に、先に問題なし"):
        dismiss(submission, make_staff())


def test_doubts_of_a_version_that_was_replaced_are_not_dismissed_unseen() -> None:
    staff = make_staff()
    first = make_doubtful()
    again(first, staff)

    with pytest.raises(StaleWrite, match="新しい版"):
        dismiss(first, staff)


def test_what_was_dismissed_and_is_said_again_stays_dismissed_by_the_same_word() -> None:
    staff, other = make_staff(), make_staff()
    first = make_doubtful()
    dismiss(first, staff)

    second = again(first, other)

    assert second.doubts.count() == 2
    assert not Doubt.objects.open().filter(submission=second).exists()
    assert {row.dismissed_by for row in DoubtDismissal.objects.all()} == {staff}


def test_what_was_found_and_dismissed_never_changes() -> None:
    submission = make_doubtful(bodies=1)
    dismiss(submission, make_staff())

    for thing in (submission.doubts.get(), DoubtDismissal.objects.get(), submission.examinations.get()):
        rows: Any = type(thing).objects.filter(pk=thing.pk)
        for change in (thing.save, thing.delete, rows.delete, lambda rows=rows: rows.update(pk=1)):
            with pytest.raises(AppendOnlyError):
                change()
