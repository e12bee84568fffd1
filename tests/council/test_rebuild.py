"""Files made from figures come out the same whenever they are made again, and lost ones are put back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import CouncilFile, CouncilReport, FileKind, Round
from followup.services.council_reports import request_council_report
from followup.workbooks import council_documents
from followup.workbooks.council_documents import rebuild_file
from followup.workbooks.council_report import build_council_report
from outreach.models import AuditEntry, User
from tests.council.conftest import owe, submit
from tests.factories import NOW, make_notification

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def frozen(collection: Round, staff: User) -> CouncilReport:
    report = owe(collection)
    answers = {"member_count": 300, "reached_member_count": 100, "good_practice": "会報に掲載した"}
    submit(report, rows={make_notification(report.assignment): answers})
    owe(collection)
    order = request_council_report(round=collection, actor=staff, now=NOW)
    build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()
    return order


@pytest.fixture
def desk(staff: User, client: Client) -> Client:
    client.force_login(staff)
    return client


def rebuild(desk: Client, report: CouncilReport) -> str:
    url = reverse("admin:followup_councilreport_rebuild", args=[report.pk])
    return desk.post(url, follow=True).content.decode()


def rows(report: CouncilReport) -> list[CouncilFile]:
    found = CouncilFile.objects.filter(report=report).select_related("report__round__council")
    return [file for file in found if FileKind(file.kind).is_from_figures]


def test_every_file_comes_out_the_same_years_later_and_under_other_names(frozen: CouncilReport) -> None:
    frozen.round.council.name = "名称を改めた会議"
    frozen.round.council.save(update_fields=["name"])

    with time_machine.travel("2031-01-05 03:04:05"):
        again = {file.pk: rebuild_file(file) for file in rows(frozen)}

    assert [file.kind for file in rows(frozen)] == [
        "paper", "summary", "ministry_sheets", "ministry_sheet", "ministry_sheet"
    ]  # fmt: skip
    for file in rows(frozen):
        assert again[file.pk] == Path(file.file.path).read_bytes(), file.kind


def test_staff_have_all_of_them_made_again_and_compared(desk: Client, frozen: CouncilReport) -> None:
    assert "5件のファイルを作り直し、全て一致しました。" in rebuild(desk, frozen)


def test_a_lost_and_a_changed_file_are_put_back_and_handed_out_again(
    desk: Client, frozen: CouncilReport
) -> None:
    paper, summary = (Path(frozen.files.get(kind=kind).file.path) for kind in ("paper", "summary"))
    before = paper.read_bytes(), summary.read_bytes()
    paper.unlink()
    summary.write_bytes(b"something else")
    download = reverse("admin:followup_councilreport_file", args=[frozen.pk, "paper"])

    told = desk.get(download, follow=True).content.decode()
    done = rebuild(desk, frozen)

    assert "「作り直して照合する」で、同じファイルに戻せます" in told
    assert "失われていた2件を戻しました" in done
    assert (paper.read_bytes(), summary.read_bytes()) == before
    assert desk.get(download).getvalue() == before[0]
    assert AuditEntry.objects.filter(action="取りまとめのファイルを作り直して復元").count() == 2


def test_what_comes_out_otherwise_is_told_and_replaces_nothing(
    desk: Client, frozen: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Path(frozen.files.get(kind="paper").file.path)
    paper.unlink()
    writers = council_documents.WRITERS | {FileKind.PAPER: lambda path, _title, _figures: path.touch()}
    monkeypatch.setattr(council_documents, "WRITERS", writers)

    assert "作成したときと一致しません" in rebuild(desk, frozen)

    assert not paper.exists()


def test_the_data_workbook_has_to_come_from_a_backup(desk: Client, frozen: CouncilReport) -> None:
    Path(frozen.files.get(kind="data").file.path).unlink()

    url = reverse("admin:followup_councilreport_file", args=[frozen.pk, "data"])

    assert "控えから戻してください" in desk.get(url, follow=True).content.decode()
