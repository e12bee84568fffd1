"""The ministry's list of bodies."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outreach.models import Body, BodyCategory, Role, User
from tests.factories import NOW, make_assignment, make_body, make_notification, make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]
LIST = "/portal/bodies/"
NEW = {"name": "全国協会", "category": "industry", "honorific": "御中", "version": "0"}


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(client: Client) -> User:
    officer = make_officer()
    client.force_login(officer)
    return officer


def _edit(body: Body) -> str:
    return reverse("portal:body_edit", args=[body.pk])


def _entered(body: Body, **fields: object) -> dict[str, object]:
    return {**NEW, "name": body.name, "version": body.version, **fields}


def test_a_body_is_added_cleaned(client: Client, officer: User) -> None:
    entered = {**NEW, "name": " ﾆﾎﾝ協会　", "corporate_number": "８０００－０１２０１００３８"}

    page = client.post("/portal/bodies/new/", entered, follow=True).content.decode()

    body = Body.objects.get()
    assert (body.name, body.corporate_number, body.ministry) == (
        "ニホン協会",
        "8000012010038",
        officer.ministry,
    )
    assert "「ニホン協会」を追加しました。" in page


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "この項目は必須です。"),
        ("name", "協会\u202e", "画面に表示されない文字"),
        ("corporate_number", "8000012010039", "検査用数字"),
        ("category", "club", "正しく選択してください"),
        ("email", "あ", "有効なメールアドレス"),
        ("note", "a\x0bb", "使えない文字"),
    ],
)
def test_wrong_input_is_told_beside_the_field_and_nothing_is_stored(
    client: Client, officer: User, field: str, value: str, message: str
) -> None:
    response = client.post("/portal/bodies/new/", {**NEW, field: value})

    assert response.status_code == 400
    assert message in response.content.decode()
    assert not Body.objects.exists()


def test_fields_that_the_form_does_not_have_are_ignored(client: Client, officer: User) -> None:
    other = make_officer()

    client.post("/portal/bodies/new/", {**NEW, "ministry": other.ministry_id, "is_active": "0"})

    body = Body.objects.get()
    assert (body.ministry, body.is_active) == (officer.ministry, True)


def test_a_duplicate_is_named_and_what_was_typed_stays(client: Client, officer: User) -> None:
    make_body(officer.ministry, name="全国協会")

    page = client.post("/portal/bodies/new/", {**NEW, "addressee": "総務部"}).content.decode()

    assert "同じ名称の団体「全国協会」が既に登録されています。" in page
    assert "総務部" in page


def test_a_stale_form_shows_both_values_and_saving_again_is_a_decision(client: Client, officer: User) -> None:
    body = make_body(officer.ministry)
    stale = _entered(body, addressee="私の宛先")
    client.post(_edit(body), _entered(body, addressee="同僚の宛先"))

    response = client.post(_edit(body), stale)
    page = response.content.decode()
    body.refresh_from_db()

    assert response.status_code == 409
    assert "同僚の宛先" in page
    assert 'value="私の宛先"' in page
    assert body.addressee == "同僚の宛先"

    client.post(_edit(body), stale | {"version": body.version})
    body.refresh_from_db()
    assert body.addressee == "私の宛先"


def test_search_finds_by_parts_of_a_name_in_any_width_and_by_number(client: Client, officer: User) -> None:
    make_body(officer.ministry, name="日本ＡＢＣ協会", corporate_number="8000012010038")
    make_body(officer.ministry, name="別の連合会")

    for words in ("abc", "ＡＢＣ 協会", "８００００"):
        page = client.get(LIST, {"q": words}).content.decode()
        assert "日本ＡＢＣ協会" in page
        assert "別の連合会" not in page


def test_filters_keep_what_they_say(client: Client, officer: User) -> None:
    assignment = make_assignment(officer.ministry)
    make_notification(assignment, make_body(officer.ministry, name="発出済みの協会"))
    make_body(officer.ministry, name="特殊な法人", category=BodyCategory.SPECIAL)
    make_body(officer.ministry, name="休止の協会", is_active=False)

    def names(**query: str) -> set[str]:
        page = client.get(LIST, query).content.decode()
        return {name for name in ("発出済みの協会", "特殊な法人", "休止の協会") if name in page}

    assert names() == {"発出済みの協会", "特殊な法人"}
    assert names(state="inactive") == {"休止の協会"}
    assert names(state="all", category="special") == {"特殊な法人"}
    assert names(notified="yes") == {"発出済みの協会"}
    assert names(notified="no") == {"特殊な法人"}


@pytest.mark.parametrize(
    "query", ["category=x", "q=%EF%BC%85", "page=0", "page=999999999999999999999", "page=x"]
)
def test_odd_parameters_do_no_harm(client: Client, officer: User, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 200


def test_bodies_of_other_ministries_are_nowhere(client: Client, officer: User) -> None:
    body = make_body(name="よその協会")

    assert "よその協会" not in client.get(LIST, {"q": "よその"}).content.decode()
    assert client.get(_edit(body)).status_code == 404
    assert client.post(_edit(body), _entered(body)).status_code == 404
    assert client.post(reverse("portal:body_activate", args=[body.pk]), {"active": "0"}).status_code == 404
    body.refresh_from_db()
    assert (body.is_active, body.version) == (True, 1)


def test_a_body_is_stopped_and_resumed(client: Client, officer: User) -> None:
    body = make_body(officer.ministry)
    address = reverse("portal:body_activate", args=[body.pk])

    client.post(address, {"active": "0"})
    body.refresh_from_db()
    assert not body.is_active

    client.post(address, {"active": "1"})
    body.refresh_from_db()
    assert body.is_active


def test_a_viewer_sees_the_list_but_no_form(client: Client) -> None:
    viewer = make_officer(role=Role.VIEWER)
    body = make_body(viewer.ministry, name="全国協会")
    client.force_login(viewer)

    page = client.get(LIST).content.decode()

    assert "全国協会" in page
    assert "団体を追加する" not in page
    assert client.get(_edit(body)).status_code == 403
    assert client.post("/portal/bodies/new/", NEW).status_code == 403


def test_a_name_cannot_bring_markup(client: Client, officer: User) -> None:
    make_body(officer.ministry, name="<b>太字</b>協会")

    page = client.get(LIST).content.decode()

    assert "&lt;b&gt;太字" in page
    assert "<b>太字" not in page


def test_the_list_asks_the_database_as_often_for_twenty_as_for_one(client: Client, officer: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    make_body(officer.ministry)
    client.get(LIST)
    one = queries()
    for _ in range(20):
        make_body(officer.ministry)

    assert queries() == one


def test_the_list_has_categories_in_their_own_order_and_names_within(client: Client, officer: User) -> None:
    for name, category in (
        ("い財団", BodyCategory.FOUNDATION),
        ("う機構", BodyCategory.AGENCY_MEDIUM),
        ("え協会", BodyCategory.INDUSTRY),
        ("あ協会", BodyCategory.INDUSTRY),
    ):
        make_body(officer.ministry, name=name, category=category)

    page = client.get(LIST).context["page"]

    assert [body.name for body in page] == ["あ協会", "え協会", "う機構", "い財団"]
