"""Staff see which ministries mail reaches badly, where it goes meanwhile, and what to do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followup.services.contact_problems import Trouble, contact_problems
from outreach.models import Handover, Ministry, Role
from tests.factories import NOW, TODAY, make_ministry, make_officer, make_report, make_round, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_fourth_of_september")]


def owing(**fields: object) -> Ministry:
    ministry = make_ministry(**fields)  # type: ignore[arg-type]
    make_report(ministry, make_round())
    return ministry


def troubles() -> list[tuple[Trouble, str]]:
    return [(problem.trouble, problem.goes_to) for problem in contact_problems(today=TODAY)]


def test_a_ministry_that_is_reached_has_no_trouble() -> None:
    make_officer(owing())
    make_ministry(mailbox="")  # which owes nothing

    assert troubles() == []


def test_a_ministry_without_officers_is_told_with_its_mailbox() -> None:
    make_officer(owing(mailbox="box@ministry.example"), role=Role.VIEWER)

    assert troubles() == [(Trouble.NOBODY, "box@ministry.example")]


def test_a_ministry_that_nothing_reaches_is_told_first_on_the_first_page(client: Client) -> None:
    owing(mailbox="")
    client.force_login(make_staff())

    home = client.get("/admin/").content.decode()
    page = client.get(reverse("admin:outreach_ministry_contacts")).content.decode()

    assert troubles() == [(Trouble.NOBODY, ""), (Trouble.NO_MAILBOX, "")]
    assert "メールが届かない府省庁があります" in home
    assert reverse("admin:outreach_ministry_contacts") in home
    assert "届きません" in page


def test_when_all_are_away_without_a_deputy_it_is_told() -> None:
    ministry = owing(mailbox="box@ministry.example")
    make_officer(ministry, away_from=TODAY, away_until=TODAY)

    assert troubles() == [(Trouble.ALL_AWAY, "box@ministry.example")]


def test_a_deputy_mends_it() -> None:
    ministry = owing()
    make_officer(ministry, away_from=TODAY, away_until=TODAY, deputy=make_officer(ministry))

    assert troubles() == []


def test_a_ministry_that_nobody_can_submit_for_is_told() -> None:
    officer = make_officer(owing(), role=Role.CONTRIBUTOR)

    assert troubles() == [(Trouble.NO_COORDINATOR, officer.email)]


def test_who_left_without_a_successor_is_told_until_one_is_named() -> None:
    officer = make_officer(owing())
    gone = make_officer(officer.ministry, is_active=False)

    assert troubles() == [(Trouble.NO_SUCCESSOR, officer.email)]
    gone.successor = officer
    gone.save(update_fields=["successor"])
    assert troubles() == []


def test_an_invitation_that_is_not_accepted_by_the_day_is_told() -> None:
    ministry = owing()
    officer, gone = make_officer(ministry), make_officer(ministry, is_active=False)
    Handover.objects.create(
        ministry=ministry, predecessor=gone, successor_name="新任 三郎",
        successor_email="new@ministry.example", takes_effect_on=TODAY, requested_by=officer,
        requested_at=NOW, completed_at=NOW,
    )  # fmt: skip

    assert troubles() == [(Trouble.NOT_ACCEPTED, officer.email)]


def test_more_ministries_cost_no_more_queries() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            contact_problems(today=TODAY)
        return len(queries)

    owing()
    one = count()
    for _ in range(4):
        make_officer(owing(), is_active=False)

    assert count() == one == 4


def test_without_the_right_the_page_is_refused(client: Client) -> None:
    client.force_login(make_staff(is_superuser=False))

    assert client.get(reverse("admin:outreach_ministry_contacts")).status_code == 403
