"""An officer asks bodies for their rows: one mail each, with a link that only its body has."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from email.header import decode_header, make_header
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followup.models import BodyRequest, Report
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.body_links import link_of
from followup.services.body_requests import remind_bodies, resend_request, withdraw_request
from followup.services.reminder_recheck import recheck
from outreach.models import AuditEntry, Body, MailState, OutgoingMail, Role, User
from outreach.services.delivery import deliver_due
from outreach.services.errors import Refusal
from tests.cascade.conftest import opened
from tests.factories import (
    NOW,
    make_asked_report,
    make_body,
    make_body_request,
    make_ministry,
    make_notification,
    make_officer,
    make_proposal,
)

pytestmark = pytest.mark.django_db
Assertion = Callable[..., Any]
TOMORROW = NOW + timedelta(days=1)
LIST_QUERIES = 14
SEND_QUERIES = 18


def url(name: str, pk: int) -> str:
    return reverse(f"portal:{name}", args=[pk])


def letter(report: Report, count: int = 1) -> dict[str, Any]:
    """Return what the page posts to ask the report's first bodies."""
    notices = report.assignment.notifications.order_by("pk")[:count]
    values: dict[str, Any] = {
        "row": [str(notice.pk) for notice in notices],
        "due_on": "令和5年9月29日",
        "contact_name": "総務課　担当",
        "contact_email": "contact@ministry.example",
        "message": "4月1日現在で御回答ください。",
    }
    addresses = {f"to-{notice.pk}-email": f"body{notice.pk}@dantai.example" for notice in notices}
    return values | addresses


def test_each_body_gets_one_mail_of_its_own_from_the_ministry(
    desk: Client, report: Report, mailoutbox: list[EmailMessage]
) -> None:
    response = desk.post(url("body_request_send", report.pk), letter(report, 2) | {"send": "1"})
    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    assert response.status_code == 302
    ministry = report.assignment.ministry.name
    requests = BodyRequest.objects.order_by("pk")
    assert [mail.to for mail in mailoutbox] == [[one.email] for one in requests]
    for mail, one in zip(mailoutbox, requests, strict=True):
        assert (mail.cc, mail.reply_to) == ([], ["contact@ministry.example"])
        assert mail.subject == f"【9/29まで】周知の取組状況の御回答のお願い（{ministry}）"
        assert str(mail.message()["From"]).endswith("<no-reply@outreach.example>")
        assert one.notification.body.name in mail.body
        assert re.search(r"http://localhost:8000/answer/[\w-]{43}/", str(mail.body))
        assert "令和5年9月29日（金）" in mail.body
        assert "4月1日現在で御回答ください。" in mail.body
    assert requests[1].notification.body.name not in mailoutbox[0].body


def test_the_senders_name_is_the_ministrys(
    desk: Client, report: Report, mailoutbox: list[EmailMessage]
) -> None:
    desk.post(url("body_request_send", report.pk), letter(report) | {"send": "1"})
    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    sender = str(make_header(decode_header(mailoutbox[0].message()["From"])))

    assert sender == f"{report.assignment.ministry.name}（周知依頼トラッカー） <no-reply@outreach.example>"


def test_the_longest_name_of_a_ministry_fits_into_the_sender() -> None:
    report = make_asked_report(make_ministry("長" * 60, abbreviation="長"), bodies=1)

    asked = make_body_request(report)

    assert asked.mail is not None
    asked.mail.full_clean()
    assert asked.mail.sender_name == "長" * 60


