"""The trail as a ministry sees it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outreach.services.audit import record_audit
from tests.factories import NOW, make_ministry, make_officer

pytestmark = pytest.mark.django_db
PAGE = "/portal/activity/"


def test_a_ministry_sees_its_own_entries_with_before_and_after(client: Client) -> None:
    officer = make_officer(name="厚生 花子")
    record_audit(
        action="団体を変更",
        now=NOW,
        actor=officer,
        ministry=officer.ministry,
        before={"名称": "旧い名称", "使用中": True},
        after={"名称": "新しい名称", "使用中": False, "団体": ["甲", "乙"], "発出日": "2023-09-01"},
        reason="改称のため",
    )
    record_audit(action="よその操作", now=NOW, actor=None, ministry=make_ministry())
    record_audit(action="全体の操作", now=NOW, actor=None)
    client.force_login(officer)

    page = client.get(PAGE).content.decode()

    for words in ("令和5年9月4日 10時00分", "厚生 花子", "旧い名称", "新しい名称", "甲、乙", "改称のため"):
        assert words in page
    assert "令和5年9月1日" in page
    assert "よその操作" not in page
    assert "全体の操作" not in page


def test_the_newest_come_first_by_fifty(client: Client) -> None:
    officer = make_officer()
    for number in range(51):
        record_audit(action=f"操作{number:02}", now=NOW, actor=officer, ministry=officer.ministry)
    client.force_login(officer)

    first = client.get(PAGE).content.decode()
    second = client.get(PAGE, {"page": 2}).content.decode()

    assert "操作50" in first
    assert "操作00" not in first
    assert "操作00" in second


def test_the_page_asks_the_database_as_often_for_twenty_as_for_one(client: Client) -> None:
    officer = make_officer()
    client.force_login(officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    record_audit(action="操作", now=NOW, actor=officer, ministry=officer.ministry)
    client.get(PAGE)
    one = queries()
    for _ in range(20):
        record_audit(action="操作", now=NOW, actor=officer, ministry=officer.ministry)

    assert queries() == one
