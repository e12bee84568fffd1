"""An officer's work passes to a successor in one step; the ministry's rows stay where they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from followup.models import BodyRequest
from followup.services.handovers import hand_over, settle_handovers
from outreach.models import AuditEntry, Handover, Invitation, Ministry, OutgoingMail, Role, User
from outreach.services.accounts import accept_invitation, invite
from outreach.services.addressees import Addressees
from outreach.services.errors import NotAllowed, Refusal
from outreach.services.handovers import Newcomer, cancel_handover
from tests.factories import (
    NOW,
    TODAY,
    make_asked_report,
    make_body_request,
    make_ministry,
    make_officer,
    make_staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_fourth_of_september")]
OCTOBER = date(2023, 10, 1)
NEW = {"successor_name": "新任 三郎", "successor_email": "new@ministry.example"}


@pytest.fixture
def leaving(ministry: Ministry) -> User:
    return make_officer(ministry, name="前任 一郎")


def page_of(user: User) -> str:
    return reverse("portal:member_handover", args=[user.pk])


def press(client: Client, leaving: User, **fields: object) -> str:
    form = {"successor": "", "takes_effect_on": "2023-09-04", "note": ""} | fields
    return client.post(page_of(leaving), form, follow=True).content.decode()


def recipients(ministry: Ministry, on: date = TODAY) -> list[str]:
    return [address for address, _user in Addressees([ministry]).of(ministry, on=on)]


def test_a_coordinator_hands_over_to_a_colleague_at_once(
    client: Client, coordinator: User, leaving: User
) -> None:
    successor = make_officer(leaving.ministry, role=Role.CONTRIBUTOR, name="後任 二郎")
    away = make_officer(leaving.ministry, away_from=TODAY, away_until=TODAY, deputy=leaving)
    client.force_login(leaving)
    desk = Client()
    desk.force_login(coordinator)

    page = press(desk, leaving, successor=successor.pk, note="A協会は10日まで待つ。")

    for user in (leaving, successor, away):
        user.refresh_from_db()
    assert "前任 一郎さんの仕事を後任 二郎さんに引き継ぎました" in page
    assert (leaving.is_active, leaving.successor) == (False, successor)
    assert successor.role == Role.COORDINATOR
    assert away.deputy == successor
    assert client.get("/portal/").status_code == 302
    actions = set(AuditEntry.objects.filter(ministry=leaving.ministry).values_list("action", flat=True))
    assert {"引継ぎを登録", "引継ぎを実施"} <= actions


def test_a_later_day_is_waited_for_and_settled_once(coordinator: User, leaving: User) -> None:
    successor = make_officer(leaving.ministry)
    hand_over(predecessor=leaving, successor=successor, takes_effect_on=OCTOBER, actor=coordinator, now=NOW)

    before = settle_handovers(today=OCTOBER - timedelta(days=1), now=NOW)
    leaving.refresh_from_db()
    was_active = leaving.is_active
    late = datetime(2023, 10, 3, 10, 0, tzinfo=NOW.tzinfo)
    settled = [settle_handovers(today=late.date(), now=late) for _ in range(2)]

    leaving.refresh_from_db()
    assert (before, was_active, settled) == (0, True, [1, 0])
    assert (leaving.is_active, leaving.successor) == (False, successor)


def test_somebody_new_is_invited_with_the_same_role_and_mail_waits_in_the_mailbox(
    client: Client, coordinator: User, leaving: User, ministry: Ministry
) -> None:
    User.objects.filter(pk=coordinator.pk).update(role=Role.COORDINATOR)
    client.force_login(coordinator)

    page = press(client, leaving, **NEW)

    invitation = Invitation.objects.get()
    assert "利用開始の案内をメールで送ります" in page
    assert "招待の受諾待ち" in page
    assert (invitation.email, invitation.ministry, invitation.role) == (
        "new@ministry.example", ministry, Role.COORDINATOR
    )  # fmt: skip
    assert OutgoingMail.objects.get(kind="invitation").to == "new@ministry.example"
    leaving.refresh_from_db()
    assert (leaving.is_active, leaving.successor) == (False, None)
    coordinator.is_active = False
    coordinator.save(update_fields=["is_active"])
    assert recipients(ministry) == ["box@ministry.example"]


def test_who_accepts_becomes_the_successor_also_by_a_second_invitation(
    coordinator: User, leaving: User
) -> None:
    newcomer = Newcomer(NEW["successor_email"], NEW["successor_name"])
    handover = hand_over(
        predecessor=leaving, successor=newcomer, takes_effect_on=TODAY, actor=coordinator, now=NOW
    )
    _invitation, token = invite(
        email=newcomer.email, name=newcomer.name, ministry=leaving.ministry, role=Role.COORDINATOR,
        is_staff=False, actor=make_staff(), now=NOW,
    )  # fmt: skip

    successor = accept_invitation(token=token, password="correct horse", now=NOW)

    leaving.refresh_from_db()
    handover.refresh_from_db()
    assert leaving.successor == handover.successor == successor


def test_an_invitation_is_accepted_by_its_page_within_the_scope_of_the_ministry(
    client: Client, coordinator: User, leaving: User
) -> None:
    newcomer = Newcomer(NEW["successor_email"], NEW["successor_name"])
    hand_over(predecessor=leaving, successor=newcomer, takes_effect_on=OCTOBER, actor=coordinator, now=NOW)
    link = OutgoingMail.objects.get(kind="invitation").secret_link
    client.get(link.partition("//")[2].partition("/")[2].join(["/", ""]))
    password = "correct horse battery staple 2023"

    client.post("/invite/", {"new_password1": password, "new_password2": password})

    leaving.refresh_from_db()
    assert Handover.objects.get().successor == User.objects.get(email=newcomer.email)
    assert (leaving.is_active, leaving.successor) == (True, None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "後任を選ぶか、招待する方の氏名とメールアドレスを入力してください"),
        ({"successor_name": "新任"}, "後任を選ぶか"),
        (NEW | {"takes_effect_on": "2023-09-03"}, "引継日は、本日以後の日にしてください"),
        (NEW | {"takes_effect_on": ""}, "この項目は必須です"),
        (NEW | {"successor": "own"}, "招待する方の欄を空にしてください"),
        (NEW | {"successor_email": "known"}, "既に登録されています"),
        ({"successor": "foreign"}, "正しく選択してください"),
    ],
)
def test_wrong_input_is_told_and_nothing_happens(
    client: Client, coordinator: User, leaving: User, fields: dict[str, str], message: str
) -> None:
    words = {"own": coordinator.pk, "foreign": make_officer().pk, "known": coordinator.email}
    client.force_login(coordinator)

    page = press(client, leaving, **{name: words.get(value, value) for name, value in fields.items()})

    assert message in page
    assert not Handover.objects.exists()
    assert not Invitation.objects.exists()
    leaving.refresh_from_db()
    assert leaving.is_active


def test_only_a_coordinator_of_the_ministry_or_staff_hands_over(
    client: Client, coordinator: User, leaving: User
) -> None:
    contributor = make_officer(leaving.ministry, role=Role.CONTRIBUTOR)
    client.force_login(contributor)
    assert client.get(page_of(leaving)).status_code == 200
    form = {"successor": coordinator.pk, "takes_effect_on": "2023-09-04"}
    assert client.post(page_of(leaving), form).status_code == 403

    for actor in (contributor, make_officer(make_ministry())):
        with pytest.raises(NotAllowed):
            hand_over(predecessor=leaving, successor=coordinator, takes_effect_on=TODAY, actor=actor, now=NOW)

    leaving.refresh_from_db()
    assert leaving.is_active


def test_staff_hand_over_in_any_ministry_from_the_officers_page(
    client: Client, coordinator: User, leaving: User
) -> None:
    client.force_login(make_staff())
    page = client.get(reverse("admin:outreach_user_change", args=[leaving.pk])).content.decode()
    start = reverse("admin:outreach_handover_start", args=[leaving.pk])
    assert start in page

    response = client.post(start, {"successor": coordinator.pk, "takes_effect_on": "2023-09-04"})

    handover = Handover.objects.get()
    leaving.refresh_from_db()
    assert response["Location"] == reverse("admin:outreach_handover_change", args=[handover.pk])
    assert leaving.successor == coordinator
    assert client.get(response["Location"]).status_code == 200


def test_staff_name_the_successor_of_who_left_before(client: Client, coordinator: User) -> None:
    gone = make_officer(coordinator.ministry, is_active=False)
    client.force_login(make_staff())

    start = reverse("admin:outreach_handover_start", args=[gone.pk])
    client.post(start, {"successor": coordinator.pk, "takes_effect_on": "2023-09-04"})

    gone.refresh_from_db()
    assert gone.successor == coordinator


def test_a_second_click_changes_nothing(coordinator: User, leaving: User) -> None:
    def again() -> Handover:
        return hand_over(
            predecessor=leaving, successor=coordinator, takes_effect_on=OCTOBER, actor=coordinator, now=NOW
        )

    again()
    with pytest.raises(Refusal, match="既に登録されています"):
        again()

    assert Handover.objects.count() == 1


def test_what_was_planned_is_taken_back(client: Client, coordinator: User, leaving: User) -> None:
    handover = hand_over(
        predecessor=leaving, successor=coordinator, takes_effect_on=OCTOBER, actor=coordinator, now=NOW
    )
    client.force_login(coordinator)
    cancel = reverse("portal:handover_cancel", args=[handover.pk])

    first, second = [client.post(cancel, follow=True).content.decode() for _ in range(2)]

    assert "取り消しました" in first
    assert "既に行われたか、取り消されています" in second
    assert settle_handovers(today=OCTOBER, now=NOW) == 0
    with pytest.raises(NotAllowed):
        cancel_handover(handover=handover, actor=make_officer(), now=NOW)


def test_a_predecessor_who_moved_before_the_day_keeps_the_account(coordinator: User, leaving: User) -> None:
    hand_over(predecessor=leaving, successor=coordinator, takes_effect_on=OCTOBER, actor=coordinator, now=NOW)
    User.objects.filter(pk=leaving.pk).update(ministry=make_ministry())

    settle_handovers(today=OCTOBER, now=NOW)

    leaving.refresh_from_db()
    assert (leaving.is_active, leaving.successor) == (True, None)


def test_a_successor_who_left_before_the_day_is_not_tied(coordinator: User, leaving: User) -> None:
    successor = make_officer(leaving.ministry)
    hand_over(predecessor=leaving, successor=successor, takes_effect_on=OCTOBER, actor=coordinator, now=NOW)
    User.objects.filter(pk=successor.pk).update(is_active=False)

    settle_handovers(today=OCTOBER, now=NOW)

    leaving.refresh_from_db()
    assert (leaving.is_active, leaving.successor) == (False, None)


def test_bodies_are_told_to_ask_the_successor(coordinator: User, leaving: User) -> None:
    report = make_asked_report(leaving.ministry, bodies=2)
    notices = list(report.assignment.notifications.all())
    mine = make_body_request(report, notices[0], contact_email=leaving.email)
    other = make_body_request(report, notices[1], contact_email="other@ministry.example")

    hand_over(predecessor=leaving, successor=coordinator, takes_effect_on=TODAY, actor=coordinator, now=NOW)

    contacts = dict(BodyRequest.objects.values_list("pk", "contact_email"))
    assert contacts == {mine.pk: coordinator.email, other.pk: "other@ministry.example"}


def test_the_database_refuses_a_successor_of_who_is_still_there(leaving: User, coordinator: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=leaving.pk).update(successor=coordinator)


def test_an_account_that_is_opened_again_has_no_successor(coordinator: User) -> None:
    gone = make_officer(coordinator.ministry, is_active=False, successor=coordinator)
    desk = Client()
    desk.force_login(make_staff())

    desk.post(reverse("admin:outreach_user_reactivate", args=[gone.pk]), {"reason": "復職"})

    gone.refresh_from_db()
    assert (gone.is_active, gone.successor) == (True, None)
