"""The frame of every page, the entrance and the error pages."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup, Tag
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from tests.factories import make_ministry, make_officer, make_staff


def page_of(client: Client, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).content, "html.parser")


def one(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


@pytest.mark.django_db
def test_the_header_says_for_whom_and_in_which_role_one_works(client: Client) -> None:
    client.force_login(make_officer(make_ministry("厚生労働省"), name="山田 太郎"))

    page = page_of(client, "/2fa/")

    assert one(page, ".site-header__who").text.split() == ["厚生労働省", "山田", "太郎（取りまとめ担当）"]
    assert page.select('.site-header a[href^="/admin/"]') == []


@pytest.mark.django_db
def test_staff_are_shown_as_staff_with_the_way_to_the_admin(client: Client) -> None:
    client.force_login(make_staff(name="佐藤 花子"))

    page = page_of(client, "/2fa/")

    assert one(page, ".site-header__who").text.split() == ["取りまとめ側", "佐藤", "花子（職員）"]
    assert one(page, '.site-header a[href="/admin/"]').text == "管理画面"


@pytest.mark.django_db
def test_one_logs_out_by_a_button_that_posts(client: Client) -> None:
    client.force_login(make_officer())

    form = one(page_of(client, "/2fa/"), ".site-header form")

    assert (form["method"], form["action"]) == ("post", "/logout/")
    assert form.select_one('input[name="csrfmiddlewaretoken"]')


def test_the_first_link_of_a_page_leads_to_its_main_part(client: Client) -> None:
    page = page_of(client, "/login/")

    assert one(page, "a")["href"] == "#main"
    assert one(page, "#main").name == "main"


def test_a_rehearsal_says_on_every_page_which_day_it_plays(client: Client, settings: Settings) -> None:
    settings.OUTREACH_TODAY = date(2023, 9, 4)

    page = page_of(client, "/login/")

    assert one(page, ".ui-rehearsal").text == "リハーサル表示中：本日を令和5年9月4日として動作しています"


def test_ordinary_use_has_no_rehearsal_notice(client: Client) -> None:
    assert page_of(client, "/login/").select(".ui-rehearsal") == []


def test_the_title_tells_of_errors_first(client: Client) -> None:
    response = client.post("/login/", {})

    page = BeautifulSoup(response.content, "html.parser")
    assert one(page, "title").text == "エラー：ログイン｜周知依頼トラッカー"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/login/", "ログイン"),
        ("/password/reset/", "パスワードの再設定"),
        ("/password/reset/done/", "メールを送信しました"),
        ("/password/reset/key/a-b/", "リンクが無効です"),
        ("/password/reset/key/done/", "パスワードを変更しました"),
        ("/signup/", "利用登録について"),
        ("/inactive/", "アカウントが無効です"),
    ],
)
def test_the_pages_before_the_login_are_ours(client: Client, path: str, heading: str) -> None:
    page = page_of(client, path)

    assert one(page, "h1").text == heading
    assert one(page, "title").text == f"{heading}｜周知依頼トラッカー"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/logout/", "ログアウト"),
        ("/password/change/", "パスワードの変更"),
        ("/reauthenticate/", "本人確認"),
        ("/2fa/", "多要素認証"),
        ("/sessions/", "ログイン中の端末"),
    ],
)
def test_the_pages_of_an_account_are_ours(client: Client, path: str, heading: str) -> None:
    client.force_login(make_officer())

    assert one(page_of(client, path), "h1").text == heading


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "409", "413", "429", "500"])
def test_an_error_page_needs_neither_request_nor_database(code: str) -> None:
    page = BeautifulSoup(render_to_string(f"errors/{code}.html"), "html.parser")

    assert one(page, "title").text.endswith("｜周知依頼トラッカー")
    assert one(page, "main a.ui-button")["href"] == "/"


def test_a_stale_form_is_answered_with_both_values() -> None:
    conflicts = [{"label": "発出日", "mine": "令和5年9月1日", "theirs": "令和5年9月4日"}]

    markup = render_to_string("errors/409.html", {"conflicts": conflicts, "reload_url": "/portal/"})

    page = BeautifulSoup(markup, "html.parser")
    assert [cell.text for cell in page.select("tbody :is(th, td)")] == [
        "発出日",
        "令和5年9月1日",
        "令和5年9月4日",
    ]
    assert one(page, "main a.ui-button")["href"] == "/portal/"
