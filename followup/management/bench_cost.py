"""What something costs: CPU seconds of this process and, beside a PostgreSQL on this machine, of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

NANOSECONDS = 1e9


def nothing() -> None:
    """Prepare nothing."""


def least_cost(
    measured: Callable[[], object], *, times: int, prepare: Callable[[], object] = nothing
) -> float:
    """Return the least of several costs; `prepare` runs before each and costs nothing.

    A PostgreSQL out of sight (on another machine) costs what the clock says.
    """
    seconds = _clock()
    costs = []
    for _ in range(times):
        prepare()
        began = seconds()
        measured()
        costs.append(seconds() - began)
    return max(min(costs), 1e-6)


def _clock() -> Callable[[], float]:
    if connection.vendor == "sqlite":
        return time.process_time
    times = Path(f"/proc/{_server_process()}/schedstat")
    if not _is_local() or not times.exists():
        return time.perf_counter
    return lambda: time.process_time() + int(times.read_text("ascii").split()[0]) / NANOSECONDS


def _is_local() -> bool:
    host = str(connection.get_connection_params().get("host", ""))
    return host.startswith("/") or host in {"", "localhost", "127.0.0.1", "::1"}


def _server_process() -> int:
    """Return the process that serves this connection; it does all of the work by itself from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
