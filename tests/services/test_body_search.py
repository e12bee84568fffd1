"""Finding bodies by a part of their name, however they came into the table."""

from __future__ import annotations

import pytest
from django.db import connection

from outreach.models import Body, body_search
from outreach.models.body_search import few_named
from tests.factories import make_body, make_ministry

pytestmark = pytest.mark.django_db


def _found(words: str) -> list[str]:
    return sorted(Body.objects.search(words).values_list("name", flat=True))


def _pieces_of(body: Body) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT piece FROM outreach_bodypiece WHERE body_id = %s", [body.pk])
        return {piece for [piece] in cursor.fetchall()}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("銀行", ["全国銀行協会", "銀行 連合会"]),
        ("全国銀行協会", ["全国銀行協会"]),
        ("行連", ["銀行 連合会"]),  # spaces do not count
        ("協", ["全国銀行協会"]),
        ("会", ["全国銀行協会", "銀行 連合会"]),  # the last character of a name
        ("銀会", []),  # both characters are there, apart
        ("ｶﾅ", ["カナ工業組合"]),
        ("鉄道", []),
        ("\ud7ff", []),
        ("\U0010ffff", []),
        ("%", []),
        ("", ["カナ工業組合", "全国銀行協会", "銀行 連合会"]),
    ],
)
def test_words_of_any_length_find_the_names_that_hold_them(words: str, names: list[str]) -> None:
    ministry = make_ministry()
    for name in ("全国銀行協会", "銀行 連合会", "カナ工業組合"):
        make_body(ministry, name=name)

    assert _found(words) == names


@pytest.mark.parametrize(("words", "count"), [("801", 1), ("8010", 1), ("０１", 0), ("80100050000000", 0)])
def test_the_beginning_of_a_corporate_number_finds_its_body(words: str, count: int) -> None:
    make_body(name="甲協会", corporate_number="8010005000000")
    make_body(name="乙協会", corporate_number="7010005000001")

    assert len(_found(words)) == count


def test_common_words_are_looked_for_in_the_names_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_search, "FEW", 1)
    for name in ("甲協会", "乙協会", "丙機構"):
        make_body(name=name)

    assert few_named("協会") is None
    assert few_named("丙機構") == {Body.objects.get(name="丙機構").pk}
    assert _found("協会") == ["乙協会", "甲協会"]


def test_the_database_follows_every_write_by_itself() -> None:
    """Also guards migrations: SQLite forgets triggers when it remakes a table (migrations/_name_pieces)."""
    ministry = make_ministry()
    first, second = Body.objects.bulk_create(
        Body(ministry=ministry, name=name, name_key=name, category="industry")
        for name in ("甲会", "ああああ")
    )
    assert (_pieces_of(first), _pieces_of(second)) == ({"甲会", "会"}, {"ああ", "あ"})

    Body.objects.filter(pk=first.pk).update(name="乙社", name_key="乙社")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outreach_body SET name_key = 'いい' WHERE id = %s", [second.pk])
    assert (_pieces_of(first), _pieces_of(second)) == ({"乙社", "社"}, {"いい", "い"})

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outreach_body WHERE id = %s", [first.pk])
    assert (_pieces_of(first), _pieces_of(second)) == (set(), {"いい", "い"})
