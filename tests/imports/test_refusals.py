"""What is not taken, and that nothing of it is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from followup.models import AnswerImport, AnswerWorkbook, BodyAnswer, Report, Round
from followup.services.answer_imports import discard_expired_imports, receive_import
from followup.services.import_work import NOT_ITS_WORKBOOK
from followup.tasks import discard_workbooks, sweep_answer_imports
from outreach import clock
from outreach.models import Role, User
from outreach.services.errors import Refusal
from tests.factories import NOW, make_asked_report, make_officer
from tests.imports.excel import confirm, download, edit, fill, newest, portal, text_of, upload


def body_name(report: Report) -> str:
    notice = report.assignment.notifications.order_by("pk").first()
    assert notice is not None
    return notice.body.name


def filled(client: Client, report: Report, count: int = 120) -> bytes:
    return fill(download(client, portal(report)), {body_name(report): {"member_count": count}})


def other_report_of(report: Report) -> Report:
    """Make a report of the same ministry in another request."""
    return make_asked_report(report.assignment.ministry, bodies=1)


def without_identity(book: bytes) -> bytes:
    def change(opened: Any) -> None:
        for name in list(opened.custom_doc_props.names):
            del opened.custom_doc_props[name]
        for sheet in opened.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if AnswerWorkbook.objects.filter(token=str(cell.value)).exists():
                        cell.value = None

    return edit(book, change)


def with_token(book: bytes, token: str) -> bytes:
    old = AnswerWorkbook.objects.latest("pk").token

    def change(opened: Any) -> None:
        for name in list(opened.custom_doc_props.names):
            if opened.custom_doc_props[name].value == old:
                opened.custom_doc_props[name].value = token
        for sheet in opened.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value == old:
                        cell.value = token

    return edit(book, change)


def foreign(client: Client, report: Report) -> bytes:
    """Return another ministry's workbook."""
    stranger = make_asked_report(bodies=1)
    theirs = Client()
    theirs.force_login(make_officer(stranger.assignment.ministry))
    return filled(theirs, stranger)


def of_another_report(client: Client, report: Report) -> bytes:
    return filled(client, other_report_of(report))


def unknown(client: Client, report: Report) -> bytes:
    return with_token(filled(client, report), "0" * 32)


def nameless(client: Client, report: Report) -> bytes:
    return without_identity(filled(client, report))


@pytest.mark.parametrize("make", [foreign, of_another_report, unknown, nameless])
def test_any_wrong_identity_is_refused_in_the_same_words(laptop: Client, report: Report, make: Any) -> None:
    page = upload(laptop, portal(report), make(laptop, report))

    assert NOT_ITS_WORKBOOK in text_of(page)
    item = newest()
    assert (item.workbook, item.state, item.changes) == (None, "failed", [])
    assert not BodyAnswer.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("回答.csv", "名称,回答\n".encode("cp932"), "CSV"),
        ("回答.pdf", b"%PDF-1.7", "PDFは取り込めません"),
        ("回答.xlsx", b"", "ファイルが空です"),
        ("回答.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "古い形式"),
        ("回答.xlsx", b"PK\x03\x04broken", "壊れていて開けません"),
    ],
)
def test_what_is_no_workbook_is_refused_before_it_is_kept(
    laptop: Client, report: Report, name: str, content: bytes, told: str
) -> None:
    page = upload(laptop, portal(report), content, name)

    assert page.status_code == 400
    assert told in text_of(page)
    assert not AnswerImport.objects.exists()


def test_a_name_with_tricks_is_cut_and_harmless(laptop: Client, report: Report) -> None:
    upload(laptop, portal(report), filled(laptop, report), "../../<b>\u202excel" + "長" * 200 + ".xlsx")

    item = newest()
    assert "/" not in item.file_name
    assert "\u202e" not in item.file_name
    assert len(item.file_name) <= 90
    assert str(item.file.name).startswith("imports/")
    assert "長" not in str(item.file.name)


def close_round(report: Report) -> None:
    Round.objects.filter(pk=report.round_id).update(status="closed")


