"""A ministry's letters: wording, preview and files."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from docx import Document

from outreach.documents import letter as letter_document
from outreach.models import Assignment, AuditEntry, Letter, Role
from tests.factories import NOW, make_assignment, make_body, make_notification, make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def assignment(client: Client) -> Assignment:
    assignment = make_assignment()
    client.force_login(
        make_officer(assignment.ministry, name="厚生 花子", department="総務課", phone="03-0000-0000")
    )
    return assignment


def _url(name: str, assignment: Assignment, *args: int) -> str:
    return reverse(f"portal:{name}", args=[assignment.pk, *args])


def _entered(assignment: Assignment, **fields: object) -> dict[str, object]:
    template = assignment.request.letter_templates.get(number=1)
    return {"subject": template.subject, "text": template.text, "version": "0", **fields}


def _text_of(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs]


def test_a_new_letter_proposes_the_officer_as_the_sender(client: Client, assignment: Assignment) -> None:
    page = client.get(_url("letter_edit", assignment, 1)).content.decode()

    assert 'value="厚生 花子"' in page
    assert 'value="総務課"' in page


def test_a_changed_letter_shows_what_differs_in_words_and_warns_of_altered_facts(
    client: Client, assignment: Assignment
) -> None:
    text = _entered(assignment)["text"]
    changed = str(text).replace("９月30日", "10月31日")

    client.post(_url("letter_edit", assignment, 1), _entered(assignment, text=changed))
    page = client.get(_url("letter_edit", assignment, 1)).content.decode()

    assert '<del class="difference__line"><span class="difference__mark">削除</span>' in page
    assert '<ins class="difference__line"><span class="difference__mark">追加</span>' in page
    assert "数字が変わっています：" in page
    assert "（文面では「令和5年10月31日」）" in page


def test_line_ends_of_browsers_make_no_difference(client: Client, assignment: Assignment) -> None:
    text = str(_entered(assignment)["text"]).replace("\n", "\r\n")

    client.post(_url("letter_edit", assignment, 1), _entered(assignment, text=text))

    assert not Letter.objects.get().has_own_wording


def test_an_unknown_placeholder_is_refused_by_its_name(client: Client, assignment: Assignment) -> None:
    response = client.post(_url("letter_edit", assignment, 1), _entered(assignment, text="{{会長名}}様"))

    assert response.status_code == 400
    assert "使えない差込項目があります：{{会長名}}" in response.content.decode()
    assert not Letter.objects.exists()


def test_characters_that_word_cannot_hold_are_refused(client: Client, assignment: Assignment) -> None:
    response = client.post(_url("letter_edit", assignment, 1), _entered(assignment, text="本文\x0b"))

    assert response.status_code == 400
    assert "使えない文字（U+000B）" in response.content.decode()


def test_a_stale_letter_keeps_what_was_typed(client: Client, assignment: Assignment) -> None:
    client.post(_url("letter_edit", assignment, 1), _entered(assignment, division="同僚の課"))

    response = client.post(_url("letter_edit", assignment, 1), _entered(assignment, division="私の課"))
    page = response.content.decode()

    assert response.status_code == 409
    assert "同僚の課" in page
    assert 'value="私の課"' in page
    assert Letter.objects.get().division == "同僚の課"


def test_reset_asks_and_then_brings_the_official_text_back(client: Client, assignment: Assignment) -> None:
    client.post(_url("letter_edit", assignment, 1), _entered(assignment, text="独自の文"))
    address = _url("letter_reset", assignment, 1)

    assert "原文に戻しますか" in client.get(address).content.decode()
    assert client.post(address, {"version": "9"}).status_code == 409
    assert client.post(address, {"version": "x"}).status_code == 400
    assert Letter.objects.get().text == "独自の文"
    client.post(address, {"version": "1"})
    assert not Letter.objects.get().has_own_wording


def test_a_viewer_reads_the_letter_and_cannot_change_it(client: Client) -> None:
    assignment = make_assignment()
    client.force_login(make_officer(assignment.ministry, role=Role.VIEWER))

    page = client.get(_url("letter_edit", assignment, 1)).content.decode()

    assert "{{団体名}}" in page
    assert "<textarea" not in page
    assert client.post(_url("letter_edit", assignment, 1), _entered(assignment)).status_code == 403
    assert client.post(_url("letter_reset", assignment, 1), {"version": "1"}).status_code == 403


@pytest.mark.parametrize("name", ["letter_edit", "letter_preview", "letter_reset"])
def test_letters_of_other_ministries_and_unknown_numbers_are_not_there(
    client: Client, assignment: Assignment, name: str
) -> None:
    assert client.get(_url(name, make_assignment(), 1)).status_code == 404
    assert client.get(_url(name, assignment, 3)).status_code == 404


def test_the_preview_is_filled_for_the_chosen_body(client: Client, assignment: Assignment) -> None:
    make_body(assignment.ministry)
    body = make_body(assignment.ministry, name="全国<i>協会")

    page = client.get(_url("letter_preview", assignment, 1), {"body": body.pk}).content.decode()

    assert "全国&lt;i&gt;協会　御中" in page
    assert "令和5年9月4日" in page
    assert "{{" not in page


def test_the_preview_names_the_gaps(client: Client, assignment: Assignment) -> None:
    make_body(assignment.ministry)
    text = "{{団体名}}　{{課名}}　{{電話}}"
    client.post(_url("letter_edit", assignment, 1), _entered(assignment, text=text, division="総務課"))

    page = client.get(_url("letter_preview", assignment, 1)).content.decode()

    assert "電話が登録されていないため、空欄のままになります。" in page


def test_a_foreign_body_is_no_addressee(client: Client, assignment: Assignment) -> None:
    query = {"body": make_body().pk}

    assert client.get(_url("letter_preview", assignment, 1), query).status_code == 404
    assert client.get(_url("letter_download", assignment), query).status_code == 404


def test_one_letter_is_a_word_document_under_a_japanese_name(client: Client, assignment: Assignment) -> None:
    body = make_body(assignment.ministry, name="全国/協会\r\nX")

    response = client.get(_url("letter_download", assignment), {"body": body.pk})

    assert response["Content-Type"] == letter_document.DOCX
    disposition = response["Content-Disposition"]
    assert unquote(disposition) == "attachment; filename*=utf-8''要請文_全国_協会_X.docx"
    assert "令和5年9月4日" in _text_of(response.content)
    assert AuditEntry.objects.filter(action="要請文を出力", ministry=assignment.ministry).count() == 1


def test_the_letter_bears_the_day_of_the_record_and_the_template_that_was_chosen(
    client: Client, assignment: Assignment
) -> None:
    template = assignment.request.letter_templates.get(number=2)
    template.text = "ひな形2の本文 {{発出日}}"
    template.save()
    notice = make_notification(assignment, template=template)

    response = client.get(_url("letter_download", assignment), {"body": notice.body_id})

    assert _text_of(response.content) == ["ひな形2の本文 令和5年9月1日"]


def test_several_letters_come_as_a_zip_with_a_name_each(client: Client, assignment: Assignment) -> None:
    bodies = [make_body(assignment.ministry, name=name) for name in ("甲協会", "乙協会")]

    response = client.post(_url("letter_download", assignment), {"body": [body.pk for body in bodies]})

    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["001_要請文_乙協会.docx", "002_要請文_甲協会.docx"]
        assert "甲協会　御中" in _text_of(archive.read("002_要請文_甲協会.docx"))


def test_too_many_letters_at_once_are_refused_with_the_limit(
    client: Client, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.views.letter_files.LIMIT", 1)
    bodies = [make_body(assignment.ministry) for _ in range(2)]

    page = client.post(
        _url("letter_download", assignment), {"body": [body.pk for body in bodies]}, follow=True
    )

    assert "一度に出力できるのは1団体までです（2団体が選ばれています）" in page.content.decode()


def test_a_viewer_may_take_a_letter(client: Client) -> None:
    assignment = make_assignment()
    body = make_body(assignment.ministry)
    client.force_login(make_officer(assignment.ministry, role=Role.VIEWER))

    assert client.get(_url("letter_download", assignment), {"body": body.pk}).status_code == 200
