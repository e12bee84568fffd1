"""Results return to those who answered: staff give them back, each ministry gets its own and no other."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from followup.models import CouncilFile, CouncilReport, Report, ResultRelease
from followup.services.council_reports import request_council_report
from followup.workbooks.council_report import build_council_report
from outreach.models import AuditEntry, MailKind, OutgoingMail, User
from tests.council.conftest import copy_files, make_asking_round, owe, submit
from tests.factories import (
    NOW,
    make_frozen_report,
    make_ministry,
    make_notification,
    make_officer,
    make_staff,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def desk(staff: User, client: Client) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture(scope="module")
def made_reports(files_of_module: Path) -> tuple[Report, Report]:
    """Make two ministries that have answered, each with a good practice of its own."""
    collection = make_asking_round(make_staff())
    made = []
    for name in ("甲省", "乙省"):
        report = owe(collection, ministry=make_ministry(name))
        notice = make_notification(report.assignment)
        submit(report, rows={notice: {"reach_status": "done", "good_practice": f"{name}の工夫"}})
        made.append(report)
    return made[0], made[1]


@pytest.fixture(scope="module")
def made_frozen(made_reports: tuple[Report, Report]) -> CouncilReport:
    order = request_council_report(round=made_reports[0].round, actor=make_staff(), now=NOW)
    build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()
    return order


@pytest.fixture
def reports(made_reports: tuple[Report, Report], db: None) -> tuple[Report, Report]:
    return deepcopy(made_reports)


@pytest.fixture
def frozen(made_frozen: CouncilReport, files_of_module: Path, db: None) -> CouncilReport:
    copy_files(files_of_module)
    return deepcopy(made_frozen)


def step(report: CouncilReport, verb: str) -> str:
    return reverse(f"admin:followup_councilreport_{verb}", args=[report.pk])


def release(desk: Client, report: CouncilReport, message: str = "") -> str:
    page = desk.post(step(report, "release"), {"message": message, "confirmed": "1"}, follow=True)
    return page.content.decode()


def officer_client(report: Report) -> Client:
    client = Client()
    client.force_login(make_officer(report.assignment.ministry))
    return client


def sheet_of(frozen: CouncilReport, report: Report) -> CouncilFile:
    return CouncilFile.objects.get(report=frozen, ministry=report.assignment.ministry)


def file_url(file: CouncilFile) -> str:
    return reverse("portal:result_file", args=[file.pk])


def test_staff_give_the_results_back_once_and_every_ministry_is_told(
    desk: Client, frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    officer = make_officer(reports[0].assignment.ministry)

    assert "結果を府省庁へ返しました" in release(desk, frozen, "第6回会議で報告します。")
    again = release(desk, frozen)

    assert "既に府省庁へ返しています" in again
    assert ResultRelease.objects.count() == 1
    mails = OutgoingMail.objects.filter(kind=MailKind.RESULT)
    assert {mail.ministry for mail in mails} == {report.assignment.ministry for report in reports}
    mail = mails.get(to=officer.email)
    assert mail.subject == "フォローアップの取りまとめ結果について（甲省）"
    assert reverse("portal:result_list") in mail.body
    assert "第6回会議で報告します。" in mail.body


def test_staff_see_what_is_about_to_happen_before_they_give_results_back(
    desk: Client, frozen: CouncilReport
) -> None:
    page = desk.post(step(frozen, "release"), {"message": "第6回会議で報告します。"}).content.decode()

    assert "まだ返していません" in page
    assert "この操作は取り消せません" in page
    assert "<dd>第6回会議で報告します。</dd>" in page
    assert not ResultRelease.objects.exists()


def test_who_goes_back_from_the_confirmation_finds_the_message_as_it_was_typed(
    desk: Client, frozen: CouncilReport
) -> None:
    page = desk.post(step(frozen, "release"), {"message": "書きかけの連絡", "again": "1"}).content.decode()

    assert "書きかけの連絡</textarea>" in page
    assert "確認画面へ進む" in page
    assert not ResultRelease.objects.exists()


def test_nothing_is_seen_before_it_is_given_back(
    frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    officer = officer_client(reports[0])

    assert "まだありません" in officer.get(reverse("portal:result_list")).content.decode()
    assert officer.get(file_url(sheet_of(frozen, reports[0]))).status_code == 404


def test_an_officer_downloads_the_own_sheet_and_it_is_on_the_trail(
    desk: Client, frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    release(desk, frozen)
    officer, file = officer_client(reports[0]), sheet_of(frozen, reports[0])

    home = officer.get(reverse("portal:home")).content.decode()
    listed = officer.get(reverse("portal:result_list")).content.decode()
    content = officer.get(file_url(file)).getvalue()

    assert "取りまとめの結果が届いています" in home
    assert file.name in listed
    book = load_workbook(io.BytesIO(content))
    assert book["結果"]["A1"].value == "甲省における取組の結果（令和5年9月4日 時点）"
    assert (
        AuditEntry.objects.get(action="取りまとめをダウンロード").ministry == reports[0].assignment.ministry
    )


def test_a_sheet_shows_totals_and_nothing_of_another_ministry(
    frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    with sheet_of(frozen, reports[0]).file.open() as stream:
        book = load_workbook(io.BytesIO(stream.read()))

    texts = [str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row]
    assert any("甲省の工夫" in text for text in texts)
    assert not any("乙省" in text for text in texts)
    rows = {row[0]: row[1:3] for row in book["結果"].iter_rows(min_row=5, values_only=True)}
    assert rows["発出団体数"] == (1, 2)
    assert rows["周知を実施した団体数"] == (1, 2)


def test_another_ministrys_sheet_and_the_staffs_files_are_not_there(
    desk: Client, frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    release(desk, frozen)
    officer = officer_client(reports[0])

    strangers = [sheet_of(frozen, reports[1]), *CouncilFile.objects.of_staff().filter(report=frozen)]

    assert {officer.get(file_url(file)).status_code for file in strangers} == {404}


def test_a_report_without_sheets_cannot_be_given_back(desk: Client) -> None:
    assert "府省庁別の結果がない取りまとめです" in release(desk, make_frozen_report())

    assert not ResultRelease.objects.exists()


def test_a_sheet_that_was_changed_on_disk_is_not_handed_to_an_officer(
    desk: Client, frozen: CouncilReport, reports: tuple[Report, Report]
) -> None:
    release(desk, frozen)
    file = sheet_of(frozen, reports[0])
    path = Path(file.file.path)
    path.write_bytes(path.read_bytes() + b"x")

    page = officer_client(reports[0]).get(file_url(file), follow=True).content.decode()

    assert "作成したときと異なります" in page
    assert "問合せ先に御連絡ください" in page
