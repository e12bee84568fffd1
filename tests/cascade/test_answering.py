"""A body answers for itself behind its link: without an account, and without touching the report."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from followup.models import BodyAnswer, BodyRequest, ProposedAnswer, Report
from followup.rules.body_requests import ProposalState
from followup.rules.status import RoundStatus
from followup.services.body_links import link_of
from followup.services.body_requests import resend_request, withdraw_request
from followup.services.drafts import save_answers
from followup.services.proposal_decisions import decline_proposal, take_proposal
from followup.views import body_answers
from outreach.models import AuditEntry, MailState, OutgoingMail, User
from outreach.models.audit import AppendOnlyError
from tests.cascade.conftest import opened
from tests.factories import NOW, make_body_request, make_officer, make_proposal

pytestmark = pytest.mark.django_db
PAGE, SENT = "/answer/", "/answer/sent/"


def entered(body: Client, **fields: Any) -> dict[str, Any]:
    """Return what the page would post: its hidden fields, a whole answer, and who answers."""
    page = body.get(PAGE).content.decode()
    hidden = dict(
        re.findall(r'<input type="hidden" name="((?:row|respondent)-[^"]+)"(?: value="([^"]*)")?', page)
    )
    values = {
        "row-reach_status": "done",
        "row-reached_on": "2023-09-04",
        "row-reach_channels": ["mail"],
        "respondent-name": "協会 花子",
        "respondent-contact": "03-0000-0000",
    }
    return hidden | values | fields


def test_a_body_answers_without_an_account_and_the_report_stays_as_it_is(report: Report) -> None:
    body_request = make_body_request(report)
    body = opened(body_request)

    response = body.post(PAGE, entered(body, **{"row-member_count": "１，２００"}))

    proposal = ProposedAnswer.objects.get()
    assert response["Location"] == SENT
    assert proposal.answers == {
        "reach_status": "done",
        "reached_on": "2023-09-04",
        "reach_channels": ["mail"],
        "member_count": 1200,
    }
    assert (proposal.state, proposal.respondent_name, proposal.number) == (
        ProposalState.PENDING,
        "協会 花子",
        1,
    )
    assert not BodyAnswer.objects.exists()
    assert Report.objects.get(pk=report.pk).version == report.version


def test_the_page_shows_who_asks_and_only_this_bodys_questions(report: Report) -> None:
    first, second, _third = report.assignment.notifications.order_by("pk")
    body = opened(make_body_request(report, first, message="4月1日現在で"))

    page = body.get(PAGE).content.decode()

    assert report.assignment.ministry.name in page
    assert "周知への御協力について（依頼）（令和5年9月1日）" in page
    assert "令和5年9月29日（金）" in page
    assert "4月1日現在で" in page
    assert first.body.name in page
    assert second.body.name not in page
    assert 'name="row-member_count"' in page
    assert 'name="row-reached_staff_count"' not in page  # asked of 独立行政法人等
    assert 'name="row-insurance_staff"' not in page  # asked of the ministry


def test_the_page_does_not_show_what_the_ministry_has_entered(report: Report, officer: User) -> None:
    notice = report.assignment.notifications.order_by("pk")[0]
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (None, {"member_count": 987654, "obstacle": "省内の見立て"})},
        actor=officer,
        now=NOW,
    )

    page = opened(make_body_request(report, notice)).get(PAGE).content.decode()

    assert "987654" not in page
    assert "省内の見立て" not in page


def test_the_token_leaves_the_address_and_a_scanner_uses_nothing_up(report: Report) -> None:
    body_request = make_body_request(report)
    path = link_of(body_request).removeprefix("http://localhost:8000")

    for _ in range(3):
        scanned = Client().get(path, follow=True)

    assert scanned.redirect_chain == [(PAGE, 302)]
    assert path.split("/")[-2] not in scanned.content.decode()
    assert "no-store" in scanned["Cache-Control"]
    body = opened(body_request)
    assert body.post(PAGE, entered(body)).status_code == 302


def test_replaced_withdrawn_expired_unknown_and_closed_links_get_the_same_page(
    report: Report, officer: User
) -> None:
    notices = list(report.assignment.notifications.order_by("pk"))
    replaced, withdrawn, expired = (
        make_body_request(report, notices[0]),
        make_body_request(report, notices[1]),
        make_body_request(report, notices[2]),
    )
    closed = make_body_request()
    paths = [
        link_of(one).removeprefix("http://localhost:8000") for one in (replaced, withdrawn, expired, closed)
    ]
    resend_request(
        body_request=replaced, email="b@dantai.example", due_on=date(2023, 9, 29), actor=officer, now=NOW
    )
    withdraw_request(body_request=withdrawn, actor=officer, now=NOW)
    BodyRequest.objects.filter(pk=expired.pk).update(due_on=date(2023, 9, 3))
    type(closed.report.round).objects.filter(pk=closed.report.round_id).update(status=RoundStatus.CLOSED)

    pages = [Client().get(path, follow=True) for path in [*paths, "/answer/unknown/"]]
    pages.append(Client().get(SENT))

    assert {page.status_code for page in pages} == {410}
    assert len({page.content for page in pages}) == 1


def test_the_due_day_itself_still_counts(report: Report) -> None:
    body = opened(make_body_request(report))
    last_second = NOW.replace(month=9, day=29, hour=23, minute=59, second=59)

    with time_machine.travel(last_second, tick=False):
        body = opened(BodyRequest.objects.get())
        assert body.get(PAGE).status_code == 200
    with time_machine.travel(last_second + timedelta(seconds=1), tick=False):
        assert body.get(PAGE).status_code == 410


def test_a_link_that_was_withdrawn_while_the_page_was_open_takes_nothing(
    report: Report, officer: User
) -> None:
    body_request = make_body_request(report)
    body = opened(body_request)
    values = entered(body)
    withdraw_request(body_request=body_request, actor=officer, now=NOW)

    assert body.post(PAGE, values).status_code == 410
    assert not ProposedAnswer.objects.exists()


def test_a_double_click_sends_once(report: Report) -> None:
    body = opened(make_body_request(report))
    values = entered(body)

    responses = [body.post(PAGE, values) for _ in range(2)]

    assert [response["Location"] for response in responses] == [SENT, SENT]
    assert ProposedAnswer.objects.count() == 1


def test_a_body_corrects_its_answer_and_finds_what_it_sent_before(report: Report) -> None:
    body_request = make_body_request(report)
    make_proposal(body_request, {"reach_status": "undecided", "member_count": 50})
    body = opened(body_request)
    page = body.get(PAGE).content.decode()

    body.post(PAGE, entered(body))

    assert 'value="50"' in page
    assert "回答は送信済みです" in page
    assert list(ProposedAnswer.objects.order_by("number").values_list("number", "state")) == [
        (1, ProposalState.REPLACED),
        (2, ProposalState.PENDING),
    ]


def test_two_devices_do_not_overwrite_each_other_unseen(report: Report) -> None:
    body_request = make_body_request(report)
    office, phone = opened(body_request), opened(body_request)
    early, late = (
        entered(office),
        entered(phone, **{"row-member_count": "70", "respondent-name": "協会 次郎"}),
    )
    office.post(PAGE, early)

    told = phone.post(PAGE, late)

    page = told.content.decode()
    assert told.status_code == 409
    assert "別の画面から回答が送信されています" in page
    assert "協会 花子" in page
    assert 'value="70"' in page
    assert ProposedAnswer.objects.count() == 1
    again = dict(re.findall(r'name="(row-form__version)" value="([^"]*)"', page))
    assert phone.post(PAGE, late | again).status_code == 302
    assert ProposedAnswer.objects.pending().get().answers["member_count"] == 70


def test_another_link_opened_in_the_same_browser_does_not_take_the_first_ones_answer(report: Report) -> None:
    first, second, _third = report.assignment.notifications.order_by("pk")
    one, other = make_body_request(report, first), make_body_request(report, second)
    browser = opened(one)
    values = entered(browser)
    browser.get(link_of(other).removeprefix("http://localhost:8000"))

    assert browser.post(PAGE, values).status_code == 410
    assert not ProposedAnswer.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"row-reach_status": ""}, "回答を入力してください。"),
        ({"row-reached_on": "いつか"}, "日付として読み取れません"),
        ({"row-member_count": "10", "row-reached_member_count": "11"}, "会員"),
        ({"row-reach_status": "bogus"}, "選択肢の中から"),
        ({"respondent-name": ""}, "必須"),
        ({"respondent-contact": ""}, "必須"),
        ({"row-good_practice": "あ" * 2001}, "文字"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_sent(
    report: Report, fields: dict[str, str], message: str
) -> None:
    body = opened(make_body_request(report))

    response = body.post(PAGE, entered(body, **fields))

    assert response.status_code == 400
    assert message in response.content.decode()
    assert not ProposedAnswer.objects.exists()


def test_what_was_sent_can_be_printed(report: Report) -> None:
    body = opened(make_body_request(report))
    body.post(PAGE, entered(body))

    page = body.get(SENT).content.decode()

    assert "回答の控え" in page
    assert "周知した" in page
    assert "令和5年9月4日 10時00分" in page


def test_an_accepted_answer_cannot_be_changed_any_more(report: Report, officer: User) -> None:
    body_request = make_body_request(report)
    body = opened(body_request)
    values = entered(body)
    proposal = make_proposal(body_request)
    take_proposal(proposal=proposal, seen_version=None, actor=officer, now=NOW)

    late = body.post(PAGE, values)

    assert late.status_code == 409
    assert "既に府省庁が受け付けた" in late.content.decode()
    assert body.get(PAGE)["Location"] == SENT
    assert "回答は受け付けられました" in body.get(SENT).content.decode()
    assert ProposedAnswer.objects.count() == 1


def test_a_declined_answer_may_be_sent_again(report: Report, officer: User) -> None:
    body_request = make_body_request(report)
    proposal = make_proposal(body_request)
    reason = "会員数を御確認ください。"
    decline_proposal(proposal=proposal, reason=reason, tell_body=False, actor=officer, now=NOW)
    body = opened(body_request)

    assert reason in body.get(PAGE).content.decode()
    assert body.post(PAGE, entered(body)).status_code == 302
    assert ProposedAnswer.objects.count() == 2


def test_too_many_pages_are_refused_and_the_address_counts_not_the_session(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_answers, "PAGES_PER_ADDRESS", 3)
    body_request = make_body_request(report)

    statuses = [opened(body_request).get(PAGE).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


def test_one_link_is_limited_whatever_address_it_is_opened_from(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_answers, "PAGES_PER_LINK", 2)
    body_request = make_body_request(report)

    statuses = [
        opened(body_request).get(PAGE, REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_a_large_body_is_refused_before_it_is_read(report: Report) -> None:
    body = opened(make_body_request(report))

    response = body.post(PAGE, {"row-good_practice": "a" * 300_000})

    assert response.status_code == 413
    assert body.get(PAGE).status_code == 200


def test_a_logged_in_officer_of_another_ministry_may_open_a_link_too(report: Report) -> None:
    body_request = make_body_request(report)
    browser = Client()
    browser.force_login(make_officer())

    page = browser.get(link_of(body_request).removeprefix("http://localhost:8000"), follow=True)

    assert page.status_code == 200
    assert body_request.notification.body.name in page.content.decode()


def test_opening_and_answering_are_on_the_trail_as_the_body(report: Report) -> None:
    body_request = make_body_request(report)
    name = body_request.notification.body.name
    body = opened(body_request)
    body.post(PAGE, entered(body))
    body.get(PAGE)

    entries = AuditEntry.objects.filter(ministry=report.assignment.ministry, actor=None).order_by("pk")

    assert [(entry.action, entry.actor_label) for entry in entries] == [
        ("団体が回答画面を開いた", f"{name}（リンク）"),
        ("メールを取りやめ", f"{name}（協会 花子）"),
        ("団体が回答", f"{name}（協会 花子）"),
    ]


def test_an_answer_takes_a_waiting_mail_back(report: Report) -> None:
    body_request = make_body_request(report)

    make_proposal(body_request)

    assert OutgoingMail.objects.get(to=body_request.email).state == MailState.CANCELLED


def test_what_a_body_said_never_changes(report: Report) -> None:
    proposal = make_proposal(make_body_request(report))

    proposal.respondent_name = "別人"
    with pytest.raises(AppendOnlyError):
        proposal.save()
    with pytest.raises(AppendOnlyError):
        ProposedAnswer.objects.update(answers={})
    with pytest.raises(AppendOnlyError):
        ProposedAnswer.objects.all().delete()


def test_forged_hidden_fields_never_crash(report: Report) -> None:
    body = opened(make_body_request(report))
    forged = {"row-form__version": "9" * 30, "row-form__seen": json.dumps(["x"]), "respondent-link": "x"}

    assert body.post(PAGE, forged).status_code == 410
    assert body.post(PAGE, entered(body, **{"row-form__version": "９"})).status_code == 302


def test_the_ministry_is_told_once_a_day_and_report_that_bodies_answered(report: Report) -> None:
    notices = list(report.assignment.notifications.order_by("pk"))
    requests = [make_body_request(report, notice) for notice in notices]
    told = OutgoingMail.objects.filter(dedupe_key__startswith="bodies_answered:")

    make_proposal(requests[0])
    make_proposal(requests[0], {"reach_status": "undecided"})
    make_proposal(requests[1])
    first_day = list(told)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        make_proposal(requests[2], now=NOW + timedelta(days=1))

    officers = {user.email for user in User.objects.officers().filter(ministry=report.assignment.ministry)}
    assert {mail.to for mail in first_day} == officers
    assert len(first_day) == len(officers)
    assert len(told.all()) == 2 * len(officers)
    assert notices[0].body.name in first_day[0].body
    assert f"/portal/reports/{report.pk}/body-requests/" in first_day[0].body


def test_an_address_that_tries_links_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_answers, "PAGES_PER_ADDRESS", 2)
    body = Client()

    statuses = [body.get(f"/answer/{number}guess/").status_code for number in range(3)]

    assert statuses == [302, 302, 429]
