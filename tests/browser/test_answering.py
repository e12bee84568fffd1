"""Answering in a real browser: it saves by itself, beside a colleague and past a session's end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_scopes import scopes_disabled
from playwright.sync_api import Page, expect

from followup.models import Report
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OFFICER, COLLEAGUE = "officer@mhlw.example", "contributor@mhlw.example"
PATIENCE = 15_000
"""Milliseconds; the page itself waits two seconds after the last key."""


def open_report() -> Report:
    """Return the report of 厚生労働省 that the demo has left to be answered."""
    with scopes_disabled():
        return Report.objects.get(
            assignment__ministry__name="厚生労働省", form_version__isnull=False, status="draft"
        )


def own_answer(key: str) -> object:
    with scopes_disabled():
        return Report.objects.get(pk=open_report().pk).answers.get(key)


def says(page: Page, text: str) -> None:
    """Wait until the page says this of what was typed."""
    expect(page.locator("[data-save-state]")).to_contain_text(text, timeout=PATIENCE)


@pytest.mark.parametrize("width", [1280, 375])
def test_a_page_saves_by_itself_and_says_so_without_moving_the_focus(
    visitor: Callable[..., Visitor], width: int
) -> None:
    officer = visitor(width)
    officer.log_in(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/edit/")
    staff = officer.page.locator("input[name=insurance_staff]")

    staff.fill("")
    staff.press_sequentially("たくさん")
    says(officer.page, "入力を直してください（1か所）")
    expect(staff).to_have_value("たくさん")
    expect(staff).to_be_focused()
    expect(staff).to_have_attribute("aria-invalid", "true")
    officer.sees("数として読み取れません。")
    staff.fill("1,234")
    says(officer.page, "保存しました（")

    expect(staff).to_be_focused()
    assert own_answer("insurance_staff") == 1234
    officer.check()


def test_a_colleagues_answer_is_shown_while_one_types_and_neither_is_lost(
    visitor: Callable[..., Visitor],
) -> None:
    address = f"/portal/reports/{open_report().pk}/edit/"
    mine, theirs = visitor(), visitor()
    for person, email in ((mine, OFFICER), (theirs, COLLEAGUE)):
        person.log_in(email)
        person.visit(address)
    theirs.page.locator("input[name=account_staff]").fill("50")
    says(theirs.page, "保存しました（")

    mine.page.locator("input[name=account_staff]").fill("60")
    says(mine.page, "ほかの方と重なった項目があります（1か所）")

    mine.sees("ほかの方が先に保存した内容：50人")
    expect(mine.page.locator("input[name=account_staff]")).to_have_value("60")
    assert own_answer("account_staff") == 50
    mine.check()


def test_what_was_typed_outlives_the_session(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.log_in(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/edit/")
    officer.page.context.clear_cookies(name="sessionid")

    officer.page.locator("input[name=account_staff]").fill("60")
    says(officer.page, "ログインの有効期限が切れました")
    with officer.page.context.expect_page() as opened:
        officer.page.get_by_role("link", name="別の画面でログインする").click()
    again = Visitor(opened.value, officer.origin)
    again.log_in(OFFICER)
    officer.page.evaluate("window.dispatchEvent(new Event('focus'))")
    says(officer.page, "保存しました（")

    assert own_answer("account_staff") == 60
