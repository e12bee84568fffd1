"""Staff issue tokens for themselves in the admin, see them once, and take them back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from outreach.models import ApiToken, AuditEntry, OutgoingMail, User
from outreach.rules.wareki import format_wareki_at
from outreach.services.accounts import deactivate_user, reactivate_user, reset_second_factor
from outreach.services.secret_tokens import hash_token
from tests.access.test_second_factor import with_second_factor
from tests.admin.browser import queries
from tests.api.conftest import calling, program
from tests.factories import NOW, make_officer, make_staff

pytestmark = pytest.mark.django_db

ADD = reverse("admin:outreach_apitoken_add")
LIST = reverse("admin:outreach_apitoken_changelist")


def page_of(token: ApiToken, verb: str = "change") -> str:
    return reverse(f"admin:outreach_apitoken_{verb}", args=[token.pk])


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def issue(desk: Client, name: str = "月次の集計", valid_days: int = 90) -> str:
    """Issue a token as the page does; return the token that it shows."""
    page = desk.post(ADD, {"name": name, "valid_days": valid_days}).content.decode()
    found = re.search(r"outreach_[\w-]{43}", page)
    assert found, page
    return found[0]


def colleague(*permissions: str) -> User:
    """Make a member of the staff with these rights only."""
    user = make_staff(is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_a_token_is_shown_once_and_opens_the_api(desk: Client) -> None:
    secret = issue(desk)

    assert calling(secret)("/definitions").status_code == 200
    token = ApiToken.objects.get()
    assert secret not in desk.get(page_of(token)).content.decode()
    assert secret not in desk.get(LIST).content.decode()


def test_only_a_hash_of_it_is_kept_anywhere(desk: Client) -> None:
    secret = issue(desk)
    calling(secret)("/definitions")

    token = ApiToken.objects.get()
    assert token.token_hash == hash_token(secret)
    assert not any(secret in str(vars(row)) for row in [token, *AuditEntry.objects.all()])
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())
    assert not OutgoingMail.objects.exists()


def test_issuing_and_revoking_are_on_the_trail(desk: Client, staff: User) -> None:
    issue(desk)
    desk.post(page_of(ApiToken.objects.get(), "revoke"))

    entries = AuditEntry.objects.filter(object_type="outreach.apitoken").order_by("pk")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("APIトークンを発行", staff),
        ("APIトークンを取消", staff),
    ]


def test_a_revoked_token_opens_nothing_at_once_and_is_not_revoked_twice(desk: Client) -> None:
    call = calling(issue(desk))
    token = ApiToken.objects.get()

    desk.post(page_of(token, "revoke"))

    assert call("/definitions").status_code == 401
    assert "既に取り消されています" in desk.post(page_of(token, "revoke")).content.decode()


def test_a_token_ends_with_its_last_second(desk: Client) -> None:
    call = calling(issue(desk, valid_days=30))

    with time_machine.travel(NOW + timedelta(days=30, seconds=-1), tick=False):
        assert call("/definitions").status_code == 200
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert call("/definitions").status_code == 401


def test_the_last_use_is_shown(desk: Client) -> None:
    call = calling(issue(desk))

    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        call("/definitions")

    assert format_wareki_at(NOW + timedelta(hours=1)) in desk.get(LIST).content.decode()


def test_a_second_click_issues_no_second_token(desk: Client) -> None:
    issue(desk)

    page = desk.post(ADD, {"name": "月次の集計", "valid_days": 90}, follow=True).content.decode()

    assert "この名称のAPIトークンは発行済みです" in page
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("fields", [{"name": ""}, {"valid_days": "36500"}, {"valid_days": ""}])
def test_a_token_without_a_name_or_with_another_length_of_life_is_not_issued(
    desk: Client, fields: dict[str, Any]
) -> None:
    page = desk.post(ADD, {"name": "月次の集計", "valid_days": 90} | fields)

    assert page.status_code == 400
    assert not ApiToken.objects.exists()


def test_staff_see_their_own_tokens_only_and_administrators_all(staff: User, desk: Client) -> None:
    owner = colleague("view_apitoken", "add_apitoken", "change_apitoken", "view_councilreport")
    program(owner)
    other = colleague("view_apitoken", "change_apitoken")
    stranger = Client()
    stranger.force_login(other)
    token = ApiToken.objects.get()

    assert str(token) not in stranger.get(LIST).content.decode()
    assert stranger.post(page_of(token, "revoke")).status_code == 404
    assert str(token) in desk.get(LIST).content.decode()
    desk.post(page_of(token, "revoke"))
    token.refresh_from_db()
    assert token.revoked_at == NOW


def test_nobody_issues_without_the_right_and_no_officer_at_all() -> None:
    plain, officer = Client(), Client()
    plain.force_login(colleague("view_apitoken"))
    officer.force_login(make_officer())

    assert plain.post(ADD, {"name": "集計", "valid_days": 90}).status_code == 403
    assert officer.post(ADD, {"name": "集計", "valid_days": 90}).status_code == 404
    assert not ApiToken.objects.exists()


def test_a_closed_account_is_out_at_once_and_reopening_brings_no_token_back(staff: User) -> None:
    user = make_staff()
    call = program(user)

    deactivate_user(user=user, reason="異動", actor=staff, now=NOW)
    assert call("/definitions").status_code == 401
    reactivate_user(user=user, reason="復帰", actor=staff, now=NOW)
    assert call("/definitions").status_code == 401


def test_who_loses_the_right_or_is_no_staff_any_more_is_out_at_once() -> None:
    user = colleague("view_councilreport", "view_round")
    call = program(user)
    assert call("/definitions").status_code == 200

    user.user_permissions.clear()
    assert call("/definitions").status_code == 403
    officer = make_officer()
    fields = {"is_staff": False, "role": officer.role, "ministry": officer.ministry}
    User.objects.filter(pk=user.pk).update(**fields)
    assert call("/definitions").status_code == 401


def test_where_staff_need_a_second_factor_issuing_takes_it_and_so_does_the_token(
    settings: Settings, desk: Client, staff: User
) -> None:
    settings.STAFF_MFA_REQUIRED = True

    assert desk.post(ADD, {"name": "集計", "valid_days": 90})["Location"] == reverse("mfa_activate_totp")
    assert not ApiToken.objects.exists()
    call = program(staff)
    assert call("/definitions").status_code == 401
    with_second_factor(staff)
    assert call("/definitions").status_code == 200


def test_taking_a_lost_second_factor_away_takes_the_tokens_with_it(settings: Settings, staff: User) -> None:
    user = make_staff()
    with_second_factor(user)
    call = program(user)

    reset_second_factor(user=user, reason="紛失", actor=staff, now=NOW)

    assert call("/definitions").status_code == 401
    assert ApiToken.objects.get().revoked_at == NOW


def test_one_token_and_twenty_take_the_same_queries(desk: Client, staff: User) -> None:
    program(staff)
    few = queries(desk, LIST)
    for _ in range(19):
        program(staff)

    assert queries(desk, LIST) == few
