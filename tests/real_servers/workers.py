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


def spawn_worker(var: Path, **variables: str) -> subprocess.Popen[bytes]:
    """Start a worker on the test's database and the same broker; its mail becomes files below `var`."""
    command = [
        *("-m", "celery", "-A", "outreach", "worker", "--pool", "solo", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),  # as the Procfile
    ]
    url = urlsplit(os.environ["DATABASE_URL"])
    test_database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    environment = {"DATABASE_URL": test_database, "OUTREACH_VAR": str(var), "DEBUG": "1"}
    return subprocess.Popen([sys.executable, *command], env=os.environ | environment | variables)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Look again and again until a condition holds; fail with what was awaited."""
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{WAIT_SECONDS}秒待っても{what}"
        pause.wait(0.1)
