"""The 引継書 shows what is open, whom to ask and what was done, on the page and as Excel."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followup.services.handover_sheet import HandoverSheet, handover_sheet
from followup.services.handover_tables import MOST_ROWS
from outreach.models import AuditEntry, Ministry, User
from tests.factories import (
    NOW,
    make_asked_report,
    make_body,
    make_body_request,
    make_notification,
    make_officer,
    make_staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_fourth_of_september")]


def sheet_of(user: User) -> HandoverSheet:
    assert user.ministry
    return handover_sheet(predecessor=user, ministry=user.ministry, now=NOW)


def rows_of(sheet: HandoverSheet, title: str) -> list[tuple[str, ...]]:
    return list(next(part for part in sheet.parts if part.title == title).rows)


@pytest.fixture
def busy(ministry: Ministry, coordinator: User) -> User:
    """Return a coordinator whose ministry has a report, a body left to notify, and a body asked."""
    report = make_asked_report(ministry, bodies=1)
    make_notification(report.assignment, make_body(ministry, name="未発出協会"), issued_on=None)
    make_body_request(report, report.assignment.notifications.get(issued_on__isnull=False))
    return coordinator


def test_it_tells_what_is_open_and_in_which_state(busy: User) -> None:
    sheet = sheet_of(busy)

    ((_request, notices, status, due, step),) = rows_of(sheet, "未了の仕事")
    assert notices == "対象 2団体、発出済み 1団体"
    assert (status, due) == ("作成中", "令和5年10月6日（金）")
    assert step == "発出を記録する"
    assert [row[0] for row in rows_of(sheet, "発出していない団体")] == ["未発出協会"]
    ((_body, address, _due, state, _sent, _contact),) = rows_of(sheet, "団体への回答依頼")
    assert (state, "@dantai.example" in address) == ("依頼済み", True)


def test_it_is_handed_out_as_excel_and_on_the_trail(client: Client, busy: User) -> None:
    client.force_login(busy)

    response = client.get(reverse("portal:member_handover_workbook", args=[busy.pk]))

    book = openpyxl.load_workbook(BytesIO(response.getvalue()))
    texts = [str(cell.value) for cell in book["概要"]["B"]]
    assert book.sheetnames[:3] == ["概要", "未了の仕事", "発出していない団体"]
    assert "厚生労働省" in texts
    assert book["発出していない団体"]["A5"].value == "未発出協会"
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book)
    assert "filename*=utf-8''%E5%BC%95%E7%B6%99%E6%9B%B8_" in response["Content-Disposition"]
    assert AuditEntry.objects.filter(action="引継書をダウンロード", actor=busy).count() == 1


def test_the_page_shows_the_same(client: Client, busy: User) -> None:
    client.force_login(busy)

    page = client.get(reverse("portal:member_handover", args=[busy.pk])).content.decode()

    assert all(part.title in page for part in sheet_of(busy).parts)
    assert "未発出協会" in page


def test_staff_see_it_for_any_ministry(client: Client, busy: User) -> None:
    client.force_login(make_staff())

    page = client.get(reverse("admin:outreach_handover_start", args=[busy.pk])).content.decode()
    book = client.get(reverse("admin:outreach_handover_workbook", args=[busy.pk]))

    assert "未発出協会" in page
    assert openpyxl.load_workbook(BytesIO(book.getvalue()))["発出していない団体"]["A5"].value == "未発出協会"


def test_long_tables_are_cut_and_say_so(
    ministry: Ministry, busy: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = ministry.assignments.get()
    for _ in range(3):
        make_notification(assignment, issued_on=None)
    monkeypatch.setattr("followup.services.handover_tables.MOST_ROWS", 2)

    part = next(part for part in sheet_of(busy).parts if part.title == "発出していない団体")

    assert (len(part.rows), part.left_out) == (2, 2)
    assert MOST_ROWS > 2


def test_more_rows_cost_no_more_queries(ministry: Ministry, busy: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sheet_of(busy)
        return len(queries)

    few = count()
    assignment = ministry.assignments.get()
    report = assignment.reports.get()
    for _ in range(5):
        make_notification(assignment, issued_on=None)
        make_body_request(report, make_notification(assignment))
        make_officer(ministry)

    assert count() == few
