"""What one item may take: time and memory; whoever asked for it reads what happened."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import LazySettings
from django.core.management import call_command

from followup import tasks
from followup.models import WorkbookDownload
from followup.workbooks import ordered_workbook
from outreach.models import WorkState
from tests.factories import NOW, make_asked_report, make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def make_download() -> WorkbookDownload:
    report = make_asked_report()
    officer = make_officer(report.assignment.ministry)
    return WorkbookDownload.objects.create(report=report, requested_by=officer, requested_at=NOW)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SoftTimeLimitExceeded(), "決められた時間内に終わらなかった"),
        (MemoryError(), "メモリーの上限を超えた"),
    ],
)
def test_an_item_that_takes_too_much_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def exceed(*_args: Any, **_kwargs: Any) -> bytes:
        raise error

    monkeypatch.setattr(ordered_workbook, "workbook_bytes", exceed)
    download = make_download()

    with pytest.raises(type(error)):
        tasks.build_workbook_download(download.pk)

    download.refresh_from_db()
    assert download.state == WorkState.FAILED
    assert told in download.error


def test_a_worker_process_cannot_take_all_the_memory_of_its_machine(tmp_path: Any) -> None:
    greedy = (
        "from outreach.celery import limit_memory\n"
        "limit_memory()\n"
        "try:\n"
        "    bytearray(600 * 1024 * 1024)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )

    environment = {"DEBUG": "1", "TASK_MEMORY_MB": "500", "OUTREACH_VAR": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", greedy], env=environment, capture_output=True, check=True
    )

    assert found.stdout.strip() == b"refused"


def test_a_sweep_leaves_the_rest_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SWEEP_SECONDS", -1)
    first, second = make_download(), make_download()

    assert tasks.sweep_workbook_downloads() == 1

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (WorkState.DONE, WorkState.QUEUED)


def test_by_hand_all_of_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SWEEP_SECONDS", -1)
    downloads = [make_download() for _ in range(2)]

    call_command("run_due")

    states = WorkbookDownload.objects.filter(pk__in=[item.pk for item in downloads]).values_list("state")
    assert set(states) == {(WorkState.DONE,)}
