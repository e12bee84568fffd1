"""Whatever the admin exports keeps the rules of machine readability; new exports are found by themselves."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from followup.models import Submission
from outreach.admin.spreadsheets import ExportAdmin
from outreach.models import Ministry
from tests.council.machine_rules import broken_csv_rules, broken_rules
from tests.factories import (
    make_body,
    make_channel,
    make_ministry,
    make_notification,
    make_reminder,
    make_submission,
)

FORMULA, GAIJI = '=HYPERLINK("https://evil.example","開く")', "髙島󠄀屋𠮷野家協会"
EXPORTS: list[tuple[type[Model], int]] = [
    (model, number)
    for model, model_admin in admin.site._registry.items()
    if isinstance(model_admin, ExportAdmin)
    for number, _resource in enumerate(model_admin.resource_classes)
]


@pytest.fixture(scope="module", name="rows")
def _rows(rows_of_module: None) -> None:
    """Write rows of everything that is exported, with whatever people type."""
    ministry = make_ministry("=忙しい省", note="①1行目\n2行目")
    report = make_submission().report
    for name, note in ((FORMULA, "㈱を付ける\r\n\r\n  電話済み"), (GAIJI, "あ" * 10_000)):
        body = make_body(report.assignment.ministry, name=name, note=note)
        notification = make_notification(report.assignment, body, note=note, channel_other="①回覧板")
        notification.channels.set([make_channel(), make_channel(is_other=True)])
        notification.materials.set(report.assignment.request.materials.all())
    make_notification(report.assignment, make_body(report.assignment.ministry), issued_on=None)
    make_body(ministry)
    make_reminder()


def exported(desk: Client, model: type[Model], file_format: str, resource: int) -> bytes:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export")
    response = desk.post(url, {"format": file_format, "resource": str(resource)})
    assert "attachment" in response["Content-Disposition"]
    return bytes(response.content)


def test_the_exports_of_the_admin_are_found() -> None:
    assert {Ministry, Submission} <= {model for model, _number in EXPORTS}


@pytest.mark.parametrize(
    ("model", "resource"), EXPORTS, ids=[f"{model.__name__} {number}" for model, number in EXPORTS]
)
def test_every_export_keeps_the_rules(desk: Client, rows: None, model: type[Model], resource: int) -> None:
    in_excel = exported(desk, model, "0", resource)
    in_csv = zipfile.ZipFile(io.BytesIO(exported(desk, model, "1", resource)))

    book = load_workbook(io.BytesIO(in_excel))
    assert book.worksheets[0].max_row > 1, "write rows of this export in the fixture above"
    assert broken_rules(io.BytesIO(in_excel)) == []
    assert [name.removesuffix(".csv") for name in in_csv.namelist()] == book.sheetnames
    assert {name: broken_csv_rules(in_csv.read(name)) for name in in_csv.namelist()} == {
        name: [] for name in in_csv.namelist()
    }
