"""Worker processes on the test's own database, and waiting for what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

WAIT_SECONDS = 60


CELERY = ("-m", "celery", "-A", "outreach")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def spawn_worker(
    var: Path, *, queues: str = "", program: tuple[str, ...] = CELERY, pool: str = "solo", **variables: str
) -> subprocess.Popen[bytes]:
    """Start a worker on the test's database and the same broker; its mail becomes files below `var`.

    It works on all queues unless some are named.
    """
    command = [*program, "worker", "--pool", pool, *QUIET, *(["--queues", queues] if queues else [])]
    environment = {"DATABASE_URL": database_url(), "OUTREACH_VAR": str(var), "DEBUG": "1"}
    return subprocess.Popen([sys.executable, *command], env=os.environ | environment | variables)


def database_url() -> str:
    """Return the address of the test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look again and again until a condition holds; fail with what was awaited."""
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{WAIT_SECONDS}秒待っても{what}"
        pause.wait(0.1)
