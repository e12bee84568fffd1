"""What staff decide on a submitted report, and 部内確認 inside the ministry before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from followup.models import BodyAnswer, Report, ReturnPoint
from followup.rules.status import ReportStatus
from followup.services.drafts import ConflictingAnswers, save_answers
from followup.services.forms import create_form_draft, publish_form
from followup.services.points import ReturnPointInput
from followup.services.reports import IncompleteReport, ask_review, revise_report, send_back
from followup.services.review import accept_report, reopen_report, return_report
from followup.services.rounds import close_round
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from outreach.services.notifications import withdraw_notification
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_answered_report,
    make_asked_report,
    make_notification,
    make_officer,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db


def status_of(report: Report) -> str:
    return Report.objects.get(pk=report.pk).status


def test_a_report_is_returned_with_points_and_the_mail_names_each() -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()
    submission = make_submission(report)

    return_report(
        report=report,
        reason="2点の確認をお願いします。",
        points=[
            ReturnPointInput("issue_style", None, "形式を確認してください。"),
            ReturnPointInput("reached_on", notice.pk, "<日付>を確認してください。"),
        ],
        actor=make_staff(),
        now=NOW,
    )

    mail = OutgoingMail.objects.filter(kind=MailKind.RETURNED).earliest("pk")
    assert status_of(report) == ReportStatus.RETURNED
    assert submission.return_points.count() == 3
    assert mail.subject == "【確認のお願い・10/6まで】フォローアップの御回答の内容について"
    assert "1．発出形式\n　御回答：事務連絡\n　確認したい点：形式を確認してください。" in mail.body
    assert f"2．{notice.body.name}・周知日\n　御回答：令和5年9月4日\n　確認したい点：<日付>" in mail.body
    assert "第2版として記録" in mail.body


@pytest.mark.parametrize("reason", ["", "　\n"])
def test_a_return_needs_a_reason(reason: str) -> None:
    report = make_submission().report

    with pytest.raises(Refusal, match="理由"):
        return_report(report=report, reason=reason, actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.SUBMITTED


def test_a_point_on_what_was_not_submitted_is_refused_and_nothing_is_returned() -> None:
    report = make_submission().report
    foreign = make_notification()

    for point in (
        ReturnPointInput("no_such_key", None, "？"),
        ReturnPointInput("", foreign.pk, "？"),
        ReturnPointInput("", None, "？"),
        ReturnPointInput("issue_style", None, "　"),
    ):
        with pytest.raises(Refusal):
            return_report(report=report, reason="確認", points=[point], actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.SUBMITTED
    assert not ReturnPoint.objects.exists()


def test_of_two_reviewers_the_second_is_told() -> None:
    report = make_submission().report
    stale = Report.objects.get(pk=report.pk)
    accept_report(report=report, actor=make_staff(), now=NOW)

    with pytest.raises(Refusal, match="現在の状態では"):
        return_report(report=stale, reason="確認", actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.ACCEPTED


def test_a_version_that_came_after_the_page_was_opened_is_not_decided_unseen() -> None:
    report = make_submission().report
    revise_report(report=report, actor=make_officer(report.assignment.ministry), now=NOW)
    make_submission(report)

    with pytest.raises(StaleWrite, match="第2版"):
        accept_report(report=report, seen_number=1, actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.SUBMITTED


def test_an_accepted_report_is_reopened_with_a_reason_and_its_officers_are_told() -> None:
    report = make_submission().report
    accept_report(report=report, actor=make_staff(), now=NOW)
    OutgoingMail.objects.all().delete()

    reopen_report(report=report, reason="数字に誤りがあったため。", actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.RETURNED
    assert (
        "数字に誤りがあったため。" in OutgoingMail.objects.filter(kind=MailKind.RETURNED).earliest("pk").body
    )


def test_a_closed_round_lets_staff_accept_but_not_return() -> None:
    report = make_submission().report
    close_round(round=report.round, actor=make_staff(), now=NOW)

    with pytest.raises(Refusal, match="締め切り"):
        return_report(report=report, reason="確認", actor=make_staff(), now=NOW)
    accept_report(report=report, actor=make_staff(), now=NOW)

    assert status_of(report) == ReportStatus.ACCEPTED


def test_a_returned_report_is_asked_with_the_newest_form() -> None:
    report = make_submission().report
    staff = make_staff()
    second = create_form_draft(round=report.round, actor=staff, now=NOW)
    publish_form(form_version=second, due_on=NOW.date(), actor=staff, now=NOW)

    returned = return_report(report=report, reason="確認", actor=staff, now=NOW)

    assert returned.form_version == second


def test_officers_decide_nothing() -> None:
    report = make_submission().report
    officer = make_officer(report.assignment.ministry)
    steps: list[Callable[[], Report]] = [
        lambda: accept_report(report=report, actor=officer, now=NOW),
        lambda: return_report(report=report, reason="確認", actor=officer, now=NOW),
    ]

    for step in steps:
        with pytest.raises(Refusal, match="できるのは職員"):
            step()


def test_a_contributor_asks_and_the_coordinators_get_mail() -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    coordinators = {officer.email for officer in ministry.users.all()}
    contributor = make_officer(ministry, role=Role.CONTRIBUTOR)

    ask_review(report=report, actor=contributor, now=NOW)

    mails = OutgoingMail.objects.filter(kind=MailKind.REVIEW)
    assert status_of(report) == ReportStatus.IN_REVIEW
    assert {mail.to for mail in mails} == coordinators


def test_an_incomplete_report_is_not_sent_to_confirmation() -> None:
    report = make_asked_report()

    with pytest.raises(IncompleteReport):
        ask_review(report=report, actor=make_officer(report.assignment.ministry), now=NOW)


def test_the_coordinator_sends_back_with_a_comment_to_who_asked() -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    contributor = make_officer(ministry, role=Role.CONTRIBUTOR)
    asked = ask_review(report=report, actor=contributor, now=NOW)

    with pytest.raises(Refusal, match="取りまとめ担当"):
        send_back(report=asked, comment="直してください。", actor=contributor, now=NOW)
    with pytest.raises(Refusal, match="理由"):
        send_back(report=asked, comment=" ", actor=make_officer(ministry), now=NOW)
    sent = send_back(report=asked, comment="直してください。", actor=make_officer(ministry), now=NOW)

    mail = OutgoingMail.objects.filter(kind=MailKind.REVIEW).latest("pk")
    assert (sent.status, sent.review_comment) == (ReportStatus.DRAFT, "直してください。")
    assert mail.to == contributor.email
    assert "直してください。" in mail.body


def test_a_report_sent_back_goes_to_who_asked_and_not_to_who_edited_it_since() -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    contributor, coordinator = make_officer(ministry, role=Role.CONTRIBUTOR), make_officer(ministry)
    asked = ask_review(report=report, actor=contributor, now=NOW)
    edited = save_answers(
        report=asked,
        expected_version=asked.version,
        ministry_answers={**asked.answers, "insurance_staff": 1},
        body_answers={},
        actor=coordinator,
        now=NOW,
    )

    send_back(report=edited, comment="直してください。", actor=coordinator, now=NOW)

    assert OutgoingMail.objects.filter(kind=MailKind.REVIEW).latest("pk").to == contributor.email


def test_a_row_that_is_emptied_vanishes_and_its_notice_can_be_withdrawn() -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()
    officer = make_officer(report.assignment.ministry)

    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (1, {})},
        actor=officer,
        now=NOW,
    )
    withdraw_notification(notification=notice, actor=officer, now=NOW)

    assert not BodyAnswer.objects.exists()
    assert not report.assignment.notifications.exists()


def test_a_row_that_a_colleague_emptied_is_not_written_again_unseen() -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()

    def save(seen: int, answers: dict[str, Any]) -> None:
        save_answers(
            report=report,
            expected_version=None,
            ministry_answers=None,
            body_answers={notice.pk: (seen, answers)},
            actor=make_officer(report.assignment.ministry),
            now=NOW,
        )

    save(1, {})

    with pytest.raises(ConflictingAnswers):
        save(1, {"reach_status": "undecided"})


def test_answers_are_saved_only_by_officers_who_may_write_and_while_they_are_wanted() -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    officer = make_officer(ministry)

    def save(actor: object) -> None:
        save_answers(
            report=report,
            expected_version=None,
            ministry_answers={"insurance_staff": 1},
            body_answers={},
            actor=actor,  # type: ignore[arg-type]
            now=NOW,
        )

    for actor in (make_officer(), make_officer(ministry, role=Role.VIEWER), make_staff()):
        with pytest.raises(NotAllowed):
            save(actor)
    make_submission(report)
    with pytest.raises(Refusal, match="提出済"):
        save(officer)
    close_round(round=report.round, actor=make_staff(), now=NOW)
    with pytest.raises(Refusal, match="締め切り"):
        save(officer)


def test_a_conflict_in_one_row_keeps_the_others_from_being_written() -> None:
    report = make_asked_report(bodies=2)
    first, second = report.assignment.notifications.order_by("pk")
    officer = make_officer(report.assignment.ministry)
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={first.pk: (None, {"member_count": 10})},
        actor=officer,
        now=NOW,
    )

    with pytest.raises(ConflictingAnswers) as refusal:
        save_answers(
            report=report,
            expected_version=None,
            ministry_answers={"insurance_staff": 5},
            body_answers={first.pk: (None, {"member_count": 20}), second.pk: (None, {"member_count": 30})},
            actor=officer,
            now=NOW,
        )

    assert list(refusal.value.conflicts) == [first.pk]
    assert [row.answers for row in BodyAnswer.objects.all()] == [{"member_count": 10}]
    assert Report.objects.get(pk=report.pk).answers == {}


def test_saving_what_is_there_already_changes_nothing() -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()

    saved = save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers=report.answers,
        body_answers={notice.pk: (1, BODY_ANSWERS)},
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )

    assert saved.version == report.version
    assert AuditEntry.objects.filter(action="報告：下書きを保存").count() == 1


def test_the_trail_tells_what_a_row_said_before_and_says_now() -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()

    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (1, {"reach_status": "undecided"})},
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )

    entry = AuditEntry.objects.filter(action="報告：下書きを保存").latest("pk")
    before, after = entry.before or {}, entry.after or {}
    status, day = (f"{notice.body}：{label}" for label in ("周知状況", "周知日"))
    assert (before[status], after[status]) == ("周知した", "未定")
    assert (before[day], after[day]) == ("令和5年9月4日", "")


def test_rows_of_bodies_that_were_not_notified_are_refused() -> None:
    report = make_asked_report(bodies=1)
    planned = make_notification(report.assignment, issued_on=None)

    for notice in (planned, make_notification()):
        with pytest.raises(NotAllowed):
            save_answers(
                report=report,
                expected_version=None,
                ministry_answers=None,
                body_answers={notice.pk: (None, {"member_count": 1})},
                actor=make_officer(report.assignment.ministry),
                now=NOW,
            )


def test_saving_many_rows_costs_as_many_queries_as_saving_one(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    report = make_asked_report(bodies=30)
    officer = make_officer(report.assignment.ministry)
    rows = {notice.pk: (None, {"member_count": 1}) for notice in report.assignment.notifications.all()}

    with django_assert_max_num_queries(22):
        save_answers(
            report=report,
            expected_version=None,
            ministry_answers=None,
            body_answers=rows,
            actor=officer,
            now=NOW,
        )

    assert BodyAnswer.objects.count() == 30
