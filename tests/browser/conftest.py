"""A real Chromium against the live server, with what every page is held to: axe, CSP, no 5xx, no overflow."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from outreach.models import User

SCREENSHOTS = Path(__file__).parent.parent.parent / "docs" / "screenshots"
PICTURE_HEIGHT = 2000  # CSS pixels; what is below shows nothing new
NARROW = 375
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is in order is neither described nor sent here
}
STATE = """[
    innerWidth, innerHeight, location.hash, document.documentElement.outerHTML,
    ...Array.from(document.querySelectorAll("input, select, textarea"), one => [one.value, one.checked]),
].join("\\n")"""
TOKEN = re.compile(r"\b\w{64}\b")  # what guards a form against forgery, another on each page
PASSWORD = "demo-password-for-the-browser"
# Chromium looks up its maker's hosts at start unless told not to.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in the test's thread


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": QUIET}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, tmp_path_factory: Any) -> None:
    """Keep the database in a file: a browser asks for several things at once, each with a connection."""
    connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def demo_copy(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Path:
    """Load the demo once and keep it as a file: loading takes seconds, copying does not."""
    copy: Path = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    with django_db_blocker.unblock():
        with override_settings(DEBUG=True, OUTREACH_TODAY=date(2023, 9, 4), DEMO_PASSWORD=PASSWORD):
            call_command("load_demo", verbosity=0)
        with closing(sqlite3.connect(copy)) as target:
            connection.connection.backup(target)
        call_command("flush", verbosity=0, interactive=False)
    return copy


@pytest.fixture
def demo(transactional_db: None, demo_copy: Path, settings: Any) -> str:
    """Put the demo of September 2023 into the database; return the password of its accounts."""
    settings.OUTREACH_TODAY = date(2023, 9, 4)
    connection.ensure_connection()
    with closing(sqlite3.connect(demo_copy)) as source:
        source.backup(connection.connection)
    return PASSWORD


class Visitor:
    """One person at a browser, whose every page is checked on arrival."""

    in_order: ClassVar[set[int]] = set()

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.problems.append(f"CSP: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status}: {response.url}")

    def enter(self, email: str) -> None:
        """Come as somebody who has logged in before; how one logs in is tried in test_entrance."""
        client = Client()
        client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.origin}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    def log_in(self, email: str, password: str = PASSWORD) -> None:
        self.visit("/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(password)
        self.press("ログイン")

    def visit(self, path: str, picture: str = "") -> None:
        self.page.goto(f"{self.origin}{path}")
        self.check(picture)

    def follow(self, text: str, picture: str = "") -> None:
        """Click the first link with this text and check the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=text).first.click()
        self.check(picture)

    def press(self, text: str, picture: str = "") -> None:
        """Click the first button with this text and check the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=text).first.click()
        self.check(picture)

    def sees(self, *texts: str) -> None:
        """Hold that the page says all of this, each where it can be seen."""
        for text in texts:
            shown = self.page.locator("main, #container").get_by_text(text).filter(visible=True)
            assert shown.count(), f"{self.page.url} に「{text}」がありません"

    def check(self, picture: str = "") -> None:
        """Hold the page to CSP, axe and the width of the window; keep a picture when asked for."""
        self.page.wait_for_load_state()
        assert self.problems == [], self.problems
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(width) <= 0, f"{self.page.url} は横にはみ出しています"
        if picture and os.environ.get("SCREENSHOTS"):
            self._keep(picture)
        self._search_with_axe()

    def _search_with_axe(self) -> None:
        """Hold the page to axe, unless the very same one has been found in order before."""
        state = hash(TOKEN.sub("", self.page.evaluate(STATE)))
        if state in self.in_order:
            return
        # axe's own injection raises style messages, so the policy is checked before it; they come in
        # their own time, two frames later at the latest.
        result = Axe().run(self.page, options=AXE)
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.problems.clear()
        assert result.violations_count == 0, f"{self.page.url}\n{result.generate_report()}"
        self.in_order.add(state)

    def _keep(self, picture: str) -> None:
        """Keep a picture from the top of the page: a tall window, so that what sticks to its end does."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        width, window, height = self.page.evaluate(
            "[innerWidth, innerHeight, document.documentElement.scrollHeight]"
        )
        self.page.set_viewport_size({"width": width, "height": min(height, PICTURE_HEIGHT)})
        self.page.evaluate("scrollTo(0, 0)")
        # To hide the caret, fields would be given a style of their own, which htmx then carries over.
        self.page.screenshot(path=SCREENSHOTS / f"{picture}.png", caret="initial")
        self.page.set_viewport_size({"width": width, "height": window})


@pytest.fixture
def pictures() -> Callable[[str, int], str]:
    """Return what names the picture of a page: one of the wide screen is enough for the documents."""
    return lambda name, width: name if width > NARROW else ""


@pytest.fixture
def visitor(demo: str, browser: Browser, live_server: Any) -> Iterator[Callable[..., Visitor]]:
    """Return a maker of visitors, each with cookies of their own; `width` in CSS pixels."""
    contexts = []

    def make(width: int = 1280) -> Visitor:
        context = browser.new_context(
            locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        return Visitor(context.new_page(), live_server.url)

    yield make
    for context in contexts:
        context.close()
