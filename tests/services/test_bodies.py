"""Keeping the ministry's list of bodies."""

from __future__ import annotations

import pytest

from outreach.models import AuditEntry, Body, BodyCategory
from outreach.services.bodies import BodyFields, DuplicateBody, create_body, set_body_active, update_body
from outreach.services.errors import StaleWrite
from tests.factories import NOW, make_body, make_ministry, make_officer

pytestmark = pytest.mark.django_db


def _fields(name: str = "全国協会", corporate_number: str = "") -> BodyFields:
    return BodyFields(name=name, category=BodyCategory.INDUSTRY, corporate_number=corporate_number)


def test_a_body_is_added_to_the_ministrys_list_with_its_trail() -> None:
    officer = make_officer()
    assert officer.ministry

    body = create_body(ministry=officer.ministry, fields=_fields(), actor=officer, now=NOW)

    assert (body.ministry, body.name) == (officer.ministry, "全国協会")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.ministry) == ("団体を追加", officer.ministry)
    assert entry.after
    assert entry.after["区分"] == "業界団体等"


@pytest.mark.parametrize("name", ["全国 協会", "全国協会　"])
def test_a_name_that_differs_only_in_spaces_is_the_same_body(name: str) -> None:
    officer = make_officer()
    assert officer.ministry
    make_body(officer.ministry, name="全国協会", is_active=False)

    with pytest.raises(DuplicateBody, match="「全国協会」（使用停止中）") as refused:
        create_body(ministry=officer.ministry, fields=_fields(name), actor=officer, now=NOW)

    assert refused.value.field == "name"


def test_a_number_of_another_body_of_the_list_is_refused() -> None:
    officer = make_officer()
    assert officer.ministry
    make_body(officer.ministry, corporate_number="8000012010038")

    with pytest.raises(DuplicateBody) as refused:
        create_body(
            ministry=officer.ministry, fields=_fields("別の協会", "8000012010038"), actor=officer, now=NOW
        )

    assert refused.value.field == "corporate_number"


def test_another_ministrys_body_of_the_same_name_does_not_matter() -> None:
    officer = make_officer()
    assert officer.ministry
    make_body(make_ministry(), name="全国協会")

    create_body(ministry=officer.ministry, fields=_fields(), actor=officer, now=NOW)

    assert Body.objects.filter(name="全国協会").count() == 2


def test_a_change_is_recorded_by_what_differs_and_can_be_found_by_the_new_name() -> None:
    officer = make_officer()
    body = make_body(officer.ministry, name="全国協会")

    update_body(body=body, expected_version=1, fields=_fields("全国連合会"), actor=officer, now=NOW)

    assert (body.name, body.version) == ("全国連合会", 2)
    assert list(Body.objects.search("連合")) == [body]
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"名称": "全国協会"}, {"名称": "全国連合会"})
    assert body.history.count() == 2


def test_a_stale_change_is_refused_and_tells_what_the_colleague_saved() -> None:
    officer = make_officer()
    body = make_body(officer.ministry)
    update_body(body=body, expected_version=1, fields=_fields("先の名称"), actor=officer, now=NOW)

    with pytest.raises(StaleWrite) as refused:
        update_body(body=body, expected_version=1, fields=_fields("後の名称"), actor=officer, now=NOW)

    body.refresh_from_db()
    assert body.name == "先の名称"
    assert refused.value.theirs["name"] == "先の名称"


def test_stopping_twice_happens_once() -> None:
    officer = make_officer()
    body = make_body(officer.ministry)

    assert set_body_active(body=body, active=False, actor=officer, now=NOW)
    assert not set_body_active(body=body, active=False, actor=officer, now=NOW)

    assert not body.is_active
    assert AuditEntry.objects.count() == 1
