"""What staff save by hand: stale forms are told, entries are written, unchanged forms leave no trace."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from outreach.models import AuditEntry, Body, Ministry, User
from tests.admin.browser import fields_of
from tests.factories import make_body, make_ministry, make_request

pytestmark = pytest.mark.django_db


def url(obj: object, label: str) -> str:
    return reverse(f"admin:{label}_change", args=[obj.pk])  # type: ignore[attr-defined]


def test_a_colleagues_newer_save_is_shown_and_not_overwritten(desk: Client) -> None:
    ministry = make_ministry(mailbox="old@ministry.example")
    page = url(ministry, "outreach_ministry")
    mine = fields_of(desk.get(page).content.decode()) | {"mailbox": "mine@ministry.example"}
    Ministry.objects.filter(pk=ministry.pk).update(mailbox="theirs@ministry.example")

    answer = desk.post(page, mine)

    assert answer.status_code == 409
    html = answer.content.decode()
    assert "保存済み「theirs@ministry.example」／入力「mine@ministry.example」" in html
    ministry.refresh_from_db()
    assert ministry.mailbox == "theirs@ministry.example"

    desk.post(page, fields_of(html))
    ministry.refresh_from_db()
    assert ministry.mailbox == "mine@ministry.example"


def test_a_stale_form_of_a_request_is_told(desk: Client) -> None:
    letter = make_request()
    page = url(letter, "outreach_outreachrequest")
    mine = fields_of(desk.get(page).content.decode())
    letter.title = "同僚が直した件名"
    letter.save(update_fields=["title"])

    answer = desk.post(page, mine | {"title": "私の件名"})

    assert answer.status_code == 409
    letter.refresh_from_db()
    assert letter.title == "同僚が直した件名"


def test_texts_come_back_from_a_browser_as_they_were_and_days_are_typed_in_wareki(desk: Client) -> None:
    letter = make_request(text="一行目\n二行目")
    letter.letter_templates.update(text="{{団体名}}　御中\n\n記\n\n以上")
    page = url(letter, "outreach_outreachrequest")
    form = fields_of(desk.get(page).content.decode())
    as_a_browser_sends = {
        name: value.replace("\r\n", "\n").replace("\n", "\r\n") for name, value in form.items()
    }

    answer = desk.post(page, as_a_browser_sends | {"dated_on": "令和5年9月1日"})

    assert answer.status_code == 302
    letter.refresh_from_db()
    assert (letter.text, letter.dated_on) == ("一行目\n二行目", date(2023, 9, 1))
    assert not letter.letter_templates.filter(text__contains="\r").exists()
    assert set(AuditEntry.objects.get(action="依頼を変更").after or {}) == {"文書の日付"}


def test_a_form_without_its_fingerprint_saves_nothing(desk: Client) -> None:
    ministry = make_ministry()
    page = url(ministry, "outreach_ministry")
    form = fields_of(desk.get(page).content.decode())
    del form["seen"]

    assert desk.post(page, form | {"mailbox": "x@ministry.example"}).status_code == 409


def test_a_save_is_an_entry_with_before_and_after(desk: Client, staff: User) -> None:
    ministry = make_ministry(mailbox="old@ministry.example")
    page = url(ministry, "outreach_ministry")
    form = fields_of(desk.get(page).content.decode())

    desk.post(page, form | {"mailbox": "new@ministry.example"})

    entry = AuditEntry.objects.get(action="府省庁を変更")
    assert entry.actor == staff
    assert entry.before == {"共有メールボックス": "old@ministry.example"}
    assert entry.after == {"共有メールボックス": "new@ministry.example"}
    assert ministry.history.latest().history_user == staff


def test_saving_an_unchanged_form_leaves_no_new_history(desk: Client) -> None:
    ministry = make_ministry()
    page = url(ministry, "outreach_ministry")

    desk.post(page, fields_of(desk.get(page).content.decode()))

    assert ministry.history.count() == 1


def test_a_body_is_changed_through_its_service(desk: Client) -> None:
    body = make_body(name="旧名称")
    page = url(body, "outreach_body")
    form = fields_of(desk.get(page).content.decode())

    desk.post(page, form | {"name": "新　名称"})

    body.refresh_from_db()
    assert (body.name, body.version) == ("新　名称", 2)
    assert AuditEntry.objects.filter(action="団体を変更").count() == 1


def test_a_body_is_added_for_a_ministry_once(desk: Client) -> None:
    ministry = make_ministry()
    form = {"ministry": ministry.pk, "name": "日本薬剤師会", "category": "industry", "honorific": "御中"}

    desk.post(reverse("admin:outreach_body_add"), form)
    again = desk.post(reverse("admin:outreach_body_add"), form)

    assert Body.objects.get().ministry == ministry
    assert "同じ名称の団体が既に登録されています" in again.content.decode()


def test_a_body_is_stopped_and_resumed(desk: Client) -> None:
    body = make_body()

    desk.post(reverse("admin:outreach_body_stop", args=[body.pk]))
    assert not Body.objects.get(pk=body.pk).is_active

    desk.post(reverse("admin:outreach_body_resume", args=[body.pk]))
    assert Body.objects.get(pk=body.pk).is_active


def test_bodies_are_searched_widths_aside(desk: Client) -> None:
    make_body(name="ＡＢＣ協会")

    page = desk.get(reverse("admin:outreach_body_changelist"), {"q": "abc 協会"}).content.decode()

    assert "ＡＢＣ協会" in page
