"""What takes long keeps no mail waiting, and what takes too long says so: with real worker processes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from followup.models import WorkbookDownload
from followup.tasks import build_workbook_download, deliver_mail, ring
from outreach.models import MailState, WorkState
from tests.factories import NOW, make_mail, make_officer, make_report
from tests.real_servers.workers import database_url, wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


def make_download() -> WorkbookDownload:
    report = make_report()
    officer = make_officer(report.assignment.ministry)
    return WorkbookDownload.objects.create(report=report, requested_by=officer, requested_at=NOW)


@contextmanager
def held_back(download: WorkbookDownload) -> Iterator[None]:
    """Keep a worker waiting for an item for as long as this lasts."""
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT 1 FROM followup_workbookdownload WHERE id = %s FOR UPDATE", [download.pk])
        yield


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def end_abandoned_query() -> None:
    """End what the server goes on with although nobody waits for it; the database could not be dropped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%%pg_sleep%%' AND pid <> pg_backend_pid()"
        )


def test_an_export_does_not_delay_mail(start_worker: StartWorker) -> None:
    download, mail = make_download(), make_mail()
    start_worker(queues="files")
    start_worker(queues="mail")

    with held_back(download):
        ring(build_workbook_download, download.pk)
        wait_until(somebody_waits_for_a_lock, "ブックの作成が始まりません")
        deliver_mail.delay()

        def is_sent() -> bool:
            mail.refresh_from_db()
            return mail.state == MailState.SENT

        wait_until(is_sent, "メールが送られません")
        download.refresh_from_db()
        assert download.state == WorkState.QUEUED


def test_what_takes_too_long_fails_and_says_so(start_worker: StartWorker) -> None:
    download = make_download()
    start_worker(queues="files", pool="prefork", program=("-m", "tests.real_servers.endless_worker"))

    build_workbook_download.apply_async((download.pk,), soft_time_limit=1)

    def is_over() -> bool:
        download.refresh_from_db()
        return download.state in {WorkState.DONE, WorkState.FAILED}

    wait_until(is_over, "作成が終わりません")
    assert download.state == WorkState.FAILED
    assert "決められた時間内に終わらなかった" in download.error
    end_abandoned_query()
