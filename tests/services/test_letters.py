"""A ministry's own letters."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from outreach.models import Assignment, AuditEntry, Letter, User
from outreach.services.errors import StaleWrite
from outreach.services.letters import (
    FindingKind,
    LetterFields,
    UnknownPlaceholder,
    fact_findings,
    letter_for,
    missing_values,
    placeholder_values,
    reset_letter,
    save_letter,
)
from tests.factories import NOW, TODAY, make_assignment, make_body, make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment() -> Assignment:
    return make_assignment()


@pytest.fixture
def officer(assignment: Assignment) -> User:
    return make_officer(assignment.ministry)


def _save(assignment: Assignment, officer: User, *, version: int = 0, **fields: Any) -> Letter:
    template = assignment.request.letter_templates.get(number=1)
    defaults = {"subject": template.subject, "text": template.text}
    return save_letter(
        assignment=assignment,
        template=template,
        expected_version=version,
        fields=LetterFields(**(defaults | fields)),
        actor=officer,
        now=NOW,
    )


def test_without_an_own_letter_there_is_the_official_one_unsaved(assignment: Assignment) -> None:
    template = assignment.request.letter_templates.get(number=1)

    letter = letter_for(assignment=assignment, template=template)

    assert letter._state.adding
    assert (letter.version, letter.text) == (0, template.text)
    assert not letter.has_own_wording


def test_the_sender_of_one_letter_is_proposed_for_the_other(assignment: Assignment, officer: User) -> None:
    _save(assignment, officer, division="総務課", contact_name="厚生 花子")

    other = letter_for(assignment=assignment, template=assignment.request.letter_templates.get(number=2))

    assert (other.version, other.division, other.contact_name) == (0, "総務課", "厚生 花子")


def test_a_saved_letter_keeps_its_history_and_the_trail_tells_what_changed(
    assignment: Assignment, officer: User
) -> None:
    _save(assignment, officer, text="一")
    letter = _save(assignment, officer, version=1, text="二")

    assert (letter.text, letter.version, letter.history.count()) == ("二", 2, 2)
    entry = AuditEntry.objects.filter(action="要請文を編集").latest("pk")
    assert (entry.before, entry.after) == ({"本文": "一"}, {"本文": "二"})


@pytest.mark.parametrize("version", [0, 1])
def test_a_stale_save_is_refused_also_for_the_first_one(
    assignment: Assignment, officer: User, version: int
) -> None:
    _save(assignment, officer, text="先")
    _save(assignment, officer, version=1, text="先の直し")

    with pytest.raises(StaleWrite) as refused:
        _save(assignment, officer, version=version, text="後")

    assert refused.value.theirs["text"] == "先の直し"
    assert Letter.objects.get().text == "先の直し"


@pytest.mark.parametrize("text", ["{{会長名}}様", "{{団体名"])
def test_a_placeholder_that_nothing_fills_is_refused(
    assignment: Assignment, officer: User, text: str
) -> None:
    with pytest.raises(UnknownPlaceholder) as refused:
        _save(assignment, officer, text=text)

    assert refused.value.field == "text"
    assert not Letter.objects.exists()


def test_reset_brings_the_official_wording_back_and_keeps_the_sender(
    assignment: Assignment, officer: User
) -> None:
    letter = _save(assignment, officer, text="独自の文", division="総務課")

    letter = reset_letter(letter=letter, expected_version=1, actor=officer, now=NOW)

    assert not letter.has_own_wording
    assert (letter.division, letter.version) == ("総務課", 2)


def test_a_stale_reset_is_refused(assignment: Assignment, officer: User) -> None:
    letter = _save(assignment, officer, text="独自の文")
    _save(assignment, officer, version=1, text="同僚の文")

    with pytest.raises(StaleWrite):
        reset_letter(letter=letter, expected_version=1, actor=officer, now=NOW)

    assert Letter.objects.get().text == "同僚の文"


@pytest.mark.parametrize(
    ("text", "today", "kinds"),
    [
        ("期限は令和５年９月30日です。", TODAY, []),
        ("期限は令和５年10月31日です。", TODAY, [FindingKind.ALTERED]),
        ("よろしくお願いします。", TODAY, [FindingKind.LOST]),
        ("期限は令和５年９月30日です。", date(2023, 9, 30), []),
        ("期限は令和５年９月30日です。", date(2023, 10, 1), [FindingKind.EXPIRED]),
        ("よろしくお願いします。", date(2023, 10, 1), []),
    ],
)
def test_facts_are_watched_until_their_last_day(
    assignment: Assignment, officer: User, text: str, today: date, kinds: list[FindingKind]
) -> None:
    letter = _save(assignment, officer, text=text)

    assert [finding.kind for finding in fact_findings(letter=letter, today=today)] == kinds


def test_what_the_ministry_has_not_set_is_named(assignment: Assignment, officer: User) -> None:
    letter = _save(assignment, officer, text="{{局名}}{{課名}}　{{担当者名}}　{{団体名}}", division="総務課")

    assert missing_values(letter=letter) == ["担当者名"]


def test_every_placeholder_has_a_value_for_a_body(assignment: Assignment, officer: User) -> None:
    letter = _save(assignment, officer, division="総務課")
    body = make_body(assignment.ministry, name="全国協会", addressee="理事長", honorific="殿")

    values = placeholder_values(letter=letter, body=body, issued_on=TODAY)

    assert values["団体名"] == "全国協会"
    assert (values["宛先"], values["敬称"]) == ("理事長", "殿")
    assert (values["文書番号"], values["発出日"]) == ("事務連絡", "令和5年9月4日")
    assert values["申込期限"] == "別途御案内する日"