def test_the_token_stands_in_the_mail_only_and_only_until_it_is_sent(
    desk: Client, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    desk.post(url("body_request_send", report.pk), letter(report) | {"send": "1"})
    body_request = BodyRequest.objects.get()
    token = link_of(body_request).split("/")[-2]
    waiting = OutgoingMail.objects.get()
    opened(body_request).get(reverse("answer"))

    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    assert token in waiting.text
    assert token not in waiting.body
    sent = OutgoingMail.objects.get()
    assert (sent.state, sent.secret_link) == (MailState.SENT, "")
    assert token not in str(OutgoingMail.objects.values()) + str(BodyRequest.objects.values())
    assert token not in str(AuditEntry.objects.values())
    assert token not in caplog.text


def test_the_mail_is_shown_before_it_goes_out(desk: Client, report: Report) -> None:
    response = desk.post(url("body_request_send", report.pk), letter(report) | {"preview": "1"})

    page = response.content.decode()
    assert "【9/29まで】周知の取組状況の御回答のお願い" in page
    assert "この内容で送る" in page
    assert not BodyRequest.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_address_contact_and_an_opening_day_before_the_due_date_are_proposed(
    desk: Client, report: Report, officer: User
) -> None:
    notice = report.assignment.notifications.order_by("pk")[0]
    Body.objects.filter(pk=notice.body_id).update(email="soumu@dantai.example", addressee="総務部")

    page = desk.get(f"{url('body_request_send', report.pk)}?row={notice.pk}").content.decode()

    assert 'value="soumu@dantai.example"' in page
    assert 'value="総務部"' in page
    assert f'value="総務課　{officer.name}"' in page
    assert 'value="令和5年10月3日"' in page  # 10/6 less three opening days


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"due_on": "令和5年9月1日"}, "今日以降の日"),
        ({"due_on": "令和6年3月1日"}, "令和5年12月3日までの日"),
        ({"due_on": "来週"}, "日付として読み取れません"),
        ({"contact_email": "nowhere"}, "有効なメールアドレス"),
        ({"contact_name": ""}, "必須"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_sent(
    desk: Client, report: Report, fields: dict[str, str], message: str
) -> None:
    response = desk.post(url("body_request_send", report.pk), letter(report) | fields | {"send": "1"})

    assert response.status_code in {400, 409}
    assert message in response.content.decode()
    assert not BodyRequest.objects.exists()


def test_one_body_without_an_address_keeps_all_mails_back(desk: Client, report: Report) -> None:
    values = letter(report, 2) | {"send": "1"}
    values[f"to-{values['row'][1]}-email"] = ""

    response = desk.post(url("body_request_send", report.pk), values)

    assert response.status_code == 400
    assert not OutgoingMail.objects.exists()


def test_a_second_press_asks_nobody_twice(desk: Client, report: Report) -> None:
    values = letter(report) | {"send": "1"}
    desk.post(url("body_request_send", report.pk), values)

    again = desk.post(url("body_request_send", report.pk), values)

    assert again.status_code == 409
    assert "既に依頼している" in again.content.decode()
    assert OutgoingMail.objects.count() == BodyRequest.objects.count() == 1


def test_the_database_holds_one_standing_request_a_body(report: Report) -> None:
    one = make_body_request(report)
    one.pk, one.token_hash = None, "0" * 64

    with pytest.raises(IntegrityError), transaction.atomic():
        one.save(force_insert=True)


def test_an_expired_request_gives_way_to_a_new_one(report: Report) -> None:
    old = make_body_request(report, due_on=NOW.date())

    new = make_body_request(report, now=TOMORROW)

    old.refresh_from_db()
    assert old.withdrawn_at == TOMORROW
    assert new.pk != old.pk


@pytest.mark.parametrize("state", ["submitted", "closed"])
def test_nobody_is_asked_for_a_report_that_takes_no_answers(desk: Client, report: Report, state: str) -> None:
    if state == "submitted":
        Report.objects.filter(pk=report.pk).update(status=ReportStatus.SUBMITTED)
    else:
        type(report.round).objects.filter(pk=report.round_id).update(status=RoundStatus.CLOSED)

    response = desk.post(url("body_request_send", report.pk), letter(report) | {"send": "1"})

    assert response.status_code == 409
    assert not BodyRequest.objects.exists()


def test_a_body_of_another_ministry_among_the_chosen_makes_the_page_not_found(
    desk: Client, report: Report
) -> None:
    foreign = make_notification()

    values = letter(report) | {"send": "1"}
    values["row"].append(str(foreign.pk))

    assert desk.post(url("body_request_send", report.pk), values).status_code == 404
    assert not BodyRequest.objects.exists()


def test_a_planned_body_cannot_be_asked(desk: Client, report: Report) -> None:
    planned = make_notification(report.assignment, make_body(report.assignment.ministry), issued_on=None)

    assert desk.get(f"{url('body_request_send', report.pk)}?row={planned.pk}").status_code == 404


def test_a_viewer_sees_the_list_and_asks_nobody(report: Report) -> None:
    make_body_request(report)
    client = Client()
    client.force_login(make_officer(report.assignment.ministry, role=Role.VIEWER))

    page = client.get(url("body_request_list", report.pk))

    assert page.status_code == 200
    assert "依頼済み" in page.content.decode()
    assert "選んだ団体に回答を依頼する" not in page.content.decode()
    assert client.get(url("body_request_send", report.pk)).status_code == 403


def test_asking_is_on_the_trail_with_whom(report: Report, officer: User) -> None:
    asked = make_body_request(report, actor=officer, email="a@dantai.example")

    entry = AuditEntry.objects.get(action="団体に回答を依頼")

    assert (entry.actor, entry.object_label) == (officer, f"{asked.notification.body}への回答依頼")
    assert entry.after == {"宛先のメールアドレス": "a@dantai.example", "団体の回答期限": "2023-09-29"}


def test_the_list_shows_every_body_with_its_state_and_filters_by_it(desk: Client, report: Report) -> None:
    notices = list(report.assignment.notifications.order_by("pk"))
    make_proposal(make_body_request(report, notices[0]))
    opened(make_body_request(report, notices[1])).get(reverse("answer"))

    whole = desk.get(url("body_request_list", report.pk)).content.decode()
    filtered = desk.get(url("body_request_list", report.pk) + "?state=opened").content.decode()

    assert "未依頼 1団体、開封済み 1団体、回答あり 1団体" in whole
    assert "未処理の回答案が1件" in whole
    assert notices[1].body.name in filtered
    assert notices[0].body.name not in filtered


def test_a_mail_that_could_not_be_sent_is_shown(desk: Client, report: Report) -> None:
    make_body_request(report)
    OutgoingMail.objects.update(state=MailState.FAILED)

    assert "メール不達" in desk.get(url("body_request_list", report.pk)).content.decode()


def test_the_reports_page_says_how_many_answers_wait(desk: Client, report: Report) -> None:
    make_proposal(make_body_request(report))

    page = desk.get(url("report_detail", report.pk)).content.decode()

    assert "回答依頼 1団体" in page
    assert "回答案 1件が未処理" in page


@pytest.mark.parametrize("bodies", [1, 20])
def test_the_pages_cost_the_same_for_one_body_and_for_twenty(
    desk: Client, report: Report, bodies: int, django_assert_num_queries: Assertion
) -> None:
    notices = [make_notification(report.assignment) for _ in range(bodies)]
    for notice in notices:
        make_proposal(make_body_request(report, notice))
    rest = [make_notification(report.assignment) for _ in range(bodies)]
    query = "&".join(f"row={notice.pk}" for notice in rest)

    with django_assert_num_queries(LIST_QUERIES):
        desk.get(url("body_request_list", report.pk))
    with django_assert_num_queries(SEND_QUERIES):
        desk.get(f"{url('body_request_send', report.pk)}?{query}")


def test_asking_and_reminding_cost_as_many_queries_for_many_bodies_as_for_one(
    officer: User, desk: Client, django_assert_max_num_queries: Assertion
) -> None:
    one, many = (make_asked_report(officer.ministry, bodies=count) for count in (1, 20))
    OutgoingMail.objects.all().delete()

    for name, day in (("body_request_send", NOW), ("body_request_remind", TOMORROW)):
        with time_machine.travel(day, tick=False):
            desk.force_login(officer)
            desk.get(url("body_request_list", one.pk))
            with CaptureQueriesContext(connection) as alone:
                desk.post(url(name, one.pk), letter(one) | {"send": "1"})
            with django_assert_max_num_queries(len(alone)):
                desk.post(url(name, many.pk), letter(many, 20) | {"send": "1"})

    asked = BodyRequest.objects.filter(report=many).select_related("mail")
    assert {(one.reminder_count, one.mail and one.mail.to == one.email) for one in asked} == {(1, True)}
    assert OutgoingMail.objects.filter(state=MailState.CANCELLED).count() == 21
    assert AuditEntry.objects.filter(action="団体に回答を依頼").count() == 21


def test_a_new_link_ends_the_old_one_and_takes_its_mail_back(report: Report, officer: User) -> None:
    body_request = make_body_request(report)
    old = link_of(body_request)

    again = resend_request(
        body_request=body_request, email="b@dantai.example", due_on=date(2023, 10, 2), actor=officer, now=NOW
    )

    assert link_of(again) != old
    assert Client().get(old.removeprefix("http://localhost:8000"), follow=True).status_code == 410
    assert opened(again).get(reverse("answer")).status_code == 200
    first, second = OutgoingMail.objects.order_by("pk")
    assert (first.state, first.secret_link, second.to) == (MailState.CANCELLED, "", "b@dantai.example")


def test_the_page_sends_a_new_link(desk: Client, report: Report) -> None:
    body_request = make_body_request(report)
    values = {"email": "b@dantai.example", "due_on": "2023-10-02"}

    desk.post(url("body_request_resend", body_request.pk), values)

    body_request.refresh_from_db()
    assert (body_request.email, body_request.due_on) == ("b@dantai.example", date(2023, 10, 2))


def test_a_withdrawn_link_is_dead_at_once(desk: Client, report: Report) -> None:
    body_request = make_body_request(report)
    body = opened(body_request)
    assert body.get(reverse("answer")).status_code == 200

    desk.post(url("body_request_withdraw", body_request.pk))

    assert body.get(reverse("answer")).status_code == 410
    assert OutgoingMail.objects.get().state == MailState.CANCELLED
    assert AuditEntry.objects.filter(action="団体への回答依頼を取消し").exists()


def test_a_request_is_withdrawn_once(report: Report, officer: User) -> None:
    body_request = make_body_request(report)
    withdraw_request(body_request=body_request, actor=officer, now=NOW)

    with pytest.raises(Refusal, match="既に取り消されています"):
        withdraw_request(body_request=body_request, actor=officer, now=NOW)


def test_one_press_reminds_those_who_have_not_answered_with_the_same_link(
    desk: Client, report: Report, officer: User, mailoutbox: list[EmailMessage]
) -> None:
    notices = list(report.assignment.notifications.order_by("pk"))
    silent = make_body_request(report, notices[0])
    make_proposal(make_body_request(report, notices[1]))
    link = link_of(silent)
    deliver_due(read_clock=lambda: NOW, recheck=recheck)

    with time_machine.travel(TOMORROW, tick=False):
        desk.force_login(officer)
        desk.post(url("body_request_remind", report.pk))
        deliver_due(read_clock=lambda: TOMORROW, recheck=recheck)

    silent.refresh_from_db()
    assert (silent.reminder_count, silent.last_reminded_on) == (1, TOMORROW.date())
    assert mailoutbox[-1].to == [silent.email]
    assert mailoutbox[-1].subject.startswith("【再度のお願い・9/29まで】")
    assert link in mailoutbox[-1].body
    to_bodies = [mail.to for mail in mailoutbox if "dantai" in mail.to[0]]
    assert to_bodies == [[silent.email], [silent.email]]  # the other had answered


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (NOW, "今日、催促を送る団体はありません"),
        (NOW + timedelta(days=5), "閉庁日のため"),
        (NOW + timedelta(days=39), "今日、催促を送る団体はありません"),
    ],
    ids=["on the day of asking", "on a Saturday", "after the due date"],
)
def test_bodies_are_not_reminded_out_of_season(report: Report, officer: User, when: Any, why: str) -> None:
    make_body_request(report)

    with pytest.raises(Refusal, match=why):
        remind_bodies(report=report, actor=officer, now=when)


def test_a_body_is_reminded_once_a_day(report: Report, officer: User) -> None:
    make_body_request(report)
    remind_bodies(report=report, actor=officer, now=TOMORROW)

    with pytest.raises(Refusal, match="1日に1回まで"):
        remind_bodies(report=report, actor=officer, now=TOMORROW)

    assert OutgoingMail.objects.filter(dedupe_key__startswith="body_reminder").count() == 1
