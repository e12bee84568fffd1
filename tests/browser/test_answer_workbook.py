"""The way by Excel at a browser: download, a wrong workbook and its marks, the right one, confirmed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django_scopes import scopes_disabled
from openpyxl import load_workbook
from playwright.sync_api import expect

from followup.models import BodyAnswer
from tests.browser.conftest import Visitor
from tests.browser.test_answering import OFFICER, open_report, own_answer
from tests.imports.excel import Values, cell_of, fill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RIGHT: Values = {"member_count": 100, "reached_member_count": 100}
WRONG: Values = {"member_count": 100, "reached_member_count": 120}


def saved(officer: Visitor, button: str) -> bytes:
    """Press what gives a file, and return the file."""
    with officer.page.expect_download() as download:
        officer.page.get_by_text(button, exact=True).click()
    return Path(download.value.path()).read_bytes()


def choose(officer: Visitor, content: bytes, picture: str) -> None:
    officer.page.locator("input[type=file]").set_input_files(
        {"name": "回答用ブック（記入済み）.xlsx", "mimeType": XLSX, "buffer": content}
    )
    officer.press("内容を確認する", picture)


@pytest.mark.parametrize("width", [1280, 375])
def test_a_workbook_goes_out_comes_back_wrong_then_right(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str]
) -> None:
    with scopes_disabled():
        report = open_report()
        row = BodyAnswer.objects.filter(report=report, answers__reach_status="done").earliest("pk")
        body = row.notification.body.name
    officer = visitor(width)
    officer.enter(OFFICER)
    officer.visit(f"/portal/reports/{report.pk}/workbook/", pictures("portal-workbook", width))
    book = saved(officer, "回答用ブックをダウンロードする")

    choose(officer, fill(book, {body: WRONG}), pictures("portal-workbook-problems", width))
    cell = cell_of(book, body, "reached_member_count")
    officer.sees("直していただきたいところがあります", f"セル {cell}")
    marked = saved(officer, "誤りに印を付けたブックをダウンロードする")
    officer.follow("直したブックを選ぶ")
    right = fill(book, {body: RIGHT}, {"insurance_staff": "約１，２３４"})
    choose(officer, right, pictures("portal-workbook-preview", width))
    officer.sees("確定するまで、回答は変わりません。", "約１，２３４")
    officer.press("この内容で確定する")
    expect(officer.page.locator(".ui-error-summary")).to_be_visible()
    officer.page.locator("input[name=agreed]").check()
    officer.press("この内容で確定する")

    officer.sees("回答用ブックを取り込み、下書きとして保存しました（")
    assert load_workbook(io.BytesIO(marked))["団体別回答"][cell].comment is not None
    assert own_answer("insurance_staff") == 1234
    with scopes_disabled():
        assert BodyAnswer.objects.get(pk=row.pk).answers["reached_member_count"] == 100
