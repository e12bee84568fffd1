"""The follow-up by page and by Excel in turn, both ways, up to acceptance, by everybody's own door."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from openpyxl import load_workbook

from followup.models import BodyRequest, Report
from followup.workbooks.answer_layout import BODY_SHEET
from outreach.models import Notification, Role
from tests.factories import PASSWORD, make_asked_report, make_ministry, make_officer, make_staff
from tests.imports.excel import cell_of, fill
from tests.journeys.back_office import InProcess, plain_text
from tests.journeys.person import Person

DAY = date(2023, 9, 11)
BODY = {"reach_status": "周知した", "reached_on": date(2023, 9, 8), "reach_channels=mail": "○"}
MINISTRY = {"issue_style": "事務連絡", "insurance_methods=mail": "○", "account_methods=intranet": "○"}


def log_in(name: str, email: str) -> Person:
    person = Person(name)
    return person.open("/login/").press("ログイン", login=email, password=PASSWORD)


def download(person: Person, report: Report) -> bytes:
    person.open(f"/portal/reports/{report.pk}/workbook/").press("回答用ブックをダウンロードする")
    return b"".join(person.answer) if person.answer.streaming else bytes(person.answer.content)


def upload(person: Person, report: Report, book: bytes) -> None:
    person.open(f"/portal/reports/{report.pk}/workbook/")
    person.press("内容を確認する", file=SimpleUploadedFile("回答.xlsx", book))


def value_in(book: bytes, name: str, key: str) -> object:
    return load_workbook(io.BytesIO(book))[BODY_SHEET][cell_of(book, name, key)].value


def name_of(row: Notification) -> str:
    return row.body.name


@pytest.mark.django_db
def test_a_report_goes_back_and_forth_between_page_and_excel(  # noqa: PLR0915 - one story, told in order
    settings: Any, mailoutbox: Any
) -> None:
    office = InProcess(settings)
    office.set_day(DAY)
    call_command("load_reference", verbosity=0)
    make_staff(email="staff@digital.example")
    ministry = make_ministry("架空省")
    make_officer(ministry, email="chief@kakuu.example", name="取りまとめ 花子")
    make_officer(ministry, email="clerk@kakuu.example", name="担当 次郎", role=Role.CONTRIBUTOR)
    report = make_asked_report(ministry, bodies=4)
    first, second, third, fourth = report.assignment.notifications.order_by("pk")
    clerk = log_in("担当者", "clerk@kakuu.example")
    chief = log_in("取りまとめ担当", "chief@kakuu.example")
    staff = log_in("職員", "staff@digital.example")

    # On the page the clerk answers for one body; the workbook brings it along.
    clerk.open(f"/portal/reports/{report.pk}/rows/")
    clerk.press("この画面の回答を保存する", **{f"row-{first.pk}-reach_status": "undecided"})
    book = download(clerk, report)
    assert value_in(book, name_of(first), "reach_status") == "未定"

    # A wrong number in Excel is told by its cell, and nothing is stored.
    wrong = fill(book, {name_of(second): {**BODY, "member_count": 100, "reached_member_count": 120}})
    upload(clerk, report, wrong)
    assert f"セル {cell_of(wrong, name_of(second), 'reached_member_count')}" in clerk.text or (
        f"セル {cell_of(wrong, name_of(second), 'member_count')}" in clerk.text
    )
    assert "120" in clerk.text
    assert not report.body_answers.filter(notification=second).exists()

    # The corrected workbook is shown first, then stored, widths and 約 agreed to.
    rows: dict[str, Mapping[str, object]] = {
        name_of(second): {**BODY, "member_count": "約１，２００", "reached_member_count": 900},
        name_of(third): {**BODY, "member_count": 300, "reached_member_count": 300},
    }
    upload(clerk, report, fill(book, rows, MINISTRY))
    assert "周知した" in clerk.text
    assert "約" in clerk.text
    clerk.press("この内容で確定する", agreed="on")
    assert report.body_answers.get(notification=second).answers["member_count"] == 1200

    # The fourth body answers by itself, by the link in its mail; the clerk takes its answer over.
    clerk.open(f"/portal/reports/{report.pk}/body-requests/")
    clerk.press("選んだ団体に回答を依頼する", row=[str(fourth.pk)])
    ask_and_answer(clerk, office, fourth)
    assert report.body_answers.get(notification=fourth).answers["reach_status"] == "done"

    # Back on the page the clerk completes the first body and asks for 部内確認; the chief approves, submits.
    clerk.open(f"/portal/reports/{report.pk}/rows/")
    values = {"reach_status": "done", "reached_on": "R5.9.5", "reach_channels": ["mail"]}
    clerk.press(
        "この画面の回答を保存する", **{f"row-{first.pk}-{key}": value for key, value in values.items()}
    )
    clerk.open(f"/portal/reports/{report.pk}/submit/").press("部内確認を依頼する")
    chief.open(f"/portal/reports/{report.pk}/submit/").press("部内確認を承認する")
    chief.open(f"/portal/reports/{report.pk}/submit/").press("提出する")
    assert "第1版" in chief.text

    # Staff return it with one point; the workbook then carries the answers as submitted.
    office.work()
    staff.open("/admin/followup/report/queue/").follow("架空省")
    assert "疑義の内訳" in staff.text
    staff.open(f"/admin/followup/report/{report.pk}/return/").press("差し戻す", reason="会員数の確認")
    office.work()
    book = download(chief, report)
    assert value_in(book, name_of(second), "member_count") == 1200
    upload(chief, report, fill(book, {name_of(second): {"member_count": 1250}}))
    chief.press("この内容で確定する")
    chief.open(f"/portal/reports/{report.pk}/rows/?q={name_of(second)}")
    assert chief.page.select_one(f"[name=row-{second.pk}-member_count]")["value"] == "1250"  # type: ignore[index]
    chief.open(f"/portal/reports/{report.pk}/submit/").press("提出する")
    assert "第2版" in chief.text

    staff.open(f"/admin/followup/report/{report.pk}/accept/").press("受理する")
    office.work()
    report.refresh_from_db()
    assert report.status == "accepted"
    assert any("受理" in str(sent["Subject"]) for sent in office.mails_to("chief@kakuu.example"))
    call_command("verify_audit", verbosity=0)


def ask_and_answer(clerk: Person, office: InProcess, body: Notification) -> None:
    """Send the request that the clerk has begun, answer it as the body, and take the answer over."""
    clerk.press(
        "文面を確認する",
        due_on="令和5年9月29日",
        contact_name="総務課",
        contact_email="contact@kakuu.example",
        **{f"to-{body.pk}-email": "dantai@body.example"},
    )
    clerk.press("この内容で送る")
    office.work()
    [mail] = office.mails_to("dantai@body.example")
    link = re.search(r"https?://[^/]+(/answer/\S+)", plain_text(mail))
    assert link, "回答のリンクがありません"
    visitor = Person("団体").open(link[1])
    visitor.press("回答を送信する", **{
        "row-reach_status": "done",
        "row-reached_on": "令和5年9月7日",
        "row-reach_channels": ["newsletter"],
        "respondent-name": "協会 三郎",
        "respondent-contact": "03-0000-0000",
    })  # fmt: skip
    clerk.open(f"/portal/body-requests/{BodyRequest.objects.get().pk}/").press("このまま採用する")
