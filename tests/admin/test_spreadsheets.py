"""Staff export and import tables: everything that is wrong is named per cell, and nothing is half stored."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from outreach.models import AuditEntry, Body, Ministry
from tests.admin.browser import fields_of, queries
from tests.factories import (
    make_answered_report,
    make_assignment,
    make_body,
    make_channel,
    make_ministry,
    make_notification,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db

HEADINGS = ["府省庁", "名称", "区分", "法人番号", "備考"]


def workbook(*rows: list[Any], headings: list[str] = HEADINGS) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (headings, *rows):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(client: Client, content: bytes, name: str = "団体.xlsx", model: str = "body") -> str:
    """Send a file to the preview; return the page."""
    url = reverse(f"admin:outreach_{model}_import")
    response = client.post(url, {"import_file": SimpleUploadedFile(name, content), "resource": "0"})
    assert response.status_code == 200
    return response.content.decode()


def confirm(client: Client, page: str, model: str = "body") -> str:
    """Press 取り込む on a preview; return the page after it."""
    url = reverse(f"admin:outreach_{model}_process_import")
    return client.post(url, fields_of(page), follow=True).content.decode()


def export(client: Client, name: str, file_format: str, resource: str = "0") -> bytes:
    """Press 書き出す; return the file."""
    response = client.post(reverse(f"admin:{name}_export"), {"format": file_format, "resource": resource})
    return bytes(response.content)


def table(content: bytes, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of an exported sheet by their headings."""
    headings, *rows = load_workbook(io.BytesIO(content))[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def problems(page: str) -> list[tuple[str, ...]]:
    """Return the rows of the table of problems: line, cell, column, value, message."""
    table = BeautifulSoup(page, "html.parser").select("#content table tbody tr")
    return [tuple(cell.get_text(strip=True) for cell in row.select("th, td")) for row in table]


def test_a_file_is_previewed_and_stored_only_when_confirmed(desk: Client) -> None:
    ministry = make_ministry("厚生労働省")
    make_body(ministry, name="日本看護協会", note="旧")

    page = upload(
        desk,
        workbook(
            ["厚生労働省", "日本薬剤師会", "業界団体等", None, None],
            ["厚生労働省", "日本看護協会", "業界団体等", None, "新"],
        ),
    )

    assert "新規 1件、変更 1件" in page
    assert Body.objects.count() == 1

    after = confirm(desk, page)

    assert "取り込みました（新規1件、変更1件" in after
    assert Body.objects.get(name="日本薬剤師会").ministry == ministry
    assert Body.objects.get(name="日本看護協会").note == "新"
    entry = AuditEntry.objects.get(action="団体を一括取込み")
    assert entry.after == {"ファイル": "団体.xlsx", "新規": 1, "変更": 1, "変更なし": 0}


def test_an_imported_change_tells_an_officer_with_an_open_form(desk: Client) -> None:
    body = make_body(make_ministry("厚生労働省"), name="日本看護協会")

    confirm(desk, upload(desk, workbook(["厚生労働省", "日本看護協会", "公益法人", None, None])))

    assert Body.objects.get(pk=body.pk).version == body.version + 1


def test_an_unchanged_export_comes_back_as_no_change(desk: Client) -> None:
    make_body(make_ministry("厚生労働省"), name="日本看護協会", phone="+81-3-0000-0000")
    in_excel = export(desk, "outreach_body", "0")
    in_csv = zipfile.ZipFile(io.BytesIO(export(desk, "outreach_body", "1"))).read("団体.csv")
    for content, name in ((in_excel, "団体.xlsx"), (in_csv, "団体.csv")):
        page = upload(desk, content, name)

        assert "新規 0件、変更 0件、変更なし 1件" in page


def test_every_wrong_cell_is_named_and_nothing_is_stored(desk: Client) -> None:
    make_ministry("厚生労働省")

    page = upload(
        desk,
        workbook(
            ["厚生労働省", "日本薬剤師会", "業界団体等", None, None],
            ["厚労大臣官房", "甲協会", "任意団体", "1234567890123", None],
            ["厚生労働省", None, "業界団体等", None, None],
        ),
    )

    found = {(row[0], row[1], row[2]) for row in problems(page)}
    assert {("3", "A3", "府省庁"), ("3", "C3", "区分"), ("3", "D3", "法人番号"), ("4", "B4", "名称")} <= found
    assert "「厚労大臣官房」という府省庁は登録されていません" in page
    assert "次のいずれかにしてください：業界団体等" in page
    assert "body_has_name" not in page
    assert not Body.objects.exists()


def test_the_same_body_twice_in_a_file_is_named_by_both_rows(desk: Client) -> None:
    make_ministry("厚生労働省")

    page = upload(
        desk,
        workbook(
            ["厚生労働省", "日本薬剤師会", "業界団体等", None, None],
            [None, None, None, None, None],
            ["厚生労働省", "日本薬剤師会　", "公益法人", None, None],
        ),
    )

    assert "ファイルの4行目と同じものです" in page
    assert "ファイルの2行目と同じものです" in page


def test_a_corporate_number_of_another_body_is_refused(desk: Client) -> None:
    ministry = make_ministry("厚生労働省")
    make_body(ministry, name="甲協会", corporate_number="6000012070001")

    page = upload(desk, workbook(["厚生労働省", "乙協会", "業界団体等", 6000012070001, None]))

    assert "同じ法人番号の団体が既に登録されています" in page


def test_wrong_headings_are_told_before_any_row(desk: Client) -> None:
    page = upload(desk, workbook(["x", "y", "z"], headings=["省庁", "名称", "名称"]))

    assert "「府省庁」の列がありません" in page
    assert "「省庁」は取り込める列ではありません" in page
    assert "見出し「名称」が2列あります" in page
    assert problems(page) == []


def test_formulas_and_error_values_are_refused_by_cell(desk: Client) -> None:
    make_ministry("厚生労働省")

    page = upload(desk, workbook(["厚生労働省", "=A1&A2", "業界団体等", None, "#N/A"]))

    assert "数式は取り込めません" in page
    assert "Excelのエラー値（#N/A）" in page


def test_text_that_looks_like_markup_or_a_formula_is_shown_and_kept_as_text(desk: Client) -> None:
    make_ministry("厚生労働省")
    content = '府省庁,名称,区分\r\n厚生労働省,\'=HYPERLINK("x")<b>,業界団体等\r\n'.replace(
        '\'=HYPERLINK("x")<b>', '"\'=HYPERLINK(""x"")<b>"'
    )

    page = upload(desk, content.encode("cp932"), "団体.csv")
    confirm(desk, page)

    assert "&lt;b&gt;" in page
    assert Body.objects.get().name == '=HYPERLINK("x")<b>'


def zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    stream = io.BytesIO(workbook(["厚生労働省", "甲協会", "業界団体等"]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


HOSTILE: list[tuple[str, Any, str]] = [
    ("空.xlsx", b"", "空です"),
    ("文書.pdf", b"%PDF-1.7", "PDFは取り込めません"),
    ("表.xlsx", b"<html><table>", "HTML又はXML"),
    ("古い.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "古い形式（.xls）"),
    (
        "鍵.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "パスワードで保護",
    ),
    ("表.xlsx", "府省庁,名称\n".encode(), "中身はExcelブックではありません"),
    ("表.xlsx", zipped(a=b"x"), "Excelブックではありません"),
    ("表.xlsx", b"PK\x03\x04broken", "壊れていて開けません"),
    ("表.csv", lambda: workbook(["厚生労働省"]), "末尾が .xlsx ではありません"),
    ("表.xlsx", lambda: with_part("xl/vbaProject.bin", b"x"), "マクロを含む"),
    ("表.xlsx", lambda: with_part("../../etc/x", b"x"), "構造が通常と異なる"),
    ("表.xlsx", lambda: with_part("xl/bomb.xml", b" " * 61 * 1024 * 1024), "中身が大きすぎます"),
    ("表.xlsx", lambda: with_part("xl/x.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]>"), "安全でない記述"),
    ("表.csv", b"\xff\xfe\x00\x00\x81", "文字コードを判別できません"),
    ("表.csv", "府省庁,名称\n".encode(), "データの行がありません"),
    ("表.txt", b"abc", "取り込めるのは Excelブック（.xlsx）又は CSV（.csv）だけ"),
]


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE)
def test_what_is_no_table_is_refused_in_words(desk: Client, name: str, content: Any, message: str) -> None:
    page = upload(desk, content() if callable(content) else content, name)

    assert message in page


def test_a_stray_cell_at_the_far_corner_is_refused_quickly(desk: Client) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    sheet.cell(row=1_048_576, column=16_384, value="x")
    stream = io.BytesIO()
    book.save(stream)

    page = upload(desk, stream.getvalue())

    assert "行以内の表にしてください" in page


def test_a_hidden_sheet_is_not_read(desk: Client) -> None:
    make_ministry("厚生労働省")
    book = Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(["見るな"])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("表")
    sheet.append(HEADINGS)
    sheet.append(["厚生労働省", "甲協会", "業界団体等"])
    stream = io.BytesIO()
    book.save(stream)

    assert "新規 1件" in upload(desk, stream.getvalue())


def test_another_users_preview_cannot_be_confirmed(desk: Client) -> None:
    make_ministry("厚生労働省")
    page = upload(desk, workbook(["厚生労働省", "甲協会", "業界団体等", None, None]))
    stranger = Client()
    stranger.force_login(make_staff())

    after = confirm(stranger, page)

    assert "有効期限が切れました" in after
    assert not Body.objects.exists()


def test_a_preview_is_confirmed_once(desk: Client) -> None:
    make_ministry("厚生労働省")
    page = upload(desk, workbook(["厚生労働省", "甲協会", "業界団体等", None, None]))

    confirm(desk, page)
    second = confirm(desk, page)

    assert "有効期限が切れました" in second
    assert Body.objects.count() == 1


def test_what_became_wrong_after_the_preview_stores_nothing(desk: Client) -> None:
    ministry = make_ministry("厚生労働省")
    page = upload(
        desk,
        workbook(
            ["厚生労働省", "甲協会", "業界団体等", 6000012070001, None],
            ["厚生労働省", "乙協会", "業界団体等", None, None],
        ),
    )
    make_body(ministry, name="丙協会", corporate_number="6000012070001")

    after = confirm(desk, page)

    assert "何も取り込みませんでした" in after
    assert list(Body.objects.values_list("name", flat=True)) == ["丙協会"]


def test_staff_who_may_only_look_export_but_do_not_import(db: None) -> None:
    viewer = make_staff(is_superuser=False)
    viewer.user_permissions.add(Permission.objects.get(codename="view_body"))
    client = Client()
    client.force_login(viewer)

    assert client.get(reverse("admin:outreach_body_export")).status_code == 200
    assert client.get(reverse("admin:outreach_body_import")).status_code == 403
    assert client.post(reverse("admin:outreach_body_process_import")).status_code == 403
    assert client.get(reverse("admin:outreach_ministry_export")).status_code == 403


def test_ministries_are_imported_by_name(desk: Client) -> None:
    ministry = make_ministry("厚生労働省", order=22, mailbox="")
    headings = ["建制順番号", "名称", "共有メールボックス"]

    page = upload(
        desk, workbook([22, "厚生労働省", "box@mhlw.example"], headings=headings), "府省庁.xlsx", "ministry"
    )
    confirm(desk, page, "ministry")

    ministry.refresh_from_db()
    assert ministry.mailbox == "box@mhlw.example"
    assert Ministry.objects.count() == 1


def test_what_looks_like_a_formula_leaves_as_text(desk: Client) -> None:
    make_body(make_ministry("厚生労働省"), name="=1+1", note="@x")

    in_excel = export(desk, "outreach_body", "0")
    in_csv = zipfile.ZipFile(io.BytesIO(export(desk, "outreach_body", "1")))

    sheet = load_workbook(io.BytesIO(in_excel))["団体"]
    cell = sheet["C2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", 1)
    row = list(csv.reader(io.StringIO(in_csv.read("団体.csv").decode("utf-8-sig"))))[1]
    assert row[2] == "'=1+1"
    assert "'@x" in in_csv.read("自由記述.csv").decode("utf-8-sig")


def test_what_is_written_freely_leaves_in_a_sheet_of_its_own(desk: Client) -> None:
    make_body(note="1行目\n2行目")

    content = export(desk, "outreach_body", "0")

    assert "備考" not in table(content, "団体")[0]
    assert table(content, "自由記述") == [
        {"番号": 1, "行番号": 1, "項目名": "備考", "分割番号": 1, "記述": "1行目 2行目"}
    ]


def test_an_export_is_recorded_with_who_what_and_how_many(desk: Client) -> None:
    make_body()

    desk.post(reverse("admin:outreach_body_export") + "?is_active__exact=1", {"format": "0", "resource": "0"})

    entry = AuditEntry.objects.get(action="団体を書き出し")
    assert entry.after == {"件数": 1, "形式": "xlsx", "条件": "is_active__exact=1"}


def test_notifications_leave_with_days_and_channels(desk: Client) -> None:
    notification = make_notification(make_assignment(make_ministry("厚生労働省")))

    notification.channels.set([make_channel(label="メール"), make_channel(label="文書")])

    content = export(desk, "outreach_notification", "0")

    [values] = table(content, "発出")
    assert values["府省庁"] == "厚生労働省"
    assert values["団体の名称"] == notification.body.name
    assert values["発出日"].date() == notification.issued_on
    channels = [(row["発出番号"], row["周知手段"]) for row in table(content, "周知手段")]
    assert channels == [(notification.pk, "メール"), (notification.pk, "文書")]


@pytest.mark.parametrize("resource", ["0", "1"])
def test_answers_leave_with_a_row_a_value(desk: Client, resource: str) -> None:
    make_submission()

    content = export(desk, "followup_submission", "0", resource)

    name, rows = ("府省庁の回答", 1) if resource == "0" else ("団体別の回答", 2)
    assert len(table(content, name)) == rows
    key, answer = ("issue_style", "事務連絡") if resource == "0" else ("reach_status", "周知した")
    found = [row for row in table(content, "設問別回答") if row["設問キー"] == key]
    assert {(row["選択肢"], row["様式版番号"]) for row in found} == {(answer, 1)}
    assert (key, found[0]["選択肢コード"]) in {
        (row["コード体系"], row["コード"]) for row in table(content, "コード表")
    }


def test_an_export_with_a_filter_that_the_list_does_not_have_leads_back_to_the_list(desk: Client) -> None:
    url = f"{reverse('admin:outreach_body_export')}?colour=red"

    for response in (
        desk.get(url, follow=True),
        desk.post(url, {"format": "0", "resource": "0"}, follow=True),
    ):
        assert response.redirect_chain == [(reverse("admin:outreach_body_changelist"), 302)]
        assert "絞り込みの条件が正しくありません" in response.content.decode()


@pytest.mark.parametrize(
    "name", ["outreach_body", "outreach_ministry", "outreach_notification", "followup_submission"]
)
def test_an_export_asks_as_much_for_twenty_rows_as_for_one(desk: Client, name: str) -> None:
    url, form = reverse(f"admin:{name}_export"), {"format": "0", "resource": "0"}
    report = make_submission().report
    desk.post(url, form)  # content types and the like are read once

    one = queries(desk, url, form)
    for _ in range(19):
        if name == "followup_submission":
            make_submission(make_answered_report(collection=report.round))
        else:
            make_notification(report.assignment)

    assert queries(desk, url, form) == one
