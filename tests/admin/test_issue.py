"""Staff issue a request: choose, look at addresses and mail, confirm; never twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from followup.models import Council, Report, Round
from outreach.models import Assignment, AuditEntry, OutgoingMail, OutreachRequest
from tests.factories import make_ministry, make_officer, make_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def council() -> Council:
    return Council.objects.create(number=6, name="関係省庁連絡会議")


def url(letter: OutreachRequest, step: str = "issue") -> str:
    return reverse(f"admin:outreach_outreachrequest_{step}", args=[letter.pk])


def test_the_asked_ministries_are_ticked_and_shown_with_their_addresses(
    desk: Client, council: Council
) -> None:
    asked, other = make_ministry("厚生労働省"), make_ministry("会計検査院", is_asked=False, mailbox="")
    officer = make_officer(asked)

    page = desk.get(url(make_request())).content.decode()

    assert f'value="{asked.pk}" id="id_ministries_0" checked' in " ".join(page.split())
    assert officer.email in page
    assert other.name in page
    assert "担当者も共有メールボックスも登録されていない" in page


def test_the_first_button_only_shows_what_would_be_sent(desk: Client, council: Council) -> None:
    letter, ministry = make_request(), make_ministry()

    page = desk.post(url(letter), {"ministries": [ministry.pk], "council": council.pk})

    assert "まだ発出していません" in page.content.decode()
    assert ministry.mailbox in page.content.decode()
    assert "御担当者様" in page.content.decode()
    assert not Assignment.objects.exists()


def test_confirming_issues_and_begins_the_follow_up(desk: Client, council: Council) -> None:
    letter, ministry = make_request(), make_ministry()

    desk.post(url(letter), {"ministries": [ministry.pk], "council": council.pk, "confirmed": "1"})

    assert Assignment.objects.get().ministry == ministry
    assert Round.objects.get().request == letter
    assert Report.objects.get().assignment.ministry == ministry
    assert OutgoingMail.objects.get().to == ministry.mailbox
    assert AuditEntry.objects.filter(action="依頼を発出").exists()


def test_a_second_click_is_told_and_issues_nothing_more(desk: Client, council: Council) -> None:
    letter, ministry = make_request(), make_ministry()
    form = {"ministries": [ministry.pk], "council": council.pk, "confirmed": "1"}

    desk.post(url(letter), form)
    second = desk.post(url(letter), form)

    assert "既に発出されています" in second.content.decode()
    assert Assignment.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


def test_nobody_chosen_is_refused(desk: Client, council: Council) -> None:
    page = desk.post(url(make_request()), {"council": council.pk, "confirmed": "1"})

    assert "依頼先の府省庁を一つ以上選んでください" in page.content.decode()


def test_ministries_are_added_later_and_only_those_that_do_not_have_it(
    desk: Client, council: Council
) -> None:
    letter, first, later = make_request(), make_ministry("甲省"), make_ministry("乙省")
    desk.post(url(letter), {"ministries": [first.pk], "council": council.pk, "confirmed": "1"})

    offered = desk.get(url(letter, "issue-more")).content.decode()
    desk.post(url(letter, "issue-more"), {"ministries": [later.pk], "confirmed": "1"})

    assert f'value="{later.pk}"' in offered
    assert f'value="{first.pk}"' not in offered
    assert set(Assignment.objects.values_list("ministry__name", flat=True)) == {"甲省", "乙省"}
    assert Report.objects.count() == 2


def test_staff_take_the_file_of_a_material_from_its_request(
    desk: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    material = make_request().materials.get()
    material.file.save("leaflet.pdf", ContentFile(b"%PDF-"))
    address = reverse("admin:outreach_outreachrequest_material", args=[material.pk])
    change = reverse("admin:outreach_outreachrequest_change", args=[material.request_id])

    file = desk.get(address)

    assert f'href="{address}"' in desk.get(change).content.decode()
    assert b"".join(file.streaming_content) == b"%PDF-"  # type: ignore[attr-defined]
    assert file["Content-Disposition"].startswith("attachment")
    material.file.delete()
    assert desk.get(address).status_code == 404
