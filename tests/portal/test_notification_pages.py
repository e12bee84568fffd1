"""Choosing bodies and recording notices, through the table of a request."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outreach.models import Assignment, Body, Channel, Notification, Role
from tests.factories import (
    NOW,
    make_assignment,
    make_body,
    make_channel,
    make_notification,
    make_officer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]
LIST = "/portal/notifications/"


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def assignment(client: Client) -> Assignment:
    assignment = make_assignment()
    client.force_login(make_officer(assignment.ministry))
    return assignment


@pytest.fixture
def channel() -> Channel:
    return make_channel(label="メール")


def _url(name: str, assignment: Assignment) -> str:
    return reverse(f"portal:{name}", args=[assignment.pk])


def _save(bodies: list[Body], channel: Channel, **fields: object) -> dict[str, object]:
    entered = {"issued_on": "令和5年9月1日", "channels": [channel.pk], "save": "1"}
    return {"body": [body.pk for body in bodies], **entered, **fields}


def test_chosen_bodies_appear_as_chosen(client: Client, assignment: Assignment) -> None:
    body = make_body(assignment.ministry)

    page = client.post(_url("notification_plan", assignment), {"body": body.pk}, follow=True)

    assert "1団体を発出先に選びました。" in page.content.decode()
    assert "選定済み" in page.content.decode()


def test_many_are_recorded_by_one_form_each_by_its_template(
    client: Client, assignment: Assignment, channel: Channel
) -> None:
    first, second = make_body(assignment.ministry), make_body(assignment.ministry)
    form = client.post(_url("notification_record", assignment), {"body": [first.pk, second.pk]})
    assert f'name="template-{first.pk}"' in form.content.decode()
    assert 'value="令和5年9月4日"' in form.content.decode()

    page = client.post(
        _url("notification_record", assignment),
        _save([first, second], channel, **{f"template-{second.pk}": "2"}),
        follow=True,
    )

    assert "2団体への発出を記録しました。" in page.content.decode()
    found = Notification.objects.issued().order_by("body")
    assert [(row.issued_on, row.template.number) for row in found] == [
        (date(2023, 9, 1), 1),
        (date(2023, 9, 1), 2),
    ]


def test_a_second_click_is_told_the_first_result_and_records_nothing(
    client: Client, assignment: Assignment, channel: Channel
) -> None:
    body = make_body(assignment.ministry)
    client.post(_url("notification_record", assignment), _save([body], channel))

    response = client.post(
        _url("notification_record", assignment), _save([body], channel, issued_on="2023-09-02")
    )

    assert response.status_code == 409
    assert "既に発出を記録した団体が含まれています" in response.content.decode()
    assert Notification.objects.get().issued_on == date(2023, 9, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"issued_on": ""}, "この項目は必須です。"),
        ({"issued_on": "きのう"}, "日付として読み取れません"),
        ({"issued_on": "令和5年9月5日"}, "より後の日は入力できません"),
        ({"issued_on": "令和5年8月30日"}, "より前の日は入力できません"),
        ({"channels": []}, "周知手段を一つ以上選んでください。"),
        ({"channels": ["999999"]}, "正しく選択してください"),
        ({"materials": ["999999"]}, "正しく選択してください"),
        ({"channel_other": "電話"}, "「その他」も選んでください"),
        ({"issued_on": "令和5年9月5日", "channel_other": "電話"}, "「その他」も選んでください"),
        ({"issued_on": "令和5年9月5日", "channel_other": "電話"}, "より後の日は入力できません"),
    ],
)
def test_a_wrong_record_is_told_and_what_was_typed_stays(
    client: Client, assignment: Assignment, channel: Channel, fields: dict[str, object], message: str
) -> None:
    body = make_body(assignment.ministry)

    response = client.post(
        _url("notification_record", assignment), _save([body], channel, note="控え", **fields)
    )
    page = response.content.decode()

    assert response.status_code == 400
    assert message in page
    assert "控え" in page
    assert not Notification.objects.exists()


def test_a_template_that_does_not_exist_is_refused(
    client: Client, assignment: Assignment, channel: Channel
) -> None:
    body = make_body(assignment.ministry)

    response = client.post(
        _url("notification_record", assignment), _save([body], channel, **{f"template-{body.pk}": "3"})
    )

    assert response.status_code == 400
    assert not Notification.objects.exists()


@pytest.mark.parametrize("name", ["notification_plan", "notification_record", "letter_download"])
@pytest.mark.parametrize("stranger", ["foreign", "999999", "0", "-1", "x", "²", "9" * 40])
def test_one_strange_id_among_own_ones_refuses_the_whole(
    client: Client, assignment: Assignment, channel: Channel, name: str, stranger: str
) -> None:
    own = make_body(assignment.ministry)
    strange = str(make_body().pk) if stranger == "foreign" else stranger

    response = client.post(_url(name, assignment), _save([own], channel) | {"body": [own.pk, strange]})

    assert response.status_code == 404
    assert not Notification.objects.exists()


def test_all_that_the_filters_keep_can_be_recorded_beyond_the_page(
    client: Client, assignment: Assignment, channel: Channel
) -> None:
    for number in range(55):
        make_body(assignment.ministry, name=f"全国{number}協会")
    make_body(assignment.ministry, name="別の連合会")

    form = client.post(_url("notification_record", assignment), {"all_matching": "1", "q": "全国"})

    assert form.content.decode().count('type="hidden" name="body"') == 55


def test_nothing_chosen_is_said_so(client: Client, assignment: Assignment) -> None:
    for name in ("notification_plan", "notification_record", "letter_download"):
        page = client.post(_url(name, assignment), follow=True).content.decode()
        assert "選んでください" in page


def test_filters_keep_bodies_by_their_state_in_this_request(client: Client, assignment: Assignment) -> None:
    other = make_assignment(assignment.ministry)
    names = {"not_chosen": "甲協会", "planned": "乙協会", "issued": "丙協会"}
    bodies = {state: make_body(assignment.ministry, name=name) for state, name in names.items()}
    make_notification(assignment, bodies["planned"], issued_on=None)
    make_notification(assignment, bodies["issued"])
    make_notification(other, bodies["not_chosen"])

    for state, name in names.items():
        page = client.get(LIST, {"assignment": str(assignment.pk), "state": state}).content.decode()
        assert [found for found in names.values() if found in page] == [name]


def test_a_body_out_of_use_stays_in_the_table_where_it_was_chosen(
    client: Client, assignment: Assignment
) -> None:
    make_notification(assignment, make_body(assignment.ministry, name="旧協会", is_active=False))
    make_body(assignment.ministry, name="旧連合会", is_active=False)

    page = client.get(LIST).content.decode()

    assert "旧協会（使用停止）" in page
    assert "旧連合会" not in page


@pytest.mark.parametrize("wanted", ["999999", "x", "²", ""])
def test_a_request_of_nobody_or_of_others_is_not_there(
    client: Client, assignment: Assignment, wanted: str
) -> None:
    assert client.get(LIST, {"assignment": wanted}).status_code == 404
    assert client.get(LIST, {"assignment": make_assignment().pk}).status_code == 404


def test_a_notice_is_corrected(client: Client, assignment: Assignment, channel: Channel) -> None:
    notice = make_notification(assignment)
    entered = {"issued_on": "R5.9.2", "channels": [channel.pk], "template_number": "2", "version": "1"}

    client.post(reverse("portal:notification_edit", args=[notice.pk]), entered)

    notice.refresh_from_db()
    assert (notice.issued_on, notice.template.number) == (date(2023, 9, 2), 2)


def test_a_stale_correction_shows_both_values_in_words(
    client: Client, assignment: Assignment, channel: Channel
) -> None:
    notice = make_notification(assignment, version=2, request_attached=True)
    notice.channels.add(make_channel(label="会報"))
    entered = {"issued_on": "R5.9.2", "channels": [channel.pk], "template_number": "2", "version": "1"}

    response = client.post(reverse("portal:notification_edit", args=[notice.pk]), entered)
    page = response.content.decode()

    assert response.status_code == 409
    for words in ("令和5年9月1日", "令和5年9月2日", "会報", "はい", "いいえ", "ひな形1"):
        assert words in page
    assert 'name="version" value="2"' in page
    notice.refresh_from_db()
    assert notice.issued_on == date(2023, 9, 1)


def test_withdrawing_asks_first(client: Client, assignment: Assignment) -> None:
    notice = make_notification(assignment)
    address = reverse("portal:notification_withdraw", args=[notice.pk])

    assert "発出先から外しますか" in client.get(address).content.decode()
    assert Notification.objects.exists()
    client.post(address)
    assert not Notification.objects.exists()


def test_notices_of_other_ministries_are_not_there(client: Client, assignment: Assignment) -> None:
    foreign = make_notification()

    for name in ("notification_edit", "notification_withdraw"):
        address = reverse(f"portal:{name}", args=[foreign.pk])
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert Notification.objects.filter(pk=foreign.pk).exists()


def test_no_body_is_declared_with_a_reason_and_taken_back(client: Client, assignment: Assignment) -> None:
    address = _url("no_body", assignment)
    assert client.post(address, {"reason": ""}).status_code == 400

    page = client.post(address, {"reason": "所管する団体がないため"}, follow=True).content.decode()
    assert "所管する団体がないため" in page

    client.post(_url("no_body_withdraw", assignment))
    assignment.refresh_from_db()
    assert not assignment.is_no_body


def test_no_body_is_refused_while_bodies_are_chosen(client: Client, assignment: Assignment) -> None:
    make_notification(assignment, issued_on=None)

    response = client.post(_url("no_body", assignment), {"reason": "ない"})

    assert response.status_code == 400
    assert "「該当なし」にできません" in response.content.decode()


def test_a_viewer_sees_the_table_without_boxes_and_records_nothing(client: Client, channel: Channel) -> None:
    assignment = make_assignment()
    body = make_body(assignment.ministry, name="全国協会")
    notice = make_notification(assignment)
    client.force_login(make_officer(assignment.ministry, role=Role.VIEWER))

    page = client.get(LIST).content.decode()
    assert "全国協会" in page
    assert 'type="checkbox"' not in page

    for name in ("notification_plan", "notification_record", "no_body", "no_body_withdraw"):
        assert client.post(_url(name, assignment), _save([body], channel)).status_code == 403
    for name in ("notification_edit", "notification_withdraw"):
        assert client.post(reverse(f"portal:{name}", args=[notice.pk])).status_code == 403
    assert Notification.objects.count() == 1


def test_the_table_asks_the_database_as_often_for_twenty_as_for_one(
    client: Client, assignment: Assignment
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    make_notification(assignment)
    client.get(LIST)
    one = queries()
    for _ in range(20):
        make_notification(assignment)

    assert queries() == one


def test_without_a_request_the_page_says_what_will_come(client: Client) -> None:
    client.force_login(make_officer())

    assert "依頼はまだありません" in client.get(LIST).content.decode()
