"""Lists of very many rows: counted no further than needed, read from their nearer end, searched quickly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outreach.admin import lists
from outreach.admin.body import BodyAdmin
from outreach.models import Body
from outreach.services.audit import record_audit
from outreach.views import paging
from outreach.views.paging import LongPaginator
from tests.factories import NOW, make_body, make_mail, make_ministry, make_notification

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11])
def test_pages_hold_what_plain_slices_do_whichever_end_they_are_read_from(count: int) -> None:
    ministry = make_ministry()
    for number in range(count):
        make_body(ministry, name=f"{number:02}協会")
    rows = Body.objects.order_by("name", "pk")

    pages = LongPaginator(rows, 3)
    read = [[body.name for body in pages.page(number)] for number in pages.page_range]

    names = list(rows.values_list("name", flat=True))
    assert read == ([names[first : first + 3] for first in range(0, count, 3)] or [[]])


def test_the_last_page_is_read_from_the_end() -> None:
    ministry = make_ministry()
    for number in range(7):
        make_body(ministry, name=f"{number}協会")

    with CaptureQueriesContext(connection) as queries:
        list(LongPaginator(Body.objects.order_by("name"), 2).page(4))

    assert "OFFSET" not in queries[-1]["sql"]


def page_of(desk: Client, model: str, **query: Any) -> BeautifulSoup:
    response = desk.get(reverse(f"admin:outreach_{model}_changelist"), query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_a_search_is_counted_up_to_a_limit_and_says_so(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNT_LIMIT", 2)
    monkeypatch.setattr(BodyAdmin, "list_per_page", 1)
    ministry = make_ministry()
    for number in range(3):
        make_body(ministry, name=f"第{number}協会")

    searched, all_of_them = page_of(desk, "body", q="協会", p="2"), page_of(desk, "body", p="3")

    assert "2件以上" in searched.select_one(".paginator").text  # type: ignore[union-attr]
    assert len(searched.select("#result_list tbody tr")) == 1
    assert "3件" in all_of_them.select_one(".paginator").text  # type: ignore[union-attr]
    assert len(all_of_them.select("#result_list tbody tr")) == 1


def test_notices_are_found_by_a_part_of_the_name_of_their_body(desk: Client) -> None:
    for name in ("全国 銀行協会", "全国鉄道協会"):
        make_notification(body=make_body(name=name))

    found = page_of(desk, "notification", q="国銀行")

    assert [cell.text for cell in found.select("#result_list tbody th")] == ["全国 銀行協会"]


def test_a_month_keeps_what_began_and_ended_in_it_in_tokyo(desk: Client) -> None:
    for subject, created_at in (
        ("八月の最後", datetime(2023, 8, 31, 14, 59, 59, tzinfo=UTC)),
        ("九月の最初", datetime(2023, 8, 31, 15, 0, tzinfo=UTC)),
        ("九月の最後", datetime(2023, 9, 30, 14, 59, 59, tzinfo=UTC)),
        ("十月の最初", datetime(2023, 9, 30, 15, 0, tzinfo=UTC)),
    ):
        make_mail(subject=subject, created_at=created_at)

    page = page_of(desk, "outgoingmail", created_at_month="2023-09")

    assert [cell.text for cell in page.select("#result_list .field-subject")] == ["九月の最後", "九月の最初"]
    choices = [link.text.strip() for link in page.select("#changelist-filter li")]
    assert [text for text in choices if text.startswith("令和")] == [
        "令和5年10月",
        "令和5年9月",
        "令和5年8月",
    ]


def test_months_long_ago_are_one_choice(desk: Client) -> None:
    for day in (date(2019, 4, 30), date(2021, 9, 30), date(2021, 10, 1), date(2023, 9, 1)):
        make_notification(issued_on=day)
    make_notification(issued_on=None)

    page = page_of(desk, "notification", issued_on_month="earlier")

    assert "それより前" in page.select_one("#changelist-filter").text  # type: ignore[union-attr]
    assert len(page.select("#result_list tbody tr")) == 2


@pytest.mark.parametrize("month", ["2023-13", "x", "earlier", "1999-01"])
def test_a_month_that_is_not_offered_keeps_everything(desk: Client, month: str) -> None:
    make_notification()

    page = page_of(desk, "notification", issued_on_month=month)

    assert len(page.select("#result_list tbody tr")) == 1


@pytest.mark.parametrize(
    ("model", "make"),
    [
        (
            "auditentry",
            lambda n, ministry: record_audit(
                action=f"試験{n}", now=NOW, actor=None, rule="試験", ministry=ministry
            ),
        ),
        ("outgoingmail", lambda n, ministry: make_mail(subject=f"試験{n}", ministry=ministry)),
    ],
)
def test_ledgers_are_searched_in_their_newest_rows_after_the_filters(
    desk: Client, monkeypatch: pytest.MonkeyPatch, model: str, make: Callable[..., Any]
) -> None:
    monkeypatch.setattr(lists, "SEARCHED_ROWS", 2)
    own, other = make_ministry(), make_ministry()
    for number, ministry in enumerate((own, other, other, other)):
        make(number, ministry)

    newest = page_of(desk, model, q="試験")
    of_one = page_of(desk, model, q="試験", ministry__id__exact=own.pk)

    told = newest.select_one("#result_list").text  # type: ignore[union-attr]
    assert [number for number in range(4) if f"試験{number}" in told] == [2, 3]
    assert "試験0" in of_one.select_one("#result_list").text  # type: ignore[union-attr]


def test_a_ministrys_bodies_are_listed_like_its_own_list(desk: Client) -> None:
    ministry = make_ministry()
    for name, category in (("乙協会", "foundation"), ("丙協会", "industry"), ("甲協会", "industry")):
        make_body(ministry, name=name, category=category)

    page = page_of(desk, "body", ministry__id__exact=ministry.pk)

    assert [cell.text for cell in page.select("#result_list th.field-name")] == ["丙協会", "甲協会", "乙協会"]
