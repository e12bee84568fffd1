"""Ordering and building a report: once, whole, or told as failed."""

from __future__ import annotations

import codecs
import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction

from followup.models import CouncilReport, FileKind, Round
from followup.services.council_files import open_council_file
from followup.services.council_reports import claim_council_report, request_council_report, show_progress
from followup.services.snapshots import snapshot
from followup.workbooks import council_report, report_progress
from followup.workbooks.council_paper import write_council_paper
from followup.workbooks.council_report import build_council_report
from followup.workbooks.report_progress import COUNTED, WRITTEN
from outreach.models import AuditEntry, User, WorkState
from outreach.services.work import GAVE_UP, MAX_ATTEMPTS, STALE_AFTER
from tests.council.conftest import owe
from tests.factories import NOW, make_council_report, make_ministry, make_notification

LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def order(collection: Round, staff: User) -> CouncilReport:
    make_notification(owe(collection).assignment)
    return request_council_report(round=collection, actor=staff, now=NOW)


@pytest.mark.django_db
def test_a_report_is_built_with_its_files_and_their_hashes(order: CouncilReport) -> None:
    assert build_council_report(council_report_id=order.pk, now=LATER)

    order.refresh_from_db()
    assert (order.state, order.progress) == (WorkState.DONE, 100)
    assert order.finished_at
    assert LATER <= order.as_of <= order.finished_at
    assert [file.kind for file in order.files.all()] == [
        "data", "data_csv", "paper", "summary", "ministry_sheets", "ministry_sheet"
    ]  # fmt: skip
    for file in order.files.all():
        with file.file.open() as stream:
            content = stream.read()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)
    assert order.figures["progress"]["distinct_issued"] == 1


@pytest.mark.django_db
def test_the_trail_tells_who_ordered_and_who_took_a_file(order: CouncilReport, staff: User) -> None:
    build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()

    file = order.files.get(kind=FileKind.PAPER)
    open_council_file(file=file, actor=staff, now=LATER).close()

    assert file.name == "第6回会議_会議資料_20230904-1003.xlsx"
    entries = AuditEntry.objects.filter(object_type="followup.councilreport", actor=staff).order_by("pk")
    assert [entry.action for entry in entries] == [
        "取りまとめの作成を依頼",
        "取りまとめを作成",
        "取りまとめをダウンロード",
    ]


@pytest.mark.django_db
def test_a_second_order_while_one_is_in_the_making_returns_that_one(
    order: CouncilReport, collection: Round, staff: User
) -> None:
    second = request_council_report(round=collection, actor=staff, now=LATER)

    assert second == order
    assert CouncilReport.objects.count() == 1


@pytest.mark.django_db
def test_a_report_is_built_once_however_often_it_is_asked_for(order: CouncilReport) -> None:
    first = build_council_report(council_report_id=order.pk, now=LATER)
    second = build_council_report(council_report_id=order.pk, now=LATER)

    assert (first, second) == (True, False)


@pytest.mark.django_db
def test_only_one_of_two_workers_gets_the_report(order: CouncilReport) -> None:
    assert claim_council_report(council_report_id=order.pk, now=NOW)
    assert claim_council_report(council_report_id=order.pk, now=NOW + STALE_AFTER) is None


@pytest.mark.django_db
def test_what_a_dead_worker_left_is_taken_up_and_the_dead_may_not_finish(
    order: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:

    def taken_over_meanwhile(*args: Any) -> None:
        late = NOW + STALE_AFTER + timedelta(seconds=1)
        assert claim_council_report(council_report_id=order.pk, now=late)
        write_council_paper(*args)

    monkeypatch.setattr(council_report, "write_council_paper", taken_over_meanwhile)

    assert not build_council_report(council_report_id=order.pk, now=NOW)

    order.refresh_from_db()
    assert (order.state, order.attempts) == (WorkState.RUNNING, 2)
    assert default_storage.listdir("council")[1] == []


@pytest.mark.django_db
def test_a_report_that_kills_its_workers_is_given_up(order: CouncilReport) -> None:
    CouncilReport.objects.filter(pk=order.pk).update(attempts=MAX_ATTEMPTS)

    assert claim_council_report(council_report_id=order.pk, now=LATER) is None

    order.refresh_from_db()
    assert (order.state, order.error) == (WorkState.FAILED, GAVE_UP)


@pytest.mark.django_db
def test_a_full_disk_is_told_and_leaves_no_half_report(
    order: CouncilReport, collection: Round, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(council_report, "write_council_paper", full)

    with pytest.raises(OSError, match="No space"):
        build_council_report(council_report_id=order.pk, now=LATER)

    order.refresh_from_db()
    assert order.state == WorkState.FAILED
    assert "空き容量" in order.error
    assert not order.files.exists()
    assert request_council_report(round=collection, actor=staff, now=LATER) != order


@pytest.mark.django_db
def test_a_correction_makes_a_new_report_and_leaves_the_old_one_as_it_was(
    order: CouncilReport, collection: Round, staff: User
) -> None:
    build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()
    frozen = (order.figures, list(order.files.values()))

    make_notification(owe(collection).assignment)
    again = request_council_report(round=collection, actor=staff, now=LATER)
    build_council_report(council_report_id=again.pk, now=LATER)

    again.refresh_from_db()
    order.refresh_from_db()
    assert again.figures["progress"]["distinct_issued"] == 2
    assert (order.figures, list(order.files.values())) == frozen


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_is_of_its_own_transaction_and_leaves_the_connection_as_it_was() -> None:
    mode = getattr(connection, "transaction_mode", None)

    with snapshot():
        assert connection.in_atomic_block

    assert getattr(connection, "transaction_mode", None) == mode
    with transaction.atomic():
        make_ministry()


@pytest.mark.django_db(transaction=True)
def test_what_is_written_beside_a_snapshot_is_seen_by_others_while_it_is_open() -> None:
    report = make_council_report(state="running", attempts=1)
    seen: list[int] = []

    with snapshot() as beside:
        assert User.objects.count() >= 0  # the read has begun
        beside(lambda: show_progress(report=report, percent=42))
        with ThreadPoolExecutor(1) as another:
            another.submit(
                lambda: seen.extend(CouncilReport.objects.values_list("progress", flat=True))
            ).result()
            another.submit(connections.close_all).result()

    assert seen == [42]


@pytest.mark.django_db
def test_progress_grows_with_the_rows_that_are_written(
    order: CouncilReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(report_progress, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(council_report, "show_progress", lambda *, report, percent: told.append(percent))  # noqa: ARG005

    build_council_report(council_report_id=order.pk, now=LATER)

    assert told == sorted(set(told))
    assert len([percent for percent in told if COUNTED < percent < WRITTEN]) > 1
    assert told[0] == COUNTED
    assert told[-1] < 100


@pytest.mark.django_db
def test_the_tables_are_in_one_zip_as_csv_too(order: CouncilReport) -> None:
    build_council_report(council_report_id=order.pk, now=LATER)

    with order.files.get(kind="data_csv").file.open() as packed, zipfile.ZipFile(packed) as archive:
        assert {"団体別.csv", "更新履歴.csv"} <= set(archive.namelist())
        assert archive.read("団体別.csv").startswith(codecs.BOM_UTF8)
        assert {entry.date_time for entry in archive.infolist()} == {(2023, 9, 4, 10, 3, 0)}
