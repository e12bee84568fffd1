"""What every test on real servers has: the servers, and worker processes that end with it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from outreach.celery import app
from tests.real_servers.workers import spawn_worker


@pytest.fixture(autouse=True)
def _real_servers_only() -> None:
    """Fail, never skip, when this runs without the servers it is about."""
    assert connection.vendor == "postgresql", "make test-services で実行してください。"
    assert settings.REDIS_URL, "make test-services で実行してください。"


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return a starter of worker processes; all of them end with the test."""
    app.control.purge()
    with contextlib.ExitStack() as stack:

        def start(**how: Any) -> subprocess.Popen[bytes]:
            worker = spawn_worker(tmp_path, **how)
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
            return worker

        yield start
