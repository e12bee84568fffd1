"""Staff collect workbooks by mail: the zip of all ministries, and what they bring in for one."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followup.models import AnswerWorkbook, BodyAnswer, Report, WorkbookBundle
from followup.services.workbook_bundles import request_bundle
from followup.tasks import build_workbook_bundle, discard_workbooks, sweep_workbook_bundles
from outreach import clock
from outreach.models import AuditEntry, Body, Channel, User
from outreach.services.errors import Refusal
from tests.factories import make_asked_report, make_ministry, make_officer, make_staff
from tests.imports.excel import admin, confirm, download, fill, portal, text_of, upload


def body_name(report: Report) -> str:
    notice = report.assignment.notifications.order_by("pk").first()
    assert notice is not None
    return notice.body.name


def bring_in(desk: Client, report: Report) -> None:
    book = fill(download(desk, admin(report)), {body_name(report): {"member_count": 12}})
    upload(desk, admin(report), book)
    confirm(desk, admin(report))


def test_what_staff_bring_in_is_stored_and_marked_as_theirs(
    desk: Client, laptop: Client, report: Report, staff: User
) -> None:
    bring_in(desk, report)

    [row] = BodyAnswer.objects.all()
    assert row.answers == {"member_count": 12}
    ministry = report.assignment.ministry
    told = AuditEntry.objects.filter(ministry=ministry, actor=staff).order_by("pk")
    assert {entry.on_behalf_of for entry in told} == {ministry.name}
    assert "報告：下書きを代行入力" in [entry.action for entry in told]
    assert "発出元の職員 山田 太郎 が代行入力" in text_of(laptop.get(f"/portal/reports/{report.pk}/"))
    assert "発出元の職員が代行" in text_of(laptop.get("/portal/activity/"))


def test_the_report_page_leaves_what_workbooks_said_in_the_database(
    desk: Client, laptop: Client, report: Report
) -> None:
    bring_in(desk, report)

    with CaptureQueriesContext(connection) as captured:
        laptop.get(f"/portal/reports/{report.pk}/")
        laptop.get(portal(report))

    read = [query["sql"] for query in captured if '"followup_answerimport"."file_name"' in query["sql"]]
    assert read
    assert not [sql for sql in read if '"changes"' in sql or '"rows"' in sql]


def test_a_version_submitted_afterwards_says_that_staff_entered_before(
    desk: Client, laptop: Client, report: Report
) -> None:
    bring_in(desk, report)
    page = laptop.get(f"/portal/reports/{report.pk}/")
    assert "職員の代行入力を含む" not in text_of(page)
    submit_whole(report)

    page = laptop.get(f"/portal/reports/{report.pk}/")

    assert "職員の代行入力を含む" in text_of(page)


def submit_whole(report: Report) -> None:
    """Write a version as submission does; what it says does not matter here."""
    fields = {
        "number": 1, "receipt_number": "FU1", "form_version": report.form_version,
        "submitted_at": clock.now() + timedelta(hours=1), "submitted_by": make_officer(),
        "submitted_by_label": "担当", "due_on": report.round.due_on, "content_hash": "0" * 64,
    }  # fmt: skip
    report.submissions.create(**fields)


def test_the_same_report_filled_in_at_the_officers_door_is_not_marked(laptop: Client, report: Report) -> None:
    book = fill(download(laptop, portal(report)), {body_name(report): {"member_count": 12}})
    upload(laptop, portal(report), book)
    confirm(laptop, portal(report))

    assert "代行" not in text_of(laptop.get(f"/portal/reports/{report.pk}/"))
    assert "代行" not in text_of(laptop.get("/portal/activity/"))


def test_a_workbook_of_another_ministry_is_refused_for_staff_too(desk: Client, report: Report) -> None:
    other = make_asked_report(bodies=1)
    book = download(desk, admin(other))

    page = upload(desk, admin(report), book)

    assert "この報告の回答用ブックとして読み取れません" in text_of(page)
    assert not BodyAnswer.objects.exists()


def test_a_workbook_that_an_officer_downloaded_may_be_brought_in_by_staff(
    desk: Client, laptop: Client, report: Report
) -> None:
    book = fill(download(laptop, portal(report)), {body_name(report): {"member_count": 12}})
    upload(desk, admin(report), book)

    confirm(desk, admin(report))

    assert BodyAnswer.objects.get().answers == {"member_count": 12}


def test_new_bodies_brought_in_by_staff_are_told_to_be_on_behalf(desk: Client, report: Report) -> None:
    entered = {"#category": "業界団体等", "#template": "ひな形1", "#issued_on": "令和5年9月3日"}
    upload(desk, admin(report), fill(download(desk, admin(report)), {"新設協会": entered}))

    chosen = {"body-0": "on", "channels": [Channel.objects.earliest("pk").pk], "agreed": "on"}
    confirm(desk, admin(report), **chosen)

    assert Body.objects.get(name="新設協会").ministry == report.assignment.ministry
    entry = AuditEntry.objects.get(action="団体をまとめて追加")
    assert entry.on_behalf_of == report.assignment.ministry.name


@pytest.mark.parametrize("path", ["", "1/", "1/marked/"])
def test_staff_without_the_right_get_no_page_of_it(report: Report, path: str) -> None:
    reader = make_staff(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_report"))
    client = Client()
    client.force_login(reader)

    assert client.get(admin(report) + path).status_code == 403


def test_the_page_of_a_report_leads_there(desk: Client, report: Report) -> None:
    page = desk.get(f"/admin/followup/report/{report.pk}/change/")

    assert admin(report) in page.content.decode()


def test_the_zip_holds_the_editable_reports_in_order_under_japanese_names(
    desk: Client, report: Report
) -> None:
    collection = report.round
    first = make_ministry("内閣府", order=0)
    make_asked_report(first, collection, bodies=1)
    sent = make_asked_report(make_ministry("提出済省"), collection, bodies=1)
    Report.objects.filter(pk=sent.pk).update(status="submitted")

    page = desk.post(f"/admin/followup/round/{collection.pk}/workbooks/", follow=True)

    assert "作成を始めました" in text_of(page)
    bundle = WorkbookBundle.objects.get()
    assert sweep_workbook_bundles() == 1
    response = desk.get(f"/admin/followup/workbookbundle/{bundle.pk}/workbooks.zip")
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert archive.namelist() == ["01_内閣府.xlsx", f"02_{report.assignment.ministry.name}.xlsx"]
        book = archive.read(archive.namelist()[1])
    upload(desk, admin(report), fill(book, {body_name(report): {"member_count": 12}}))
    confirm(desk, admin(report))
    assert BodyAnswer.objects.get().answers == {"member_count": 12}
    assert AnswerWorkbook.objects.filter(bundle=bundle).count() == 2
    actions = AuditEntry.objects.filter(action__startswith="回答用ブック一式").values_list(
        "action", flat=True
    )
    assert sorted(actions) == [
        "回答用ブック一式の作成を依頼",
        "回答用ブック一式をダウンロード",
        "回答用ブック一式を作成",
    ]


def test_ordering_twice_makes_one_zip(report: Report, staff: User) -> None:
    orders = [request_bundle(round=report.round, actor=staff, now=clock.now()) for _ in range(2)]

    assert orders[0] == orders[1]
    assert build_workbook_bundle(orders[0].pk)
    assert not build_workbook_bundle(orders[0].pk)


def test_a_round_without_a_report_to_answer_makes_no_zip(report: Report, staff: User) -> None:
    Report.objects.update(status="accepted")

    with pytest.raises(Refusal, match="入力できる状態の報告がありません"):
        request_bundle(round=report.round, actor=staff, now=clock.now())


def test_a_zip_is_deleted_after_a_week(desk: Client, report: Report, staff: User, settings: Any) -> None:
    bundle = request_bundle(round=report.round, actor=staff, now=clock.now())
    build_workbook_bundle(bundle.pk)
    bundle.refresh_from_db()
    settings.OUTREACH_TODAY += timedelta(days=8)

    assert discard_workbooks() == 1

    assert not default_storage.exists(str(bundle.file.name))
    page = desk.get(f"/admin/followup/workbookbundle/{bundle.pk}/workbooks.zip", follow=True)
    assert "ダウンロードの期限を過ぎました" in text_of(page)


def test_officers_do_not_find_the_zip(laptop: Client, report: Report, staff: User) -> None:
    bundle = request_bundle(round=report.round, actor=staff, now=clock.now())

    assert laptop.get(f"/admin/followup/workbookbundle/{bundle.pk}/workbooks.zip").status_code == 404
