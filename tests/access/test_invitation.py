"""The invitation: a link that makes one account, once, for the one who was invited."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from outreach import clock
from outreach.models import AuditEntry, Invitation, OutgoingMail, Role, User
from outreach.services import accounts
from outreach.services.errors import Refusal
from tests.factories import make_ministry, make_officer, make_staff

pytestmark = pytest.mark.django_db

PASSWORD = "kyoto no sakura ha itsu saku"


def invite(email: str = "new@ministry.example", **fields: object) -> tuple[Invitation, str]:
    values = {
        "name": "新任 一郎",
        "ministry": None if fields.get("is_staff") else fields.get("ministry") or make_ministry("厚生労働省"),
        "role": "" if fields.get("is_staff") else Role.CONTRIBUTOR,
        "is_staff": False,
        "actor": make_staff(),
        "now": clock.now(),
    }
    return accounts.invite(email=email, **(values | fields))  # type: ignore[arg-type]


def accept(client: Client, token: str, password: str = PASSWORD) -> int:
    client.get(reverse("invitation_open", args=[token]))
    response = client.post(
        reverse("invitation_accept"), {"new_password1": password, "new_password2": password}
    )
    return response.status_code


def test_an_invited_officer_sets_a_password_and_logs_in(client: Client) -> None:
    _invitation, token = invite()

    assert accept(client, token) == 302
    response = client.post(reverse("account_login"), {"login": "new@ministry.example", "password": PASSWORD})

    user = User.objects.get(email="new@ministry.example")
    assert (user.ministry and user.ministry.name, user.role, user.is_staff) == (
        "厚生労働省",
        "contributor",
        False,
    )
    assert response["Location"] == "/"
    assert user.password.startswith("argon2")


def test_the_mail_holds_the_link_only_while_it_is_being_sent() -> None:
    _invitation, token = invite()

    mail = OutgoingMail.objects.get()

    assert token in mail.text
    assert token not in mail.body
    assert mail.secret_link == f"http://localhost:8000/invite/{token}/"


def test_the_database_holds_only_a_hash_of_the_token() -> None:
    invitation, token = invite()

    assert len(token) >= 43  # 256 bit
    assert re.fullmatch(r"[0-9a-f]{64}", invitation.token_hash)
    assert not AuditEntry.objects.filter(after__icontains=token).exists()


def test_a_mail_scanner_that_follows_the_link_uses_nothing_up(client: Client) -> None:
    _invitation, token = invite()

    for _ in range(3):
        Client().get(reverse("invitation_open", args=[token]), follow=True)

    assert accept(client, token) == 302


def test_the_page_does_not_carry_the_token(client: Client) -> None:
    _invitation, token = invite()

    response = client.get(reverse("invitation_open", args=[token]), follow=True)

    assert response.redirect_chain == [("/invite/", 302)]
    assert token not in response.content.decode()
    assert "厚生労働省" in response.content.decode()
    assert response["Referrer-Policy"] == "same-origin"


def test_a_browser_with_the_referrer_of_the_page_passes_the_csrf_check() -> None:
    _invitation, token = invite()
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(reverse("invitation_open", args=[token]), follow=True)
    csrf_token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert csrf_token

    response = browser.post(
        reverse("invitation_accept"),
        {"csrfmiddlewaretoken": csrf_token[1], "new_password1": PASSWORD, "new_password2": PASSWORD},
        headers={"origin": "http://testserver", "referer": "http://testserver/invite/"},
    )

    assert response.status_code == 302


def test_a_link_works_once(client: Client) -> None:
    _invitation, token = invite()
    accept(client, token)

    assert accept(Client(), token, "another password of good length") == 410
    assert User.objects.filter(email="new@ministry.example").count() == 1


def test_used_revoked_expired_replaced_and_unknown_links_get_the_same_page() -> None:
    staff = make_staff()
    _used, used_token = invite("a@ministry.example", ministry=make_ministry())
    accept(Client(), used_token)
    revoked, revoked_token = invite("b@ministry.example", ministry=make_ministry())
    accounts.revoke_invitation(invitation=revoked, actor=staff, now=clock.now())
    long_ago = clock.now() - timedelta(hours=73)
    _expired, expired_token = invite("c@ministry.example", ministry=make_ministry(), now=long_ago)
    _replaced, replaced_token = invite("d@ministry.example", ministry=make_ministry())
    invite("d@ministry.example", ministry=make_ministry())

    tokens = [used_token, revoked_token, expired_token, replaced_token, "unknown"]
    pages = [Client().get(reverse("invitation_open", args=[token]), follow=True) for token in tokens]

    assert {page.status_code for page in pages} == {410}
    assert len({page.content for page in pages}) == 1


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("short", "short", "15"),
        ("password12345678", "password12345678", "このシステムや業務から思い付く言葉"),
        (PASSWORD, PASSWORD + "x", "一致"),
        ("1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i", "一般的"),
        ("new@ministry.example", "new@ministry.example", "メールアドレス"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_still_works(
    client: Client, password: str, again: str, message: str
) -> None:
    _invitation, token = invite()
    client.get(reverse("invitation_open", args=[token]))

    response = client.post(reverse("invitation_accept"), {"new_password1": password, "new_password2": again})

    assert message in response.content.decode()
    assert not User.objects.filter(email="new@ministry.example").exists()
    assert accept(client, token) == 302


def test_extra_fields_of_the_form_change_nothing(client: Client) -> None:
    _invitation, token = invite()
    client.get(reverse("invitation_open", args=[token]))

    client.post(
        reverse("invitation_accept"),
        {
            "new_password1": PASSWORD,
            "new_password2": PASSWORD,
            "is_staff": "1",
            "is_superuser": "1",
            "role": "coordinator",
            "email": "boss@ministry.example",
        },
    )

    user = User.objects.get(email="new@ministry.example")
    assert (user.is_staff, user.is_superuser, user.role) == (False, False, "contributor")


def test_an_address_that_has_an_account_is_not_invited() -> None:
    officer = make_officer()

    with pytest.raises(Refusal, match="既に登録"):
        invite(officer.email.upper())


def test_an_address_of_a_closed_account_is_not_invited_either() -> None:
    officer = make_officer(is_active=False)

    with pytest.raises(Refusal, match="再開"):
        invite(officer.email)


def test_an_accepted_invitation_cannot_be_revoked(client: Client) -> None:
    invitation, token = invite()
    accept(client, token)

    with pytest.raises(Refusal, match="既に受諾"):
        accounts.revoke_invitation(invitation=invitation, actor=make_staff(), now=clock.now())


def test_an_invitation_revoked_at_the_same_moment_makes_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    invitation, token = invite()
    create_user = User.objects.create_user

    def create_while_staff_revoke(*args: Any, **fields: Any) -> User:
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=clock.now())
        return create_user(*args, **fields)

    monkeypatch.setattr(User.objects, "create_user", create_while_staff_revoke)

    with pytest.raises(accounts.InvitationClosed):
        accounts.accept_invitation(token=token, password=PASSWORD, now=clock.now())
    assert not User.objects.filter(email=invitation.email).exists()


def test_staff_are_invited_without_a_ministry(client: Client) -> None:
    _invitation, token = invite("staff@digital.example", is_staff=True)

    accept(client, token)

    user = User.objects.get(email="staff@digital.example")
    assert (user.is_staff, user.is_superuser, user.ministry) == (True, False, None)


def test_inviting_and_accepting_are_on_the_trail(client: Client) -> None:
    invitation, token = invite()
    accept(client, token)

    entries = AuditEntry.objects.filter(ministry=invitation.ministry).order_by("pk")

    assert [entry.action for entry in entries] == ["招待", "招待を受諾"]
