"""The request as officers see it, and who gets in at all."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import reverse

from outreach.models import Assignment, AuditEntry, Material, Role
from outreach.views.requests import request_detail
from tests.factories import NOW, make_assignment, make_notification, make_officer, make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def assignment() -> Assignment:
    return make_assignment()


def _page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"portal:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_request_page_shows_clauses_facts_materials_and_templates(
    client: Client, assignment: Assignment
) -> None:
    client.force_login(make_officer(assignment.ministry))

    page = _page(client, "request_detail", assignment.pk)

    assert "令和5年8月31日" in page
    assert "(1) 申込期限は2023年9月末までです。" in page
    assert "申込期限は令和5年9月30日" in page
    assert "（令和5年9月30日まで有効）" in page
    assert 'href="https://www.digital.go.jp/" rel="noopener noreferrer external"' in page
    assert "ひな形1（業界団体等宛て）" in page
    assert "周知に御協力くださいますようお願いします。" in page


def test_a_fact_that_no_longer_holds_is_marked(client: Client, assignment: Assignment) -> None:
    with time_machine.travel(date(2023, 10, 2), tick=False):
        client.force_login(make_officer(assignment.ministry))
        page = _page(client, "request_detail", assignment.pk)

    assert "期限切れ" in page


def test_an_officer_acknowledges_once_and_a_colleague_is_told_who_did(
    client: Client, assignment: Assignment
) -> None:
    address = reverse("portal:request_acknowledge", args=[assignment.pk])
    client.force_login(make_officer(assignment.ministry, name="先の担当"))
    client.post(address)
    client.force_login(make_officer(assignment.ministry))

    page = client.post(address, follow=True).content.decode()

    assert "先の担当さんが確認済みです。" in page
    assert "令和5年9月4日 10時00分" in page
    assert "内容を確認しました" not in page


def test_the_list_counts_only_what_the_ministry_did(client: Client) -> None:
    own, other = make_assignment(), make_assignment()
    make_notification(own)
    make_notification(own, issued_on=None)
    make_notification(other)
    client.force_login(make_officer(own.ministry))

    page = _page(client, "request_list")

    assert "2団体" in page
    assert "1団体" in page
    assert str(reverse("portal:request_detail", args=[other.pk])) not in page


def test_a_material_is_handed_out_as_a_file_under_its_japanese_name(
    client: Client, assignment: Assignment
) -> None:
    material = Material.objects.create(
        request=assignment.request,
        order=2,
        label="資料2",
        title="ちらし",
        file=ContentFile(b"<script>alert(1)</script>", name="x.html"),
    )
    client.force_login(make_officer(assignment.ministry))

    response = client.get(reverse("portal:material_file", args=[assignment.pk, material.pk]))

    assert response.getvalue() == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.get(action="関連資料を取得").ministry == assignment.ministry


def test_a_material_without_a_file_or_of_another_request_is_not_there(
    client: Client, assignment: Assignment
) -> None:
    client.force_login(make_officer(assignment.ministry))
    other = make_assignment().request.materials.get()

    for material in (assignment.request.materials.get(), other):
        address = reverse("portal:material_file", args=[assignment.pk, material.pk])
        assert client.get(address).status_code == 404


PAGES = ["request_list", "body_list", "body_create", "notification_list", "activity"]


@pytest.mark.parametrize("name", PAGES)
def test_staff_find_no_portal(client: Client, name: str) -> None:
    client.force_login(make_staff())

    assert client.get(reverse(f"portal:{name}")).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_sent_to_the_login(client: Client, name: str) -> None:
    response = client.get(reverse(f"portal:{name}"))

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_a_viewer_reads_but_does_not_record(client: Client, assignment: Assignment) -> None:
    client.force_login(make_officer(assignment.ministry, role=Role.VIEWER))

    page = _page(client, "request_detail", assignment.pk)
    response = client.post(reverse("portal:request_acknowledge", args=[assignment.pk]))

    assert "内容を確認しました" not in page
    assert response.status_code == 403
    assert "この操作を行う権限がありません" in response.content.decode()
    assignment.refresh_from_db()
    assert assignment.acknowledged_at is None


def test_the_pages_hold_by_themselves_where_scope_and_middleware_do_not_stand_before_them(
    rf: RequestFactory, assignment: Assignment
) -> None:
    for user in (make_staff(), make_officer()):
        request = rf.get("/")
        request.user = user

        with pytest.raises(Http404):
            request_detail(request, pk=assignment.pk)


def test_what_is_done_by_post_is_not_done_by_get(client: Client, assignment: Assignment) -> None:
    client.force_login(make_officer(assignment.ministry))

    assert client.get(reverse("portal:request_acknowledge", args=[assignment.pk])).status_code == 405
