"""Submitting: one immutable version, once, of what the officer saw."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from followup.models import Report, Submission, SubmittedAnswer
from followup.rules.status import ReportStatus
from followup.services.drafts import save_answers
from followup.services.reports import IncompleteReport, declare_no_body_report, revise_report
from followup.services.review import return_report
from followup.services.rounds import close_round
from followup.services.submissions import AlreadySubmitted, submit_report
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role
from outreach.models.audit import AppendOnlyError
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_answered_report,
    make_asked_report,
    make_ministry,
    make_notification,
    make_officer,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db


def test_a_submission_holds_everything_as_it_stood_and_gives_a_receipt() -> None:
    ministry = make_ministry("経済産業省", order=2200)
    report = make_answered_report(ministry, bodies=2)
    notice = report.assignment.notifications.earliest("pk")

    submission = make_submission(report)

    row = submission.rows.get(notification=notice)
    assert submission.number == 1
    assert submission.receipt_number == f"FU6-{report.pk:04}-2200-01"
    assert submission.rows.count() == 2
    assert (row.body_name, row.issued_on, row.answers) == (notice.body.name, date(2023, 9, 1), BODY_ANSWERS)
    assert submission.answers["has_bodies"] is True
    assert submission.answers["issued_on"] == "2023-09-01"
    assert Report.objects.get(pk=report.pk).status == ReportStatus.SUBMITTED


def test_the_receipt_is_mailed_once_to_each_officer() -> None:
    report = make_answered_report()
    recipients = {user.email for user in report.assignment.ministry.users.all()}

    submission = make_submission(report, actor=report.assignment.ministry.users.first())

    mails = OutgoingMail.objects.filter(kind=MailKind.RECEIPT)
    assert {mail.to for mail in mails} == recipients
    assert all(submission.receipt_number in mail.body for mail in mails)
    assert "業界団体等 2件、独立行政法人等 0件" in mails[0].body
    assert "周知済み：2件" in mails[0].body


def test_a_late_receipt_names_no_day_that_has_passed() -> None:
    report = make_answered_report()

    submit_report(
        report=report,
        expected_version=report.version,
        actor=make_officer(report.assignment.ministry),
        now=NOW.replace(month=10, day=10),
    )

    mail = OutgoingMail.objects.filter(kind=MailKind.RECEIPT).earliest("pk")
    assert "内容を変更する場合は、画面から差し替えてください。" in mail.body


def test_of_two_clicks_the_second_is_told_the_first_receipt() -> None:
    report = make_answered_report()
    stale = Report.objects.get(pk=report.pk)
    first = make_submission(report)

    with pytest.raises(AlreadySubmitted) as told:
        submit_report(
            report=stale,
            expected_version=stale.version,
            actor=make_officer(report.assignment.ministry),
            now=NOW,
        )

    assert told.value.submission == first
    assert first.receipt_number in told.value.message
    assert Submission.objects.count() == 1


def test_what_a_colleague_changed_after_the_page_was_opened_is_not_submitted_unseen() -> None:
    report = make_answered_report()
    notice = report.assignment.notifications.earliest("pk")
    officer = make_officer(report.assignment.ministry)
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (1, {"reach_status": "no_answer"})},
        actor=officer,
        now=NOW,
    )

    with pytest.raises(StaleWrite):
        submit_report(report=report, expected_version=report.version, actor=officer, now=NOW)

    assert not Submission.objects.exists()


def test_an_incomplete_report_is_refused_with_every_place() -> None:
    report = make_asked_report(bodies=1)
    officer = make_officer(report.assignment.ministry)

    with pytest.raises(IncompleteReport) as refusal:
        submit_report(report=report, expected_version=report.version, actor=officer, now=NOW)

    places = [(problem.key, problem.row is None) for problem in refusal.value.problems]
    assert places == [
        ("issue_style", True),
        ("insurance_methods", True),
        ("account_methods", True),
        ("reach_status", False),
    ]
    assert Report.objects.get(pk=report.pk).status == ReportStatus.DRAFT


def test_only_a_coordinator_of_the_ministry_submits() -> None:
    report = make_answered_report()
    contributor = make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR)

    for actor in (contributor, make_staff()):
        with pytest.raises(Refusal, match="取りまとめ担当"):
            submit_report(report=report, expected_version=report.version, actor=actor, now=NOW)
    for actor in (make_officer(), make_officer(report.assignment.ministry, role=Role.VIEWER)):
        with pytest.raises(NotAllowed):
            submit_report(report=report, expected_version=report.version, actor=actor, now=NOW)


def test_a_closed_round_takes_no_submission() -> None:
    report = make_answered_report()
    close_round(round=report.round, actor=make_staff(), now=NOW)

    with pytest.raises(Refusal, match="締め切り"):
        make_submission(report)


@pytest.mark.parametrize(("accepts_late", "days_late"), [(True, 0), (True, 1), (False, 0)])
def test_the_due_day_counts_and_a_late_report_is_taken_where_the_round_takes_it(
    accepts_late: bool, days_late: int
) -> None:
    report = make_answered_report()
    report.round.accepts_late = accepts_late
    report.round.save(update_fields=["accepts_late"])
    late = NOW.replace(month=10, day=6, hour=23, minute=59) + timedelta(days=days_late)

    submission = submit_report(
        report=report,
        expected_version=report.version,
        actor=make_officer(report.assignment.ministry),
        now=late,
    )

    assert submission.number == 1


def test_a_late_report_is_refused_where_the_round_takes_none_unless_it_was_returned() -> None:
    report = make_answered_report()
    report.round.accepts_late = False
    report.round.save(update_fields=["accepts_late"])
    officer = make_officer(report.assignment.ministry)
    late = NOW.replace(month=10, day=7)

    with pytest.raises(Refusal, match="期限を過ぎた"):
        submit_report(report=report, expected_version=report.version, actor=officer, now=late)
    make_submission(report)
    returned = return_report(report=report, reason="確認してください。", actor=make_staff(), now=late)

    again = submit_report(report=returned, expected_version=returned.version, actor=officer, now=late)

    assert again.number == 2


def test_a_report_that_could_not_be_submitted_again_is_not_reopened_for_changes() -> None:
    report = make_answered_report()
    report.round.accepts_late = False
    report.round.save(update_fields=["accepts_late"])
    make_submission(report)

    with pytest.raises(Refusal, match="期限を過ぎた"):
        revise_report(
            report=report, actor=make_officer(report.assignment.ministry), now=NOW.replace(month=10, day=7)
        )

    assert Report.objects.get(pk=report.pk).status == ReportStatus.SUBMITTED


def test_a_revised_report_becomes_the_second_version_and_the_first_stays() -> None:
    report = make_answered_report()
    officer = make_officer(report.assignment.ministry)
    first = make_submission(report)
    notice = report.assignment.notifications.earliest("pk")
    revised = revise_report(report=report, actor=officer, now=NOW)
    save_answers(
        report=revised,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (1, {"reach_status": "undecided"})},
        actor=officer,
        now=NOW,
    )

    second = make_submission(report, actor=officer)

    assert (second.number, second.receipt_number[-2:]) == (2, "02")
    assert list(report.submissions.filter(is_latest=True)) == [second]
    assert first.rows.get(notification=notice).answers == BODY_ANSWERS
    assert second.rows.get(notification=notice).answers == {"reach_status": "undecided"}
    assert first.content_hash != second.content_hash


def test_the_same_content_has_the_same_hash_in_every_version() -> None:
    report = make_answered_report()
    first = make_submission(report)
    revise_report(report=report, actor=make_officer(report.assignment.ministry), now=NOW)

    second = make_submission(report)

    assert second.content_hash == first.content_hash


def test_no_body_is_an_answer_with_a_reason() -> None:
    report = make_answered_report(bodies=0)
    officer = make_officer(report.assignment.ministry)
    with pytest.raises(IncompleteReport):
        submit_report(report=report, expected_version=report.version, actor=officer, now=NOW)
    declared = declare_no_body_report(
        report=report, reason="所管する団体がないため。", actor=officer, now=NOW
    )

    submission = submit_report(report=declared, expected_version=declared.version, actor=officer, now=NOW)

    assert submission.no_body_reason == "所管する団体がないため。"
    assert submission.answers["has_bodies"] is False
    assert "issue_style" not in submission.answers


def test_denying_bodies_that_the_ledger_knows_is_told_beside_the_question() -> None:
    report = make_answered_report()
    officer = make_officer(report.assignment.ministry)
    denied = save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers=report.answers | {"has_bodies": False},
        body_answers={},
        actor=officer,
        now=NOW,
    )

    with pytest.raises(IncompleteReport) as refusal:
        submit_report(report=denied, expected_version=denied.version, actor=officer, now=NOW)

    assert [(problem.key, problem.message) for problem in refusal.value.problems] == [
        ("has_bodies", "発出の記録と一致していません。")
    ]


def test_no_body_is_refused_while_bodies_were_notified() -> None:
    report = make_asked_report(bodies=1)

    with pytest.raises(Refusal, match="発出した団体があるため"):
        declare_no_body_report(
            report=report, reason="なし", actor=make_officer(report.assignment.ministry), now=NOW
        )


def test_a_body_notified_after_the_answers_were_complete_has_to_be_answered_too() -> None:
    report = make_answered_report()
    make_notification(report.assignment)

    with pytest.raises(IncompleteReport) as refusal:
        make_submission(report)

    assert [problem.key for problem in refusal.value.problems] == ["reach_status"]


def test_each_step_leaves_an_audit_entry_of_the_ministry() -> None:
    report = make_answered_report()

    make_submission(report)

    entry = AuditEntry.objects.get(action="報告：提出する")
    assert entry.ministry == report.assignment.ministry
    assert (entry.before, entry.after) == ({"状態": "作成中"}, {"状態": "提出済"})


def test_a_submitted_version_and_what_was_asked_about_it_never_change() -> None:
    submission = make_submission()
    return_report(report=submission.report, reason="確認してください。", actor=make_staff(), now=NOW)
    row, point = submission.rows.earliest("pk"), submission.return_points.get()

    for thing in (submission, row, point):
        rows: Any = type(thing).objects.filter(pk=thing.pk)
        for change in (thing.save, thing.delete, rows.delete):
            with pytest.raises(AppendOnlyError):
                change()
    for kept in (Submission, SubmittedAnswer):
        with pytest.raises(AppendOnlyError):
            kept.objects.update(answers={})
