"""Real worker processes on the test's own PostgreSQL database and a real broker (make test-services)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from outreach.celery import app

WAIT_SECONDS = 60


@pytest.fixture(autouse=True)
def _real_servers_only() -> None:
    """Fail, never skip, when this runs without the servers it is about."""
    assert connection.vendor == "postgresql", "make test-services で実行してください。"
    assert settings.REDIS_URL, "make test-services で実行してください。"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look again and again until a condition holds; fail with what was awaited."""
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{WAIT_SECONDS}秒待っても{what}"
        pause.wait(0.1)


def environment(var: Path) -> dict[str, str]:
    """Return the environment of a worker: the test's database, the same broker, mail into files."""
    url = urlsplit(os.environ["DATABASE_URL"])
    test_database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    return os.environ | {
        "DATABASE_URL": test_database,
        "OUTREACH_VAR": str(var),
        "DEBUG": "1",
    }


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Return a starter of worker processes; all of them end with the test."""
    app.control.purge()
    with contextlib.ExitStack() as stack:

        def start() -> subprocess.Popen[bytes]:
            command = ["-m", "celery", "-A", "outreach", "worker", "--pool", "solo", "--loglevel", "WARNING"]
            worker = subprocess.Popen([sys.executable, *command], env=environment(tmp_path))
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
            return worker

        yield start
