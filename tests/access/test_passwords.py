"""Passwords: changed by their owner, reset by mail, never around the second factor."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from outreach import clock
from outreach.models import OutgoingMail, User
from outreach.services import logins
from tests.access.test_login import actions, fail_often, log_in
from tests.factories import PASSWORD, make_officer, make_staff

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "natsu no yoru no yume no ato"


def reset_link(client: Client, email: str, **headers: str) -> str:
    client.post(reverse("account_reset_password"), {"email": email}, headers=headers)
    mail = OutgoingMail.objects.filter(secret_link__contains="/password/reset/key/").get()
    return mail.secret_link


def follow_reset(client: Client, link: str, password: str = NEW_PASSWORD) -> str:
    page = client.get(link.removeprefix("http://localhost:8000"), follow=True)
    address = page.redirect_chain[-1][0]
    response = client.post(address, {"password1": password, "password2": password})
    return response["Location"] if response.status_code == 302 else response.content.decode()


def test_a_forgotten_password_is_reset_by_mail(client: Client) -> None:
    officer = make_officer()

    follow_reset(client, reset_link(client, officer.email))

    assert log_in(client, officer.email, NEW_PASSWORD) == "/"
    assert logins.PASSWORD_RESET in actions()


def test_the_reset_mail_goes_through_the_outbox_without_showing_its_link(client: Client) -> None:
    officer = make_officer()

    link = reset_link(client, officer.email)

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == (officer.email, "【周知依頼トラッカー】パスワードの再設定")
    assert link in mail.text
    assert link not in mail.body


@pytest.mark.parametrize("email", ["nobody@ministry.example", "closed@ministry.example"])
def test_an_unknown_or_closed_address_gets_the_same_answer_and_no_mail(client: Client, email: str) -> None:
    make_officer(email="closed@ministry.example", is_active=False)
    officer = make_officer()

    known = client.post(reverse("account_reset_password"), {"email": officer.email})
    unknown = client.post(reverse("account_reset_password"), {"email": email})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [mail.to for mail in OutgoingMail.objects.all()] == [officer.email]


def test_the_link_is_built_on_the_configured_address_and_not_on_the_host_header(client: Client) -> None:
    officer = make_officer()

    link = reset_link(client, officer.email, host="127.0.0.1", x_forwarded_host="evil.example")

    assert link.startswith("http://localhost:8000/password/reset/key/")


def test_a_reset_link_works_once(client: Client) -> None:
    link = reset_link(client, make_officer().email)
    follow_reset(client, link)

    page = Client().get(link.removeprefix("http://localhost:8000"))

    assert "リンクが無効です" in page.content.decode()


def test_a_reset_works_while_the_login_waits(client: Client) -> None:
    officer = make_officer()
    for _ in range(11):
        log_in(client, officer.email, "wrong", address="127.0.0.1")

    follow_reset(client, reset_link(client, officer.email))

    assert log_in(client, officer.email, NEW_PASSWORD, address="192.0.2.7") == "/"


def test_a_reset_opens_an_account_that_a_hundred_failures_have_locked(client: Client) -> None:
    fail_often("hanako@ministry.example", logins.LOCK_AFTER)

    follow_reset(client, reset_link(client, "hanako@ministry.example"))

    assert log_in(client, "hanako@ministry.example", NEW_PASSWORD) == "/"


def test_a_reset_does_not_log_in_and_does_not_go_around_the_second_factor(client: Client) -> None:
    staff = make_staff()
    TOTP.activate(staff, generate_totp_secret())
    RecoveryCodes.activate(staff)

    follow_reset(client, reset_link(client, staff.email))
    assert "_auth_user_id" not in client.session

    assert log_in(client, staff.email, NEW_PASSWORD) == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302


def change_password(client: Client, old: str = PASSWORD, new: str = NEW_PASSWORD) -> str:
    response = client.post(
        reverse("account_change_password"), {"oldpassword": old, "password1": new, "password2": new}
    )
    return response["Location"] if response.status_code == 302 else response.content.decode()


def test_changing_the_password_asks_for_the_old_one(client: Client) -> None:
    officer = make_officer()
    log_in(client, officer.email)

    change_password(client, old="wrong")

    assert User.objects.get(pk=officer.pk).check_password(PASSWORD)


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(client: Client) -> None:
    officer = make_officer()
    elsewhere = Client()
    log_in(elsewhere, officer.email)
    log_in(client, officer.email)

    change_password(client)

    assert client.get("/sessions/").status_code == 200
    assert elsewhere.get("/sessions/")["Location"].startswith("/login/")


def test_the_owner_is_told_of_a_changed_password(client: Client) -> None:
    officer = make_officer()
    log_in(client, officer.email)

    change_password(client)

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == (officer.email, "【周知依頼トラッカー】パスワードを変更しました")
    assert logins.PASSWORD_CHANGED in actions()
    assert mail.created_at <= clock.now()


def test_a_long_password_is_not_cut(client: Client) -> None:
    officer = make_officer()
    log_in(client, officer.email)
    long = "鶴は千年、亀は万年。" * 20

    change_password(client, new=long)

    assert User.objects.get(pk=officer.pk).check_password(long)
    assert not User.objects.get(pk=officer.pk).check_password(long[:-1])


def test_password_fields_may_be_pasted_into_and_filled_by_a_manager(client: Client) -> None:
    client.force_login(make_officer())

    page = client.get(reverse("account_change_password")).content.decode()

    assert re.search(r'autocomplete="(current|new)-password"', page)
    assert "onpaste" not in page
