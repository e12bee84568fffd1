"""Monday 2023-09-04, ten in the morning; a system in which everything ran a minute ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from followup.services import system_facts
from outreach.celery import app
from outreach.rules.task_table import TASKS
from outreach.services.servers import Space
from tests.factories import NOW, make_staff, make_task_run

MINUTE = timedelta(minutes=1)
GIB = 1024**3


@pytest.fixture
def _at_ten(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def healthy(db: None, _at_ten: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every task have run well a minute ago, the queues be empty, and the machine have room."""
    app.control.purge()
    monkeypatch.setattr(system_facts, "storage_space", lambda: Space(free=50 * GIB, total=100 * GIB))
    for name in TASKS:
        make_task_run(name, started_at=NOW - MINUTE)


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True))
    return client
