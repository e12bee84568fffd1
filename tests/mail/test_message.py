"""A mail reads alike as plain text and as HTML, on a phone too, and fetches nothing from elsewhere."""

from __future__ import annotations

from email.message import EmailMessage as Message
from typing import Any, cast

import pytest
from bs4 import BeautifulSoup

from outreach.models import SECRET_LINK
from outreach.services.delivery import Attachment, Outcome, Send
from outreach.services.mail_message import as_html
from tests.factories import make_mail
from tests.mail.sending import deliver_one

TEXT = """厚生労働省　御担当者様

回答期限：令和5年10月6日（金）
入力画面：https://outreach.example/portal/?a=1&b=2。
・<b>太字</b>ではありません（https://outreach.example/guide/）
"""


def page(text: str) -> BeautifulSoup:
    return BeautifulSoup(as_html(text, subject="件名"), "html.parser")


def test_the_html_says_the_same_words_as_the_plain_text() -> None:
    shown = page(TEXT).main

    assert shown is not None
    assert [p.get_text("\n").replace("\n", "") for p in shown.find_all("p")] == [
        "厚生労働省　御担当者様",
        TEXT.partition("\n\n")[2].replace("\n", ""),
    ]
    assert shown.find("b") is None


def test_addresses_become_links_and_the_words_around_them_do_not() -> None:
    links = page(
        TEXT + "\n(https://outreach.example/x_(1)), https://outreach.example/y.\njavascript:alert(1)"
    )

    assert [link["href"] for link in links.find_all("a")] == [
        "https://outreach.example/portal/?a=1&b=2",
        "https://outreach.example/guide/",
        "https://outreach.example/x_(1)",
        "https://outreach.example/y",
    ]


def test_the_html_is_japanese_fits_a_phone_and_fetches_nothing() -> None:
    shown = page(TEXT)

    assert shown.html is not None
    assert shown.html["lang"] == "ja"
    assert "width=device-width" in str(shown.find("meta", attrs={"name": "viewport"}))
    assert shown.find_all(["img", "link", "script", "iframe", "object"]) == []
    assert "url(" not in str(shown) and "@import" not in str(shown)  # noqa: PT018


@pytest.mark.django_db
def test_what_a_recheck_attaches_goes_with_the_mail(mailoutbox: list[Any]) -> None:
    mail = make_mail(body=f"開く：{SECRET_LINK}", secret_link="https://outreach.example/invite/x/")
    calendar = Attachment("回答期限.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n")

    outcome = deliver_one(
        mail, recheck=lambda mail, _now: Send(mail.subject, mail.body, attachments=(calendar,))
    )

    message = cast("Message", mailoutbox[0].message())
    assert (outcome, mail.attached) == (Outcome.SENT, "回答期限.ics")
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    assert [part.get_filename() for part in message.walk()][-1] == "回答期限.ics"
    plain, html = mailoutbox[0].body, mailoutbox[0].alternatives[0].content
    assert "https://outreach.example/invite/x/" in plain
    assert 'href="https://outreach.example/invite/x/"' in html
