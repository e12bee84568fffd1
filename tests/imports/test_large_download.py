"""A workbook of many bodies is made by a worker: ordered, watched, taken by whoever ordered it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followup.models import AnswerWorkbook, BodyAnswer, Report, WorkbookDownload
from followup.services import workbook_downloads
from followup.tasks import build_workbook_download, discard_workbooks, sweep_workbook_downloads
from followup.views import download_pages
from followup.workbooks import answer_body_sheet, ordered_workbook
from outreach.models import AuditEntry, User
from tests.factories import NOW, make_asked_report, make_officer
from tests.imports.excel import admin, confirm, fill, portal, text_of, upload


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    """Let two bodies be many; the value holds what the worker was told."""
    told: list[tuple[Any, int]] = []
    monkeypatch.setattr(workbook_downloads, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(download_pages, "ring", lambda task, pk: told.append((task, pk)))
    return told


def press(client: Client, door: str) -> Any:
    """Press 「回答用ブックをダウンロードする」; return the page that follows."""
    return client.post(f"{door}download/", follow=True)


def ordered() -> WorkbookDownload:
    found: WorkbookDownload = WorkbookDownload.objects.get()
    return found


def page_of(door: str, item: WorkbookDownload) -> str:
    return f"{door}download/{item.pk}/"


def body_name(report: Report) -> str:
    notice = report.assignment.notifications.order_by("pk").first()
    assert notice is not None
    return notice.body.name


@pytest.mark.parametrize("door", [portal, admin])
def test_a_large_workbook_is_made_by_a_worker_and_comes_back_like_any_other(
    laptop: Client, desk: Client, report: Report, rung: list[tuple[Any, int]], door: Any
) -> None:
    client, name = (laptop if door is portal else desk), body_name(report)

    waiting = press(client, door(report))

    assert "進み具合：0％" in text_of(waiting)
    assert b"refresh.js" in waiting.content
    assert rung == [(build_workbook_download, ordered().pk)]
    assert not AnswerWorkbook.objects.exists()

    assert sweep_workbook_downloads() == 1
    assert not build_workbook_download(ordered().pk)
    done = client.get(page_of(door(report), ordered()))

    assert "回答用ブックが完成しました" in text_of(done)
    assert b"refresh.js" not in done.content
    file = client.get(f"{page_of(door(report), ordered())}file/")
    assert file["Content-Disposition"].startswith("attachment")

    upload(client, door(report), fill(file.getvalue(), {name: {"member_count": 12}}))
    confirm(client, door(report))

    assert BodyAnswer.objects.get().answers == {"member_count": 12}
    assert AnswerWorkbook.objects.get().download == ordered()


def test_what_was_saved_while_it_waited_is_in_the_workbook_and_is_no_edit(
    laptop: Client, report: Report, officer: User
) -> None:
    press(laptop, portal(report))
    notice = report.assignment.notifications.order_by("pk").first()
    assert notice is not None
    BodyAnswer.objects.create(
        report=report, notification=notice, answers={"member_count": 7}, updated_at=NOW, updated_by=officer
    )

    build_workbook_download(ordered().pk)

    file = laptop.get(f"{page_of(portal(report), ordered())}file/").getvalue()
    assert "変更はありません" in text_of(upload(laptop, portal(report), file))


def test_a_workbook_of_few_bodies_is_handed_out_at_once(laptop: Client, officer: User) -> None:
    few = make_asked_report(officer.ministry, bodies=1)

    response = laptop.post(f"{portal(few)}download/")

    assert response["Content-Disposition"].startswith("attachment")
    assert not WorkbookDownload.objects.exists()


def test_pressing_twice_shows_the_one_in_the_making_and_each_person_has_an_own_one(
    laptop: Client, report: Report
) -> None:
    pages = [press(laptop, portal(report)).redirect_chain for _ in range(2)]
    colleague = Client()
    colleague.force_login(make_officer(report.assignment.ministry))

    press(colleague, portal(report))

    assert pages[0] == pages[1]
    assert WorkbookDownload.objects.count() == 2


def test_it_is_found_again_on_the_page_of_workbooks(laptop: Client, report: Report) -> None:
    press(laptop, portal(report))

    page = laptop.get(portal(report))

    assert "に依頼した回答用ブック（作成待ち）" in text_of(page)
    assert page_of(portal(report), ordered()).encode() in page.content


def test_progress_is_told_while_the_rows_are_written(
    laptop: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    monkeypatch.setattr(answer_body_sheet, "TOLD_EVERY", 1)
    monkeypatch.setattr(ordered_workbook, "show_progress", lambda **told: shown.append(told["percent"]))
    press(laptop, portal(report))

    build_workbook_download(ordered().pk)

    assert shown == [10, 45, 80]


@pytest.mark.parametrize("end", ["", "file/"])
def test_nobody_but_who_ordered_it_finds_it(laptop: Client, desk: Client, report: Report, end: str) -> None:
    press(laptop, portal(report))
    build_workbook_download(ordered().pk)
    for other in (make_officer(report.assignment.ministry), make_officer()):
        client = Client()
        client.force_login(other)

        assert client.get(f"{page_of(portal(report), ordered())}{end}").status_code == 404
    assert desk.get(f"{page_of(admin(report), ordered())}{end}").status_code == 404


def test_a_report_submitted_meanwhile_ends_it_with_the_reason(laptop: Client, report: Report) -> None:
    press(laptop, portal(report))
    Report.objects.update(status="submitted")

    assert build_workbook_download(ordered().pk)

    page = text_of(laptop.get(page_of(portal(report), ordered())))
    assert "回答用ブックを作成できませんでした" in page
    assert "変更できません" in page
    assert AuditEntry.objects.filter(action="回答用ブックの作成に失敗").count() == 1


def test_a_fault_is_told_and_it_can_be_ordered_again(
    laptop: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> bytes:
        raise OSError("disk full")

    press(laptop, portal(report))
    monkeypatch.setattr(ordered_workbook, "workbook_bytes", fail)

    with pytest.raises(OSError, match="disk full"):
        build_workbook_download(ordered().pk)

    assert "保存先の空き容量" in text_of(laptop.get(page_of(portal(report), ordered())))
    assert "もう一度作成する" in text_of(laptop.get(page_of(portal(report), ordered())))
    assert "進み具合：0％" in text_of(press(laptop, portal(report)))


def test_before_it_is_done_there_is_no_file(laptop: Client, report: Report) -> None:
    press(laptop, portal(report))

    page = laptop.get(f"{page_of(portal(report), ordered())}file/")

    assert page.status_code == 409
    assert "進み具合" in text_of(page)


def test_it_is_deleted_after_a_week_and_a_lost_file_is_told(
    laptop: Client, report: Report, settings: Any
) -> None:
    press(laptop, portal(report))
    build_workbook_download(ordered().pk)
    name = str(ordered().file.name)
    settings.OUTREACH_TODAY += timedelta(days=8)

    assert discard_workbooks() == 1

    assert not default_storage.exists(name)
    page = laptop.get(page_of(portal(report), ordered()))
    assert "ダウンロードの期限が過ぎました" in text_of(page)
    settings.OUTREACH_TODAY -= timedelta(days=8)
    lost = laptop.get(f"{page_of(portal(report), ordered())}file/")
    assert lost.status_code == 409
    assert "ファイルが保存先に見つかりません" in text_of(lost)


def test_a_report_that_takes_no_answers_orders_nothing(laptop: Client, report: Report) -> None:
    Report.objects.update(status="submitted")

    page = press(laptop, portal(report))

    assert page.status_code == 409
    assert not WorkbookDownload.objects.exists()


def test_order_and_download_are_on_the_ministrys_trail(laptop: Client, report: Report) -> None:
    press(laptop, portal(report))
    build_workbook_download(ordered().pk)

    laptop.get(f"{page_of(portal(report), ordered())}file/").getvalue()

    told = AuditEntry.objects.filter(ministry=report.assignment.ministry, action__startswith="回答用ブック")
    assert list(told.order_by("pk").values_list("action", flat=True)) == [
        "回答用ブックの作成を依頼",
        "回答用ブックを作成",
        "回答用ブックをダウンロード",
    ]


@pytest.mark.usefixtures("report")
def test_the_number_of_queries_does_not_depend_on_that_of_bodies() -> None:
    assert queries(make_asked_report(bodies=2)) == queries(make_asked_report(bodies=20))


def queries(report: Report) -> list[int]:
    client = Client()
    client.force_login(make_officer(report.assignment.ministry))
    counts = []
    with CaptureQueriesContext(connection) as context:
        client.post(f"{portal(report)}download/")
        counts.append(len(context))
        item: WorkbookDownload = WorkbookDownload.objects.latest("pk")
        build_workbook_download(item.pk)
        counts.append(len(context))
        client.get(page_of(portal(report), item))
        counts.append(len(context))
    return counts
