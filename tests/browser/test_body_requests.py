"""A body behind its link, without a mouse and on a telephone; then the ministry takes its answers over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django_scopes import scopes_disabled
from playwright.sync_api import expect

from followup.models import BodyAnswer, BodyRequest
from followup.services.body_links import link_of
from tests.browser.conftest import Visitor
from tests.browser.test_answering import OFFICER, open_report
from tests.browser.test_keyboard import press, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def unanswered() -> BodyRequest:
    """Return a request of the demo that no body has answered and nobody has withdrawn."""
    with scopes_disabled():
        requests = BodyRequest.objects.filter(report=open_report(), withdrawn_at=None, proposals=None)
        return requests.select_related("notification__body").earliest("pk")


def link_in_the_mail(body_request: BodyRequest) -> str:
    return link_of(body_request).removeprefix(settings.BASE_URL)


def test_a_body_answers_by_keyboard_and_the_ministry_takes_it_over(
    visitor: Callable[..., Visitor], pictures: Callable[[str, int], str]
) -> None:
    body_request = unanswered()
    body, officer = visitor(), visitor()
    keyboard = body.page.keyboard
    body.visit(link_in_the_mail(body_request), "answer-form")

    tab_to(body, "^周知状況")
    keyboard.press("ArrowDown")
    tab_to(body, "^周知日")
    keyboard.type("令和5年9月1日")
    tab_to(body, "^メール$")
    keyboard.press("Space")
    tab_to(body, "^会員事業者数")
    keyboard.type("１，２００")
    tab_to(body, "^回答者の氏名")
    keyboard.type("協会 花子")
    tab_to(body, "^連絡先")
    keyboard.type("03-0000-0000")
    tab_to(body, "^回答を送信する$")
    press(body, "Enter")
    body.sees("回答を送信しました", "1,200")
    officer.enter(OFFICER)
    only = f"?q={body_request.notification.body.name}"
    officer.visit(f"/portal/reports/{body_request.report_id}/body-requests/{only}")
    officer.follow("回答案を確認", "portal-proposal")
    officer.sees("届いた回答案（第1版）", "1,200")
    officer.press("このまま採用する")

    with scopes_disabled():
        taken = BodyAnswer.objects.get(notification=body_request.notification_id)
    assert taken.answers["member_count"] == 1200


def test_a_body_on_a_telephone_is_told_what_is_missing(visitor: Callable[..., Visitor]) -> None:
    body = visitor(375)
    body.visit(link_in_the_mail(unanswered()))

    body.press("回答を送信する")

    expect(body.page.locator(".ui-error-summary")).to_be_visible()
    assert body.page.locator("[aria-invalid=true]").count() > 1
    body.visit("/answer/no-such-link/")
    body.sees("このリンクは使えません")


def test_a_ministry_asks_a_body_on_a_narrow_screen(visitor: Callable[..., Visitor]) -> None:
    officer = visitor(375)
    officer.enter(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/body-requests/")

    officer.page.locator("input[name=row]").first.check(force=True)
    officer.press("選んだ団体に回答を依頼する")
    officer.page.get_by_label("のメールアドレス").fill("tanto@dantai.example")
    officer.page.get_by_label("問合せ先（課名・担当者名）").fill("大臣官房総務課　担当")
    officer.press("文面を確認する")
    officer.sees("送るメール")
    officer.press("この内容で送る")

    officer.sees("団体への回答依頼")
    with scopes_disabled():
        assert BodyRequest.objects.filter(email="tanto@dantai.example").count() == 1
