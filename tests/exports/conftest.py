"""A schedule on Mondays and Thursdays at ten, and the tick of the scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from followup import tasks
from followup.models import CouncilReport, ExportLink, ExportSchedule, FileKind
from outreach.models import User
from tests.factories import NOW, make_council_file, make_export_schedule, make_staff


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def schedule(staff: User) -> ExportSchedule:
    """Monday 2023-09-04 is today; it began on the Friday before."""
    return make_schedule(staff)


def make_schedule(staff: User, **fields: Any) -> ExportSchedule:
    return make_export_schedule(**{"name": "週次の送付", "created_by": staff} | fields)


def at(day: int, hour: int, minute: int = 0, month: int = 9) -> datetime:
    return datetime.combine(date(2023, month, day), time(hour, minute), NOW.tzinfo)


def tick(day: int, hour: int, minute: int = 0, month: int = 9) -> None:
    """Let the scheduler ring at a moment of September 2023."""
    with time_machine.travel(at(day, hour, minute, month), tick=False):
        tasks.run_exports()


def deliver(day: int, hour: int, minute: int = 0) -> None:
    """Let the mail go out at a moment of September 2023."""
    with time_machine.travel(at(day, hour, minute), tick=False):
        tasks.deliver_mail()


def finish(report: CouncilReport) -> None:
    """Finish a report as a worker would, with files that nobody built."""
    CouncilReport.objects.filter(pk=report.pk).update(state="running")
    make_council_file(report, name="取りまとめデータ.xlsx", content=b"frozen")
    make_council_file(report, FileKind.PAPER, name="会議資料.xlsx")
    done = {"state": "done", "progress": 100, "finished_at": NOW}
    CouncilReport.objects.filter(pk=report.pk).update(**done)


def fail(report: CouncilReport) -> None:
    failed = {"state": "failed", "error": "ファイルを保存できませんでした。", "finished_at": NOW}
    CouncilReport.objects.filter(pk=report.pk).update(**failed)


def sent(schedule: ExportSchedule, day: int = 4) -> list[ExportLink]:
    """Let a schedule fall due and its result be finished; return the links that were mailed."""
    tick(day, 10)
    run = schedule.runs.latest("pk")
    finish(run.report)
    tick(day, 10, 1)
    return list(run.links.order_by("pk"))
