"""An officer's private calendar: a secret address, shown once, that shows the own ministry's days only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
import vobject
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followup.models import CalendarFeed, Report
from followup.rules.status import ReportStatus
from followup.services.calendar_feeds import issue_feed
from outreach.models import AuditEntry, Role, User
from outreach.services.secret_tokens import hash_token
from tests.factories import NOW, make_ministry, make_officer, make_report, make_staff

pytestmark = pytest.mark.django_db
PAGE = "/portal/calendar/"


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer(make_ministry("厚生労働省"))


def issued(officer: User) -> str:
    """Return the path of a new address."""
    _feed, token = issue_feed(user=officer, now=NOW)
    return f"/calendar/{token}.ics"


def events(client: Client, path: str) -> dict[str, Any]:
    calendar = vobject.readOne(client.get(path).content.decode())
    return {found.summary.value: found for found in calendar.contents.get("vevent", [])}


def test_the_address_is_shown_once_and_kept_as_a_hash(client: Client, officer: User) -> None:
    client.force_login(officer)

    first = client.post(PAGE)
    again = client.get(PAGE).content.decode()

    address = first.context["address"]
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert len(token) >= 43
    assert address in first.content.decode()
    assert token not in again
    assert "まだ読み取られていません" in again
    assert CalendarFeed.objects.get().token_hash == hash_token(token)
    assert AuditEntry.objects.get(action="カレンダー連携を発行").actor == officer


def test_it_shows_the_due_dates_and_the_limits_of_facts_of_the_own_ministry_without_a_login(
    client: Client, officer: User
) -> None:
    make_report(officer.ministry)
    make_report(make_ministry("他省"))

    response = client.get(issued(officer))

    found = events(client, issued(officer))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert {title: event.dtstart.value for title, event in found.items()} == {
        "【回答期限】フォローアップ（厚生労働省）": date(2023, 10, 6),
        "【期限】申込期限は令和5年9月30日": date(2023, 9, 30),
    }
    text = response.content.decode().replace("\r\n ", "")
    assert "他省" not in text
    assert officer.name not in text
    assert officer.email not in text


def test_a_submitted_report_is_taken_out_of_the_calendar(client: Client, officer: User) -> None:
    report = make_report(officer.ministry)
    Report.objects.filter(pk=report.pk).update(status=ReportStatus.SUBMITTED)

    found = events(client, issued(officer))

    assert found["【回答期限】フォローアップ（厚生労働省）"].status.value == "CANCELLED"


def test_a_new_address_ends_the_old_one(client: Client, officer: User) -> None:
    old = issued(officer)
    client.force_login(officer)

    client.post(PAGE)

    assert client.get(old).status_code == 404
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1
    assert AuditEntry.objects.filter(action="カレンダー連携を再発行").exists()


def test_a_revoked_address_opens_nothing_and_is_revoked_once(client: Client, officer: User) -> None:
    path = issued(officer)
    client.force_login(officer)

    first, second = [client.post(f"{PAGE}revoke/", follow=True).content.decode() for _ in range(2)]

    assert "取り消しました" in first
    assert "既に取り消されています" in second
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("change", ["unknown", "revoked", "left", "staff"])
def test_what_does_not_open_is_a_page_that_is_not_there(client: Client, officer: User, change: str) -> None:
    path = issued(officer)
    nowhere = client.get("/nowhere/").content
    if change == "unknown":
        path = f"{path.removesuffix('.ics')}x.ics"
    elif change == "revoked":
        CalendarFeed.objects.update(revoked_at=NOW)
    elif change == "left":
        User.objects.filter(pk=officer.pk).update(is_active=False)
    else:
        User.objects.filter(pk=officer.pk).update(ministry=None, role="", is_staff=True)

    response = client.get(path)

    assert (response.status_code, response.content) == (404, nowhere)


def test_an_officer_who_moves_reads_the_new_ministrys_days(client: Client, officer: User) -> None:
    make_report(officer.ministry)
    path = issued(officer)
    User.objects.filter(pk=officer.pk).update(ministry=make_ministry("農林水産省"))

    assert "【回答期限】フォローアップ（厚生労働省）" not in events(client, path)


def test_the_last_use_is_shown(client: Client, officer: User) -> None:
    path = issued(officer)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        client.get(path)
    client.force_login(officer)

    assert "令和5年9月4日 11時00分" in client.get(PAGE).content.decode()


def test_reading_too_often_is_told_to_wait(
    client: Client, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("followup.views.calendar.READINGS_PER_FEED", 2)
    path = issued(officer)

    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]


def test_guessing_is_told_to_wait(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followup.views.calendar.READINGS_PER_ADDRESS", 2)

    assert [client.get(f"/calendar/guess{number}.ics").status_code for number in range(3)] == [404, 404, 429]


def test_viewers_and_staff_have_no_such_page(client: Client, officer: User) -> None:
    client.force_login(make_officer(officer.ministry, role=Role.VIEWER))
    assert client.post(PAGE).status_code == 403
    client.force_login(make_staff())
    assert client.get(PAGE).status_code == 404


def test_more_reports_cost_no_more_queries(client: Client, officer: User) -> None:
    path = issued(officer)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    make_report(officer.ministry)
    few = count()
    for _ in range(4):
        make_report(officer.ministry)

    assert count() == few
