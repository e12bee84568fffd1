"""The entrance at a browser: login, invitation, password, second factor, and the pages that say no."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from outreach import clock
from outreach.models import OutgoingMail, Role, User
from outreach.services.accounts import invite
from tests.browser.conftest import PASSWORD, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "あたらしい合言葉は長いほどよい"
OFFICER, VIEWER = "officer@mhlw.example", "viewer@mhlw.example"
STEP_SECONDS = 30


def one_time_code(secret: str) -> str:
    """Return what the authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // STEP_SECONDS)))


def test_a_newcomer_follows_the_invitation(visitor: Callable[..., Visitor]) -> None:
    staff = User.objects.get(email="staff@digital.example")
    ministry = User.objects.get(email=OFFICER).ministry
    _invitation, token = invite(
        email="shinnin@mhlw.example",
        name="新任 太郎",
        ministry=ministry,
        role=Role.CONTRIBUTOR,
        is_staff=False,
        actor=staff,
        now=clock.now(),
    )
    newcomer = visitor()
    newcomer.visit(f"/invite/{token}/")
    newcomer.sees("新任 太郎様が招待されています。", "厚生労働省")
    newcomer.press("パスワードを設定して利用を始める")
    for field in newcomer.page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    newcomer.press("パスワードを設定して利用を始める")
    newcomer.log_in("shinnin@mhlw.example", NEW_PASSWORD)
    newcomer.visit("/portal/")
    newcomer.press("ログアウト")
    newcomer.visit(f"/invite/{token}/")
    assert newcomer.page.locator("input[type=password]").count() == 0


def test_an_officer_looks_after_the_account(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.visit("/portal/")
    officer.page.locator("input[name=login]").fill(OFFICER)
    officer.page.locator("input[name=password]").fill("違うパスワード")
    officer.press("ログイン")
    assert officer.page.locator(".ui-error-summary").is_visible()
    officer.log_in(OFFICER)
    officer.visit("/portal/")
    officer.follow("ログイン中の端末")
    officer.sees("この端末")
    turn_on_the_second_factor(officer)
    officer.follow("パスワードの変更")
    current, *new = officer.page.locator("input[type=password]").all()
    current.fill(PASSWORD)
    for field in new:
        field.fill("short")
    officer.press("パスワードを変更する")
    officer.page.locator("input[type=password]").first.fill(PASSWORD)
    for field in officer.page.locator("input[type=password]").all()[1:]:
        field.fill(NEW_PASSWORD)
    officer.press("パスワードを変更する")
    assert OutgoingMail.objects.filter(to=OFFICER, subject__contains="パスワード").exists()


def turn_on_the_second_factor(officer: Visitor) -> None:
    """Set up an authenticator app, see the recovery codes, and log in with a code of the app."""
    officer.follow("多要素認証")
    officer.sees("未設定")
    officer.follow("認証アプリを設定する")
    officer.sees("本人確認")
    officer.page.locator("input[type=password]").fill(PASSWORD)
    officer.press("確認する")
    secret = officer.page.locator("li code").inner_text()
    officer.page.locator("input[name=code]").fill("000000")
    officer.press("有効にする")
    officer.page.locator("input[name=code]").fill(one_time_code(secret))
    officer.press("有効にする")
    officer.visit("/2fa/recovery-codes/")
    recovery_code = officer.page.locator(".account-codes code").first.inner_text()
    officer.visit("/portal/")
    officer.press("ログアウト")
    officer.log_in(OFFICER)
    officer.page.locator("input[name=code]").fill(recovery_code)
    officer.press("ログイン")
    officer.visit("/2fa/")
    officer.sees("有効")


def test_a_forgotten_password_is_asked_for_by_mail(visitor: Callable[..., Visitor]) -> None:
    officer = visitor()
    officer.visit("/login/")
    officer.follow("パスワードを忘れた場合")
    officer.page.locator("input[name=email]").fill(OFFICER)
    officer.press("再設定のメールを送る")
    officer.sees("メールを送信しました")
    officer.visit("/password/reset/key/abc-not-a-key/")
    officer.sees("リンクが無効です")


def test_pages_say_no_in_words(visitor: Callable[..., Visitor]) -> None:
    viewer = visitor()
    viewer.log_in(VIEWER)
    viewer.visit("/portal/no-such-page/")
    viewer.sees("ページが見つかりません")
    viewer.visit("/portal/bodies/")
    assert viewer.page.get_by_role("button", name="使用を停止する").count() == 0
    # A viewer has no button that writes, so the form of another one is sent to a page that does.
    logout = viewer.page.locator("form[action='/logout/']")
    logout.evaluate("form => form.action = '/portal/bodies/new/'")
    viewer.press("ログアウト")
    viewer.sees("この操作を行う権限がありません")
