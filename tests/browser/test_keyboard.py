"""Without a mouse: from the login to a recorded notice by Tab, Space and Enter, seeing where one is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import PASSWORD, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANY = 150
"""Tab stops; more than any page has before what is looked for here."""
FOCUSED = """() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.innerText ?? "";
  const words = element.getAttribute("aria-label") ?? (label || element.innerText || element.value || "");
  const style = getComputedStyle(element);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { words, outlined, atStart: element === document.body };
}"""


def tab_to(person: Visitor, words: str) -> None:
    """Press Tab until the element that says this has the focus; each stop must show that it has it."""
    for _ in range(MANY):
        person.page.keyboard.press("Tab")
        focused = person.page.evaluate(FOCUSED)
        stop = focused["words"].strip().splitlines()[:1]
        assert focused["outlined"] or focused["atStart"], f"{person.page.url}: {stop} の位置が見えません"
        if re.search(words, focused["words"]):
            return
    raise AssertionError(f"{person.page.url}: Tabで「{words}」に着きません")


def press(person: Visitor, key: str) -> None:
    """Press a key that leads to another page."""
    with person.page.expect_navigation():
        person.page.keyboard.press(key)
    person.check()


def test_a_notice_is_recorded_by_keyboard_alone(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    keyboard = officer.page.keyboard
    officer.visit("/login/")
    tab_to(officer, "メールアドレス")
    keyboard.type("officer@meti.example")
    tab_to(officer, "^パスワード")
    keyboard.type(PASSWORD)
    press(officer, "Enter")
    tab_to(officer, "^本文へ移動")
    tab_to(officer, "^発出$")
    press(officer, "Enter")
    tab_to(officer, "^本文へ移動")
    keyboard.press("Enter")  # straight to the content, past the menu
    tab_to(officer, r"^記録\s*：")
    press(officer, "Enter")
    tab_to(officer, "^メール$")
    keyboard.press("Space")
    tab_to(officer, "発出を記録する")
    press(officer, "Enter")
    officer.sees("1団体への発出を記録しました。")
