"""A real Chromium against the live server, with what every page is held to: axe, CSP, no 5xx, no overflow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page

SCREENSHOTS = Path(__file__).parent.parent.parent / "docs" / "screenshots"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
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


@pytest.fixture
def demo(transactional_db: None, settings: Any) -> str:
    """Load the demo of September 2023; return the password of its accounts."""
    settings.OUTREACH_TODAY = date(2023, 9, 4)
    os.environ["DEMO_PASSWORD"] = password = "demo-password-for-the-browser"
    settings.DEBUG = True
    call_command("load_reference", verbosity=0)
    call_command("load_demo", verbosity=0)
    return password


class Visitor:
    """One person at a browser, whose every page is checked on arrival."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.problems.append(f"CSP: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status}: {response.url}")

    def log_in(self, email: str, password: str) -> None:
        self.page.goto(f"{self.origin}/login/")
        self.page.get_by_label("メールアドレス").fill(email)
        self.page.get_by_label("パスワード", exact=True).fill(password)
        self.page.get_by_role("button", name="ログイン").click()

    def visit(self, path: str, picture: str = "") -> None:
        self.page.goto(f"{self.origin}{path}")
        self.check(picture)

    def check(self, picture: str = "") -> None:
        """Hold the page to CSP, axe and the width of the window; keep a picture when asked for."""
        assert self.problems == [], self.problems
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(width) <= 0, f"{self.page.url} は横にはみ出しています"
        if picture and os.environ.get("SCREENSHOTS"):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SCREENSHOTS / f"{picture}.png", full_page=True)
        # axe's own injection raises style messages, so the policy is checked before it.
        result = Axe().run(self.page, options={"runOnly": AXE_TAGS})
        self.problems.clear()
        assert result.violations_count == 0, f"{self.page.url}\n{result.generate_report()}"


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Iterator[Callable[..., Visitor]]:
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
