"""The form builder at a browser: edit a question, look as officers will, out and in as a workbook."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from followup.models import FormVersion
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def with_another_label(book: bytes, old: str, new: str) -> bytes:
    opened = load_workbook(io.BytesIO(book))
    cells = [cell for sheet in opened for row in sheet.iter_rows() for cell in row if cell.value == old]
    assert cells
    for cell in cells:
        cell.value = new
    stream = io.BytesIO()
    opened.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("width", [1280, 375])
def test_staff_edit_look_at_and_replace_a_form(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str]
) -> None:
    draft = FormVersion.objects.get(published_at=None)
    staff = visitor(width)
    staff.enter("staff@digital.example")
    staff.visit(f"/admin/followup/formversion/{draft.pk}/change/", pictures("admin-form", width))

    question = staff.page.locator("details.question").filter(has_text="要請する団体等の有無")
    question.locator("summary").click()
    question.locator("input[name$=-label]").fill("要請した団体等の有無")
    staff.press("保存して編集を続ける")
    staff.follow("試し表示（画面）", pictures("admin-form-preview", width))
    staff.sees("要請した団体等の有無", "入力しても保存されません。")
    staff.follow("様式の画面へ戻る")
    with staff.page.expect_download() as download:
        staff.page.get_by_role("link", name="様式のブックをダウンロード").click()
    book = Path(download.value.path()).read_bytes()
    staff.follow("様式のブックを取り込む")
    staff.page.locator("input[type=file]").set_input_files(
        {
            "name": "様式.xlsx",
            "mimeType": XLSX,
            "buffer": with_another_label(book, "要請した団体等の有無", "要請先の有無"),
        }
    )
    staff.press("確認画面へ進む", pictures("admin-form-upload", width))
    staff.sees("要請先の有無")
    staff.press("この内容で下書きを置き換える")

    assert draft.questions.filter(label="要請先の有無").count() == 1
    published = FormVersion.objects.exclude(published_at=None).latest("pk")
    staff.visit(f"/admin/followup/formversion/{published.pk}/change/")
