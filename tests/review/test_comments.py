"""Staff ask about a version without returning it, officers reply, and each side gets one mail a batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from followup.models import DraftPoint, PointReply, Report, ReturnPoint, Submission
from followup.rules.status import ReportStatus
from followup.services.comments import ask_points, reply_to_points
from followup.services.points import ReturnPointInput, drop_point, gather_point
from followup.services.reports import revise_report
from followup.services.review import accept_report, return_report
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role, User
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from tests.factories import NOW, make_officer, make_staff, make_submission

pytestmark = pytest.mark.django_db

ASKED = [
    ReturnPointInput("issue_style", None, "事務連絡でしょうか。"),
    ReturnPointInput("insurance_methods", None, "ほかの手段はありませんか。"),
]


def ask(submission: Submission, actor: User | None = None) -> list[ReturnPoint]:
    return ask_points(
        report=submission.report,
        points=ASKED,
        seen_number=submission.number,
        actor=actor or make_staff(),
        now=NOW,
    )


def reply(submission: Submission, texts: dict[int, str], actor: User) -> list[PointReply]:
    return reply_to_points(report=submission.report, replies=texts, actor=actor, now=NOW)


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def points_page(submission: Submission) -> str:
    return reverse("portal:report_points", args=[submission.report_id])


def test_asking_leaves_the_report_submitted_and_sends_one_mail() -> None:
    submission = make_submission()

    ask(submission)

    mails = OutgoingMail.objects.filter(kind=MailKind.COMMENT)
    officers = submission.report.assignment.ministry.users.all()
    assert Report.objects.get(pk=submission.report_id).status == ReportStatus.SUBMITTED
    assert {mail.to for mail in mails} == {officer.email for officer in officers}
    assert len(mails) == len(officers)
    assert "1．発出形式\n　御回答：事務連絡\n　確認したい点：事務連絡でしょうか。" in mails[0].body
    assert f"/portal/reports/{submission.report_id}/points/" in mails[0].body


def test_asking_is_for_staff_about_the_version_seen_while_it_is_submitted() -> None:
    first = make_submission()
    ministry = first.report.assignment.ministry

    with pytest.raises(NotAllowed):
        ask(first, make_officer(ministry))
    revise_report(report=first.report, actor=make_officer(ministry), now=NOW)
    with pytest.raises(StaleWrite, match="作成中"):
        ask(first)
    make_submission(Report.objects.get(pk=first.report_id))
    with pytest.raises(StaleWrite, match="第2版"):
        ask(first)

    assert not ReturnPoint.objects.exists()


def test_what_a_reviewer_gathers_is_seen_by_nobody_else_and_used_up_by_asking() -> None:
    submission, staff, other = make_submission(), make_staff(), make_staff()

    def gather(point: ReturnPointInput, actor: User) -> DraftPoint:
        return gather_point(report=submission.report, point=point, seen_number=1, actor=actor, now=NOW)

    drafts = [gather(point, staff) for point in ASKED]
    gather(ReturnPointInput("issue_style", None, "書き直した文"), staff)
    foreign = gather(ASKED[0], other)
    with pytest.raises(NotAllowed):
        drop_point(draft=foreign, actor=staff, now=NOW)
    drop_point(draft=drafts[1], actor=staff, now=NOW)

    assert DraftPoint.objects.get(created_by=staff).comment == "書き直した文"
    ask(submission, staff)
    assert list(DraftPoint.objects.all()) == [foreign]


def test_an_officer_is_led_to_what_is_asked_and_replies_to_all_at_once(client: Client) -> None:
    submission, staff = make_submission(), make_staff()
    first, second = ask(submission, staff)
    officer = make_officer(submission.report.assignment.ministry, role=Role.CONTRIBUTOR)
    enter(client, officer)

    home = client.get(reverse("portal:home")).content.decode()
    sent = client.post(
        points_page(submission),
        {f"reply_{first.pk}": "<b>事務連絡</b>です。", f"reply_{second.pk}": "メールだけです。"},
    )

    assert f'href="{points_page(submission)}"' in home
    assert sent.status_code == 302
    assert PointReply.objects.filter(created_by=officer).count() == 2
    mail = OutgoingMail.objects.get(kind=MailKind.COMMENT, to=staff.email)
    assert "コメント：<b>事務連絡</b>です。" in mail.body
    assert "コメント：メールだけです。" in mail.body
    page = client.get(points_page(submission)).content.decode()
    assert "&lt;b&gt;事務連絡&lt;/b&gt;です。" in page
    assert "確認のお願いにコメントする" not in client.get(reverse("portal:home")).content.decode()


def test_staff_answer_again_and_the_ministry_is_asked_again(client: Client) -> None:
    submission, staff = make_submission(), make_staff()
    point = ask(submission, staff)[0]
    officer = make_officer(submission.report.assignment.ministry)
    reply(submission, {point.pk: "事務連絡です。"}, officer)
    OutgoingMail.objects.all().delete()

    reply(submission, {point.pk: "文書番号はありますか。"}, staff)

    assert "文書番号はありますか。" in OutgoingMail.objects.filter(to=officer.email).get().body
    assert "確認のお願いにコメントする" in enter(client, officer).get(reverse("portal:home")).content.decode()
    detail = client.get(reverse("portal:report_detail", args=[submission.report_id])).content.decode()
    assert "取りまとめ側" in detail
    assert staff.name not in detail


def test_points_of_a_return_are_replied_to_and_stand_beside_their_fields(client: Client) -> None:
    submission, staff = make_submission(), make_staff()
    return_report(report=submission.report, reason="確認してください。", points=ASKED, actor=staff, now=NOW)
    officer = make_officer(submission.report.assignment.ministry, name="担当 次郎")
    point = submission.return_points.get(question_key="issue_style")

    reply(submission, {point.pk: "修正は不要です。"}, officer)

    enter(client, officer)
    edit = client.get(reverse("portal:report_edit", args=[submission.report_id])).content.decode()
    printed = client.get(reverse("portal:submission_detail", args=[submission.pk])).content.decode()
    assert "担当 次郎のコメント：修正は不要です。" in edit
    assert "この版は差し戻されました" in printed
    assert "修正は不要です。" in printed
    assert AuditEntry.objects.filter(action="報告：指摘に返信", actor=officer).exists()


def test_replies_that_cannot_be_sent_are_told_and_kept_in_the_form(client: Client) -> None:
    submission = make_submission()
    point = ask(submission)[0]
    enter(client, make_officer(submission.report.assignment.ministry))
    field = f"reply_{point.pk}"

    blank = client.post(points_page(submission), {field: "　"})
    long = client.post(points_page(submission), {field: "長" * 1001})
    accept_report(report=submission.report, actor=make_staff(), now=NOW)
    late = client.post(points_page(submission), {field: "事務連絡です。"})

    assert (blank.status_code, long.status_code, late.status_code) == (400, 400, 409)
    assert "コメントを入力してください" in blank.content.decode()
    assert not PointReply.objects.exists()


def test_points_of_a_replaced_version_and_of_strangers_take_no_reply() -> None:
    first = make_submission()
    point = ask(first)[0]
    ministry = first.report.assignment.ministry
    officer = make_officer(ministry)
    with pytest.raises(NotAllowed):
        reply(first, {point.pk: "別の府省庁です。"}, make_officer())
    with pytest.raises(NotAllowed):
        reply(first, {point.pk: "閲覧者です。"}, make_officer(ministry, role=Role.VIEWER))
    revise_report(report=first.report, actor=officer, now=NOW)
    make_submission(Report.objects.get(pk=first.report_id))

    with pytest.raises(StaleWrite):
        reply(first, {point.pk: "事務連絡です。"}, officer)

    assert not PointReply.objects.exists()


def test_a_viewer_reads_what_is_asked_and_cannot_reply(client: Client) -> None:
    submission = make_submission()
    ask(submission)
    enter(client, make_officer(submission.report.assignment.ministry, role=Role.VIEWER))

    page = client.get(points_page(submission)).content.decode()

    assert "事務連絡でしょうか。" in page
    assert "コメントを送る" not in page


def test_a_later_return_mails_only_what_it_asks_itself() -> None:
    submission = make_submission()
    ask(submission)

    return_report(
        report=submission.report,
        reason="確認してください。",
        points=[ReturnPointInput("account_methods", None, "手段を御確認ください。")],
        actor=make_staff(),
        now=NOW + timedelta(hours=1),
    )

    body = OutgoingMail.objects.filter(kind=MailKind.RETURNED).earliest("pk").body
    assert "手段を御確認ください。" in body
    assert "事務連絡でしょうか。" not in body


def test_reading_what_is_asked_costs_the_same_however_much_it_is(
    client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    few, many = make_submission(), make_submission()
    ask_points(report=few.report, points=ASKED[:1], seen_number=1, actor=make_staff(), now=NOW)
    ask_points(report=many.report, points=ASKED * 10, seen_number=1, actor=make_staff(), now=NOW)

    enter(client, make_officer(few.report.assignment.ministry))
    with django_assert_max_num_queries(40) as one:
        client.get(points_page(few))
    enter(client, make_officer(many.report.assignment.ministry))
    with django_assert_max_num_queries(len(one)):
        client.get(points_page(many))


def test_a_point_without_a_place_is_refused() -> None:
    submission = make_submission()

    with pytest.raises(Refusal, match="設問又は団体"):
        gather_point(
            report=submission.report,
            point=ReturnPointInput("", None, "？"),
            seen_number=1,
            actor=make_staff(),
            now=NOW,
        )
