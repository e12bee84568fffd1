"""An absence is entered by the officer, a coordinator or staff, and decides where mail goes."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from outreach.models import AuditEntry, Ministry, Role, User
from outreach.services.absences import set_absence
from outreach.services.accounts import change_officer
from tests.factories import NOW, TODAY, make_ministry, make_officer, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_fourth_of_september")]
LIST = "/portal/members/"


def absence(user: User) -> str:
    return reverse("portal:member_absence", args=[user.pk])


def entered(deputy: User | None = None, **fields: str) -> dict[str, str]:
    return {
        "away_from": "令和5年9月4日", "away_until": "R5.9.8", "deputy": str(deputy.pk) if deputy else ""
    } | fields  # fmt: skip


def test_an_officer_enters_an_absence_with_a_deputy(client: Client, coordinator: User) -> None:
    deputy = make_officer(coordinator.ministry, role=Role.CONTRIBUTOR, name="代理 次郎")
    client.force_login(coordinator)

    page = client.post(absence(coordinator), entered(deputy), follow=True).content.decode()

    coordinator.refresh_from_db()
    assert (coordinator.away_from, coordinator.away_until) == (TODAY, date(2023, 9, 8))
    assert coordinator.deputy == deputy
    assert "令和5年9月8日まで" in page
    assert "代理：代理 次郎" in page
    entry = AuditEntry.objects.get(action="不在を設定")
    assert entry.after == {
        "不在の初日": "2023-09-04",
        "不在の最終日": "2023-09-08",
        "不在中の代理": "代理 次郎",
    }


def test_a_coordinator_enters_it_for_a_colleague_and_a_contributor_does_not(
    client: Client, coordinator: User
) -> None:
    contributor = make_officer(coordinator.ministry, role=Role.CONTRIBUTOR)
    client.force_login(coordinator)
    client.post(absence(contributor), entered())
    client.force_login(contributor)

    response = client.post(absence(coordinator), entered())

    contributor.refresh_from_db()
    coordinator.refresh_from_db()
    assert contributor.away_until == date(2023, 9, 8)
    assert response.status_code == 403
    assert coordinator.away_until is None


def test_staff_enter_it_for_any_ministry(client: Client, coordinator: User) -> None:
    client.force_login(make_staff())

    client.post(reverse("admin:outreach_user_absence", args=[coordinator.pk]), entered())
    coordinator.refresh_from_db()
    assert coordinator.away_until == date(2023, 9, 8)

    client.post(reverse("admin:outreach_user_absence-end", args=[coordinator.pk]))
    coordinator.refresh_from_db()
    assert coordinator.away_until is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"away_until": "2023-09-03"}, "初日以後の日"),
        ({"away_from": "2023-09-01", "away_until": "2023-09-03"}, "本日以後の日"),
        ({"away_from": ""}, "この項目は必須です"),
        ({"away_from": "来週"}, "日付として読み取れません"),
        ({"deputy": "999999"}, "正しく選択してください"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_stored(
    client: Client, coordinator: User, fields: dict[str, str], message: str
) -> None:
    client.force_login(coordinator)

    response = client.post(absence(coordinator), entered() | fields)

    assert response.status_code == 400
    assert message in response.content.decode()
    coordinator.refresh_from_db()
    assert coordinator.away_from is None


def test_deputies_are_offered_from_the_own_ministry_and_must_be_able_to_act(
    client: Client, coordinator: User
) -> None:
    foreign = make_officer(make_ministry(), name="他省の人")
    viewer = make_officer(coordinator.ministry, role=Role.VIEWER, name="閲覧 三郎")
    client.force_login(coordinator)

    page = client.get(absence(coordinator)).content.decode()
    responses = [client.post(absence(coordinator), entered(deputy)) for deputy in (foreign, viewer)]

    assert "他省の人" not in page
    assert "閲覧 三郎" not in page
    assert [response.status_code for response in responses] == [400, 400]


def test_who_is_away_in_the_same_days_is_no_deputy(client: Client, coordinator: User) -> None:
    deputy = make_officer(
        coordinator.ministry, name="不在 四郎", away_from=date(2023, 9, 8), away_until=date(2023, 9, 12)
    )
    client.force_login(coordinator)

    page = client.post(absence(coordinator), entered(deputy)).content.decode()

    assert "不在 四郎さんは令和5年9月12日まで不在です" in page


def test_an_absence_is_ended_and_a_second_click_is_told(client: Client, coordinator: User) -> None:
    set_absence(user=coordinator, away_from=TODAY, away_until=TODAY, actor=coordinator, now=NOW)
    client.force_login(coordinator)
    end = reverse("portal:member_absence_end", args=[coordinator.pk])

    first, second = [client.post(end, follow=True).content.decode() for _ in range(2)]

    coordinator.refresh_from_db()
    assert coordinator.away_from is None
    assert "解除しました" in first
    assert "不在は設定されていません" in second


def test_the_list_shows_the_own_ministry_to_everybody_there(client: Client, coordinator: User) -> None:
    make_officer(coordinator.ministry, name="前の担当", is_active=False)
    make_officer(make_ministry(), name="他省の人")
    viewer = make_officer(coordinator.ministry, role=Role.VIEWER)
    client.force_login(viewer)

    page = client.get(LIST).content.decode()

    assert "取りまとめ 花子" in page
    assert "box@ministry.example" in page
    assert "前の担当" not in page
    assert "他省の人" not in page
    assert "不在を設定する" not in page


def test_an_officer_who_moves_takes_no_absence_along_and_stands_in_for_nobody(coordinator: User) -> None:
    mover = make_officer(coordinator.ministry, away_from=TODAY, away_until=TODAY)
    set_absence(
        user=coordinator, away_from=date(2023, 9, 11), away_until=date(2023, 9, 12), deputy=mover,
        actor=coordinator, now=NOW,
    )  # fmt: skip

    change_officer(
        user=mover, name=mover.name, ministry=make_ministry(), role=mover.role, department="", phone="",
        actor=make_staff(), now=NOW,
    )  # fmt: skip

    mover.refresh_from_db()
    coordinator.refresh_from_db()
    assert (mover.away_from, coordinator.deputy) == (None, None)
    assert coordinator.away_from == date(2023, 9, 11)


def test_one_and_twenty_members_cost_the_same(
    client: Client, ministry: Ministry, coordinator: User, django_assert_max_num_queries: object
) -> None:
    client.force_login(coordinator)
    client.get(LIST)
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(20) as queries:  # type: ignore[operator]
            client.get(LIST)
        counts.append(len(queries))
        for _number in range(5):
            make_officer(ministry, away_from=TODAY, away_until=TODAY, deputy=coordinator)

    assert counts[0] == counts[1]