def submit(report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(status="submitted")


@pytest.mark.parametrize(("stop", "told"), [(close_round, "締め切りました"), (submit, "変更できません")])
def test_a_report_that_takes_no_answers_takes_no_workbook(
    laptop: Client, report: Report, stop: Any, told: str
) -> None:
    before = filled(laptop, report)
    upload(laptop, portal(report), before)
    stop(report)

    pages = [
        laptop.post(f"{portal(report)}download/"),
        upload(laptop, portal(report), before),
        confirm(laptop, portal(report)),
    ]

    assert [page.status_code for page in pages] == [409, 409, 409]
    assert all(told in text_of(page) for page in pages)
    assert AnswerImport.objects.count() == 1
    assert not BodyAnswer.objects.exists()


def test_a_viewer_gets_no_page_of_it(laptop: Client, report: Report, officer: User) -> None:
    upload(laptop, portal(report), filled(laptop, report))
    item = newest()
    User.objects.filter(pk=officer.pk).update(role=Role.VIEWER)

    for path in ("", f"{item.pk}/", f"{item.pk}/marked/"):
        assert laptop.get(portal(report) + path).status_code == 403
    assert confirm(laptop, portal(report)).status_code == 403


def test_a_colleague_can_neither_see_nor_confirm_it(laptop: Client, report: Report) -> None:
    upload(laptop, portal(report), filled(laptop, report))
    colleague = Client()
    colleague.force_login(make_officer(report.assignment.ministry))

    assert colleague.get(f"{portal(report)}{newest().pk}/").status_code == 404
    assert confirm(colleague, portal(report)).status_code == 404
    assert not BodyAnswer.objects.exists()


def test_an_import_is_not_found_below_another_report(laptop: Client, report: Report) -> None:
    upload(laptop, portal(report), filled(laptop, report))
    other = other_report_of(report)

    assert laptop.get(f"{portal(other)}{newest().pk}/").status_code == 404


def test_after_a_day_it_can_no_longer_be_confirmed_and_its_files_are_deleted(
    laptop: Client, report: Report, settings: Any
) -> None:
    upload(laptop, portal(report), filled(laptop, report))
    file = str(newest().file.name)
    settings.OUTREACH_TODAY += timedelta(days=2)

    page = confirm(laptop, portal(report))

    assert page.status_code == 409
    assert "確認の期限が過ぎました" in text_of(page)
    assert not BodyAnswer.objects.exists()
    assert discard_workbooks() == 1
    assert not default_storage.exists(file)
    assert newest().file_name == "記入済み.xlsx"
    assert discard_workbooks() == 0


def test_files_within_their_time_are_kept(laptop: Client, report: Report) -> None:
    upload(laptop, portal(report), filled(laptop, report))

    assert discard_expired_imports(now=clock.now()) == 0
    assert default_storage.exists(str(newest().file.name))


def test_bytes_that_changed_after_the_preview_are_not_stored(laptop: Client, report: Report) -> None:
    upload(laptop, portal(report), filled(laptop, report, 120))
    item = newest()
    other = filled(laptop, report, 999)
    with default_storage.open(str(item.file.name), "wb") as file:
        file.write(other)

    page = confirm(laptop, portal(report))

    assert page.status_code == 409
    assert "保存していたファイルが変わっています" in text_of(page)
    assert not BodyAnswer.objects.exists()


def test_a_second_file_waits_until_the_first_is_through(
    laptop: Client, report: Report, officer: User
) -> None:
    book = filled(laptop, report)
    receive_import(report=report, file_name="先.xlsx", content=book, actor=officer, now=clock.now())

    page = upload(laptop, portal(report), book)

    assert page.status_code == 409
    assert "取込み中のファイルがあります" in text_of(page)
    assert AnswerImport.objects.count() == 1
    assert len(default_storage.listdir("imports")[1]) == 1


def test_what_nobody_took_is_read_by_the_sweep(laptop: Client, report: Report, officer: User) -> None:
    book = filled(laptop, report)
    item = receive_import(report=report, file_name="先.xlsx", content=book, actor=officer, now=clock.now())
    assert "進み具合" in text_of(laptop.get(f"{portal(report)}{item.pk}/"))

    assert sweep_answer_imports() == 1

    assert "取込みの確認" in text_of(laptop.get(f"{portal(report)}{item.pk}/"))
    assert sweep_answer_imports() == 0


def test_an_import_given_up_while_it_waits_is_not_read(laptop: Client, report: Report, officer: User) -> None:
    book = filled(laptop, report)
    item = receive_import(report=report, file_name="先.xlsx", content=book, actor=officer, now=clock.now())

    page = laptop.post(f"{portal(report)}{item.pk}/cancel/", follow=True)

    assert "取りやめました" in text_of(page)
    assert sweep_answer_imports() == 0
    assert newest().changes == []


def test_staff_do_not_answer_at_the_officers_door_nor_officers_on_behalf(
    report: Report, officer: User, staff: User
) -> None:
    for actor, on_behalf in ((staff, False), (officer, True)):
        with pytest.raises(Refusal):
            receive_import(
                report=report,
                file_name="x.xlsx",
                content=b"PK",
                actor=actor,
                now=NOW,
                on_behalf=on_behalf,
            )

    assert not AnswerImport.objects.exists()
