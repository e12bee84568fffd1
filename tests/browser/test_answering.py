"""Answering in a real browser: saving by itself, colleagues, the next problem, and the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_scopes import scopes_disabled
from playwright.sync_api import Page, expect

from followup.models import BodyAnswer, Report
from tests.browser.conftest import Visitor
from tests.browser.test_keyboard import press, tab_to

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
    officer.enter(OFFICER)
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
        person.enter(email)
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
    officer.enter(OFFICER)
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


def test_the_next_problem_takes_the_focus(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.enter(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/submit/")

    officer.follow("次の不足・誤りへ")
    first = officer.page.evaluate("document.activeElement.id")
    officer.press("保存して次の不足・誤りへ")
    second = officer.page.evaluate("document.activeElement.id")

    assert first
    assert second
    assert first != second
    assert officer.page.locator(f"#{second}").count() == 1


def test_bodies_are_filled_at_once_by_keyboard_alone(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.enter(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/fill/?show=blank")
    keyboard = officer.page.keyboard

    tab_to(officer, "絞り込んだ全|このページの全ての団体を選ぶ")
    keyboard.press("Space")
    tab_to(officer, "^出張申請受付の実施回数")
    keyboard.type("3")
    tab_to(officer, "変更の内容を確かめる")
    press(officer, "Enter")
    officer.sees("出張申請受付の実施回数")
    tab_to(officer, "^まとめて入力する$")
    press(officer, "Enter")

    officer.sees("まとめて入力し、下書きとして保存しました。")
    with scopes_disabled():
        rows = BodyAnswer.objects.filter(report=open_report())
        assert any(row.answers.get("onsite_count") == 3 for row in rows)


def test_a_block_is_pasted_on_a_narrow_screen(visitor: Callable[..., Visitor]) -> None:
    with scopes_disabled():
        row = open_report().assignment.notifications.filter(issued_on__isnull=False).select_related("body")[0]
        name, pk = row.body.name, row.pk
    officer = visitor(375)
    officer.enter(OFFICER)
    officer.visit(f"/portal/reports/{open_report().pk}/paste/")

    officer.page.locator("textarea").fill(f"団体名\t支障となっている事項\n{name}\t人手が足りない\n")
    officer.press("変更の内容を確かめる")
    officer.sees("1団体の回答が変わり、0団体は変わりません。")
    officer.press("この内容で保存する")

    officer.sees("貼り付けた内容を下書きとして保存しました（変更した団体 1件）。")
    with scopes_disabled():
        assert BodyAnswer.objects.get(notification=pk).answers["obstacle"] == "人手が足りない"
