"""What an officer does with a workbook in Excel, and a laptop with the pages around it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import Workbook, load_workbook

from followup.models import AnswerImport, Report
from followup.workbooks.answer_layout import BODY_SHEET, MINISTRY_SHEET

Values = Mapping[str, object]


def portal(report: Report) -> str:
    return f"/portal/reports/{report.pk}/workbook/"


def admin(report: Report) -> str:
    return f"/admin/followup/report/{report.pk}/workbook/"


def download(client: Client, door: str) -> bytes:
    response = client.post(f"{door}download/")
    assert response.status_code == 200, response.content.decode()
    return response.getvalue()


def edit(book: bytes, change: Callable[[Workbook], object]) -> bytes:
    """Open a workbook, change it, save it."""
    opened = load_workbook(io.BytesIO(book))
    change(opened)
    stream = io.BytesIO()
    opened.save(stream)
    return stream.getvalue()


def fill(book: bytes, bodies: Mapping[str, Values] | None = None, ministry: Values | None = None) -> bytes:
    """Enter values by the keys of the questions: of bodies by their name, and of the ministry.

    A body that is not in the book is written below the others.
    """

    def change(opened: Workbook) -> None:
        for name, values in (bodies or {}).items():
            enter(opened, name, values)
        sheet = opened[MINISTRY_SHEET]
        rows = {str(row[0].value): row for row in sheet.iter_rows() if row[0].value}
        for key, value in (ministry or {}).items():
            rows[key][columns(sheet)["#answer"] - 1].value = value

    return edit(book, change)


def columns(sheet: Any) -> dict[str, int]:
    """Return the columns of a sheet by the keys in its hidden row."""
    for row in sheet.iter_rows():
        keys = {str(cell.value): cell.column for cell in row if cell.value is not None}
        if {"#id", "#key"} & set(keys):
            return keys
    raise AssertionError("no row of keys")


def enter(opened: Workbook, name: str, values: Values) -> None:
    sheet = opened[BODY_SHEET]
    places = columns(sheet)
    named = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, places["#name"]).value == name]
    row = named[0] if named else _row_below(sheet, places)
    for key, value in {"#name": name, **values}.items():
        sheet.cell(row, places[key]).value = value


def _row_below(sheet: Any, places: Mapping[str, int]) -> int:
    filled = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, places["#name"]).value]
    return max(filled) + 1


def cell_of(book: bytes, name: str, key: str) -> str:
    """Return the address of a body's cell, such as F12."""
    sheet = load_workbook(io.BytesIO(book))[BODY_SHEET]
    places = columns(sheet)
    [row] = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, places["#name"]).value == name]
    return str(sheet.cell(row, places[key]).coordinate)


def upload(client: Client, door: str, content: bytes, name: str = "記入済み.xlsx") -> HttpResponse:
    """Choose a file and press the button; return the page that follows."""
    response: Any = client.post(door, {"file": SimpleUploadedFile(name, content)}, follow=True)
    return response


def newest() -> AnswerImport:
    found: AnswerImport = AnswerImport.objects.latest("pk")
    return found


def text_of(response: Any) -> str:
    """Return what a page says, in one line."""
    return " ".join(BeautifulSoup(response.content, "html.parser").text.split())


def confirm(client: Client, door: str, **chosen: Any) -> HttpResponse:
    """Press 「この内容で確定する」 on the preview of the newest import."""
    item = newest()
    path = f"{door}{item.pk}/"
    response: Any = client.post(path, {"digest": item.digest, **chosen}, follow=True)
    return response
