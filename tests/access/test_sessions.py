"""Sessions: how long they live and what ends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.urls import reverse

from outreach import clock
from outreach.services import accounts
from outreach.services.errors import Refusal
from tests.access.test_login import log_in
from tests.factories import make_ministry, make_officer, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(name="time")
def _time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def is_logged_in(client: Client) -> bool:
    return client.get("/sessions/").status_code == 200


def test_half_an_hour_of_idleness_ends_a_session(client: Client, time: time_machine.Traveller) -> None:
    log_in(client, make_officer().email)

    time.shift(timedelta(minutes=29))
    assert is_logged_in(client)
    time.shift(timedelta(minutes=31))
    assert not is_logged_in(client)


def test_twelve_hours_end_a_session_however_busy_it_is(client: Client, time: time_machine.Traveller) -> None:
    log_in(client, make_officer().email)
    for _ in range(12 * 3):
        assert is_logged_in(client)
        time.shift(timedelta(minutes=20))

    assert is_logged_in(client)
    time.shift(timedelta(seconds=1))

    assert not is_logged_in(client)


def test_a_closed_account_is_out_at_the_next_request(client: Client) -> None:
    officer = make_officer()
    log_in(client, officer.email)

    accounts.deactivate_user(user=officer, reason="異動", actor=make_staff(), now=clock.now())

    assert client.get("/sessions/")["Location"] == "/login/?next=/sessions/"


def test_reopening_an_account_does_not_bring_its_sessions_back(client: Client) -> None:
    officer, staff = make_officer(), make_staff()
    log_in(client, officer.email)

    accounts.deactivate_user(user=officer, reason="異動", actor=staff, now=clock.now())
    accounts.reactivate_user(user=officer, reason="復帰", actor=staff, now=clock.now())

    assert not is_logged_in(client)
    assert log_in(client, officer.email) == "/"


def test_a_session_is_dead_on_the_server_after_logout(client: Client) -> None:
    log_in(client, make_officer().email)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value

    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen

    assert not is_logged_in(thief)


def test_an_officer_sees_the_own_sessions_and_ends_the_others(client: Client) -> None:
    officer = make_officer()
    elsewhere = Client()
    log_in(elsewhere, officer.email, address="198.51.100.7")
    log_in(Client(), make_officer().email, address="203.0.113.5")
    log_in(client, officer.email)

    page = client.get("/sessions/").content.decode()
    client.post("/sessions/")

    assert "198.51.100.7" in page
    assert "203.0.113.5" not in page
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)


def test_ending_sessions_can_spare_one(client: Client) -> None:
    officer = make_officer()
    elsewhere = Client()
    log_in(elsewhere, officer.email)
    log_in(client, officer.email)

    accounts.end_sessions(user=officer, except_key=client.session.session_key)

    assert UserSession.objects.count() == 1
    assert is_logged_in(client)
    assert not is_logged_in(elsewhere)


def test_an_officer_who_moves_sees_the_new_ministry_at_the_next_request(client: Client) -> None:
    officer, new = make_officer(make_ministry("厚生労働省")), make_ministry("経済産業省")
    log_in(client, officer.email)
    assert "厚生労働省" in client.get("/sessions/").content.decode()

    accounts.change_officer(
        user=officer, name=officer.name, ministry=new, role=officer.role, department="", phone="",
        actor=make_staff(), now=clock.now(),
    )  # fmt: skip

    page = client.get("/sessions/").content.decode()
    assert "経済産業省" in page
    assert "厚生労働省" not in page


def test_nobody_closes_the_own_account() -> None:
    staff = make_staff()

    with pytest.raises(Refusal, match="自分のアカウント"):
        accounts.deactivate_user(user=staff, reason="", actor=staff, now=clock.now())


def test_closing_twice_is_told() -> None:
    officer, staff = make_officer(), make_staff()
    accounts.deactivate_user(user=officer, reason="", actor=staff, now=clock.now())

    with pytest.raises(Refusal, match="既に無効"):
        accounts.deactivate_user(user=officer, reason="", actor=staff, now=clock.now())


def test_staff_do_not_become_officers() -> None:
    staff = make_staff()

    with pytest.raises(Refusal, match="新しく招待"):
        accounts.change_officer(
            user=staff, name=staff.name, ministry=make_ministry(), role="viewer", department="", phone="",
            actor=make_staff(), now=clock.now(),
        )  # fmt: skip
