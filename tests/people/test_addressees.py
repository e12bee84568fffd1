"""Whom a mail to a ministry goes to on a day: officers, who acts for them, the mailbox, or nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from outreach.models import Ministry, Role, User
from outreach.services.addressees import Addressees, recipients_by_ministry, unreached
from tests.factories import TODAY, make_ministry, make_officer

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def ministry() -> Ministry:
    return make_ministry(mailbox="box@ministry.example")


def make_away(ministry: Ministry, deputy: User | None = None, **fields: object) -> User:
    return make_officer(ministry, away_from=TODAY, away_until=TODAY, deputy=deputy, **fields)


def asked(ministry: Ministry, *roles: Role) -> list[str]:
    wanted = roles or (Role.COORDINATOR, Role.CONTRIBUTOR)
    return [address for address, _user in Addressees([ministry]).of(ministry, roles=wanted, on=TODAY)]


def test_who_is_away_is_replaced_by_the_deputy_from_the_first_to_the_last_day(ministry: Ministry) -> None:
    deputy = make_officer(ministry, role=Role.CONTRIBUTOR)
    officer = make_away(ministry, deputy)
    addressees = Addressees([ministry])

    found = [
        addressees.of(ministry, roles=[Role.COORDINATOR], on=day) for day in (YESTERDAY, TODAY, TOMORROW)
    ]

    assert found == [[(officer.email, officer)], [(deputy.email, deputy)], [(officer.email, officer)]]


def test_a_deputy_who_is_asked_anyway_is_written_to_once(ministry: Ministry) -> None:
    deputy = make_officer(ministry)
    make_away(ministry, deputy)
    make_away(ministry, deputy)

    assert asked(ministry) == [deputy.email]


def test_who_is_away_without_a_deputy_is_left_out_while_others_are_there(ministry: Ministry) -> None:
    make_away(ministry)
    other = make_officer(ministry)

    assert asked(ministry) == [other.email]


def test_when_everybody_is_away_the_mailbox_gets_it(ministry: Ministry) -> None:
    make_away(ministry)

    assert asked(ministry) == ["box@ministry.example"]


def test_without_a_mailbox_who_is_away_gets_it_all_the_same() -> None:
    ministry = make_ministry(mailbox="")
    officer = make_away(ministry)

    assert asked(ministry) == [officer.email]


def test_without_a_coordinator_and_a_mailbox_the_other_officers_get_what_is_for_coordinators() -> None:
    ministry = make_ministry(mailbox="")
    contributor = make_officer(ministry, role=Role.CONTRIBUTOR)

    assert asked(ministry, Role.COORDINATOR) == [contributor.email]


@pytest.mark.parametrize("fields", [{"role": Role.VIEWER}, {"is_active": False}, {"ministry": "another"}])
def test_a_deputy_who_may_not_act_is_passed_over(ministry: Ministry, fields: dict[str, object]) -> None:
    if fields.get("ministry"):
        fields = {"ministry": make_ministry()}
    deputy = make_officer(**({"ministry": ministry} | fields))  # type: ignore[arg-type]
    make_away(ministry, deputy)

    assert asked(ministry) == ["box@ministry.example"]


def test_the_successor_of_a_deputy_who_left_acts(ministry: Ministry) -> None:
    successor = make_officer(ministry, role=Role.CONTRIBUTOR)
    deputy = make_officer(ministry, is_active=False, successor=successor)
    make_away(ministry, deputy)

    assert asked(ministry, Role.COORDINATOR) == [successor.email]


def test_two_who_stand_in_for_each_other_leave_it_to_the_mailbox(ministry: Ministry) -> None:
    first = make_away(ministry)
    second = make_away(ministry, first)
    User.objects.filter(pk=first.pk).update(deputy=second)

    assert asked(ministry) == ["box@ministry.example"]


def test_who_no_mail_reaches_on_any_day_is_told(ministry: Ministry) -> None:
    silent, viewed = make_ministry(mailbox=""), make_ministry(mailbox="")
    make_officer(viewed, role=Role.VIEWER)
    away = make_ministry(mailbox="")
    make_away(away)

    assert unreached([ministry, viewed, away, silent]) == [viewed, silent]


def test_many_ministries_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ministries = [make_ministry() for _ in range(5)]
    for ministry in ministries:
        make_away(ministry, make_officer(ministry))

    with django_assert_num_queries(1):
        recipients_by_ministry(ministries, on=TODAY)
