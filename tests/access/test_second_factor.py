"""The second factor: offered to everybody, demanded of staff, replayed by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from outreach import clock
from outreach.models import OutgoingMail, User
from outreach.services import accounts, logins
from outreach.services.errors import Refusal
from tests.access.test_login import actions, log_in
from tests.factories import NOW, PASSWORD, make_officer, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> Iterator[None]:
    """Demand it of staff, at one moment: a code is good for half a minute."""
    settings.STAFF_MFA_REQUIRED = True
    with time_machine.travel(NOW, tick=False):
        yield


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def with_second_factor(user: User) -> str:
    """Give a user an authenticator app; return its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def enter(client: Client, value: str) -> str:
    response = client.post(reverse("mfa_authenticate"), {"code": value})
    return response["Location"] if response.status_code == 302 else response.content.decode()


def test_staff_without_a_second_factor_are_led_to_setting_it_up(client: Client) -> None:
    log_in(client, make_staff().email)

    for address in ("/", "/admin/", "/admin/outreach/ministry/", "/sessions/"):
        assert client.get(address)["Location"] == reverse("mfa_activate_totp"), address
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_staff_set_up_an_app_and_get_in(client: Client) -> None:
    staff = make_staff()
    log_in(client, staff.email)
    client.get(reverse("mfa_activate_totp"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r"[A-Z2-7]{32}", page)
    assert secret

    client.post(reverse("mfa_activate_totp"), {"code": code(secret[0])})
    assert client.get("/sessions/")["Location"] == "/2fa/reauthenticate/?next=%2Fsessions%2F"
    client.post(reverse("mfa_reauthenticate"), {"code": code(secret[0])})

    assert client.get("/sessions/").status_code == 200
    assert "多要素認証を設定" in actions()
    assert OutgoingMail.objects.filter(to=staff.email, subject__contains="認証アプリを有効に").exists()


def test_staff_log_in_with_password_and_code(client: Client) -> None:
    staff = make_staff()
    secret = with_second_factor(staff)

    assert log_in(client, staff.email) == reverse("mfa_authenticate")
    assert "/login/" in client.get("/admin/")["Location"]
    enter(client, code(secret))

    assert client.get("/sessions/").status_code == 200


def test_a_session_that_began_before_the_second_factor_must_use_it(client: Client) -> None:
    staff = make_staff()
    log_in(client, staff.email)
    with_second_factor(staff)

    assert client.get("/sessions/")["Location"] == "/2fa/reauthenticate/?next=%2Fsessions%2F"


def test_a_code_works_once(client: Client) -> None:
    staff = make_staff()
    value = code(with_second_factor(staff))
    log_in(client, staff.email)
    enter(client, value)

    thief = Client()
    log_in(thief, staff.email)

    assert "正しくありません" in enter(thief, value)
    assert thief.get("/admin/").status_code == 302


def test_a_recovery_code_works_once(client: Client) -> None:
    staff = make_staff()
    with_second_factor(staff)
    value = Authenticator.objects.get(user=staff, type="recovery_codes").wrap().get_unused_codes()[0]
    log_in(client, staff.email)
    enter(client, value)
    assert client.get("/sessions/").status_code == 200

    thief = Client()
    log_in(thief, staff.email)
    enter(thief, value)

    assert thief.get("/admin/").status_code == 302


def test_wrong_codes_are_recorded_and_limited(client: Client) -> None:
    staff = make_staff()
    secret = with_second_factor(staff)
    log_in(client, staff.email)
    for _ in range(10):
        enter(client, "000000")

    page = enter(client, code(secret))

    assert "一時的に止めています" in page
    assert actions().count(logins.SECOND_FACTOR_FAILED) == 10


def test_officers_may_do_without(client: Client) -> None:
    log_in(client, make_officer().email)

    assert client.get("/sessions/").status_code == 200


def test_an_officer_who_has_one_is_asked_for_it(client: Client) -> None:
    officer = make_officer()
    with_second_factor(officer)

    assert log_in(client, officer.email) == reverse("mfa_authenticate")


def test_the_secret_is_not_stored_in_the_clear() -> None:
    officer = make_officer()
    secret = with_second_factor(officer)

    stored = Authenticator.objects.get(user=officer, type="totp").data["secret"]

    assert secret not in stored


def test_staff_take_a_lost_second_factor_away_and_the_sessions_with_it(client: Client) -> None:
    staff, colleague = make_staff(), make_staff()
    secret = with_second_factor(staff)
    log_in(client, staff.email)
    enter(client, code(secret))

    accounts.reset_second_factor(
        user=staff, reason="携帯電話の紛失。内線で本人を確認。", actor=colleague, now=clock.now()
    )

    assert "/login/" in client.get("/admin/")["Location"]
    assert log_in(client, staff.email) == "/"
    assert client.get("/admin/")["Location"] == reverse("mfa_activate_totp")
    assert "多要素認証を解除" in actions()
    assert OutgoingMail.objects.filter(to=staff.email, subject__contains="解除されました").exists()


@pytest.mark.parametrize(("reason", "message"), [("  ", "理由"), ("紛失", "設定していません")])
def test_a_reset_without_reason_or_without_anything_to_reset_is_refused(reason: str, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        accounts.reset_second_factor(user=make_staff(), reason=reason, actor=make_staff(), now=clock.now())


def test_nobody_resets_the_own_second_factor() -> None:
    staff = make_staff()
    with_second_factor(staff)

    with pytest.raises(Refusal, match="自分の"):
        accounts.reset_second_factor(user=staff, reason="紛失", actor=staff, now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_changing_the_second_factor_ends_the_other_sessions(client: Client) -> None:
    officer = make_officer()
    elsewhere = Client()
    log_in(elsewhere, officer.email)
    log_in(client, officer.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r"[A-Z2-7]{32}", page)
    assert secret

    client.post(reverse("mfa_activate_totp"), {"code": code(secret[0])})

    assert client.get("/sessions/").status_code == 200
    assert elsewhere.get("/sessions/").status_code == 302
