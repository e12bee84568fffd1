"""The processes of a storm: workers that are killed, frozen and started anew, a mail server that goes away.

Everything is started by the documented commands and set by the documented settings.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.mail_sink import Sink

LEASE_SECONDS = 6
WORKER = (
    *("celery", "-A", "outreach", "worker", "--queues", "mail,planning", "--concurrency", "1"),
    *("--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"),
)


@dataclass(frozen=True)
class Surroundings:
    """The servers that a storm runs on, and how they are ill-treated; addresses come by the environment."""

    folder: Path
    port: int
    database_url: str
    redis_url: str
    empty_broker: Callable[[], object]
    trouble_database: Callable[[], None] | None = None
    let_time_pass: Callable[[], None] = lambda: None
    """Called every now and then when nothing but pauses is left."""


class Processes:
    """Workers and a mail server of a storm; `deeds` counts what was done to them."""

    def __init__(
        self, around: Surroundings, *, workers: int, dice: random.Random, has_log: bool = True
    ) -> None:
        self.around, self.wanted, self.dice, self.has_log = around, workers, dice, has_log
        self.sink = Sink(around.folder)
        self.deeds: Counter[str] = Counter()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.variables: dict[str, str] = {}
        """Settings of what is started from now on, besides the storm's."""
        self.frozen: dict[int, float] = {}
        """Process groups, and when each wakes up."""

    def keep_workers(self) -> None:
        """Wake up who has slept enough, and start anew whom we killed."""
        for pid, wakes_at in list(self.frozen.items()):
            if time.monotonic() > wakes_at:
                os.killpg(pid, signal.SIGCONT)
                del self.frozen[pid]
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < self.wanted:
            name = f"storm-{self.dice.getrandbits(40)}@%h"
            self.workers.append(self.spawn(*WORKER, "--hostname", name))

    def kill(self) -> None:
        """Kill a worker, or only its child that does the work, at any moment of some tenths of a second."""
        threading.Event().wait(self.dice.uniform(0, 0.4))
        victim = self.dice.choice(self.workers)
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            children = psutil.Process(victim.pid).children()
            if children and self.dice.random() < 1 / 2:
                self.dice.choice(children).kill()
            else:
                os.killpg(victim.pid, signal.SIGKILL)
                self.frozen.pop(victim.pid, None)
        self.deeds["kill"] += 1

    def kill_all(self) -> None:
        """Let all workers' machines lose their power, at any moment of some tenths of a second."""
        threading.Event().wait(self.dice.uniform(0, 0.4))
        self.end_workers()
        self.deeds["power cut"] += 1

    def freeze(self) -> None:
        """Stop a worker for longer than its lease."""
        threading.Event().wait(self.dice.uniform(0, 0.4))
        awake = [worker for worker in self.workers if worker.pid not in self.frozen and worker.poll() is None]
        if awake:
            victim = self.dice.choice(awake)
            os.killpg(victim.pid, signal.SIGSTOP)
            self.frozen[victim.pid] = time.monotonic() + LEASE_SECONDS * self.dice.uniform(1.5, 3)
            self.deeds["freeze"] += 1

    def empty_broker(self) -> None:
        self.around.empty_broker()
        self.deeds["emptied"] += 1

    def take_server_away(self, seconds: float) -> None:
        end(self.served_by)
        threading.Event().wait(seconds)
        self._start_sink()
        self.deeds["outage"] += 1

    def end_workers(self) -> None:
        for worker in self.workers:
            end(worker)
        self.workers, self.frozen = [], {}

    @contextlib.contextmanager
    def served(self, **chances: float) -> Iterator[None]:
        """Run the mail server; the workers end with it."""
        self.sink.misbehave(**chances)
        self._start_sink()
        try:
            yield
        finally:
            self.end_workers()
            end(self.served_by)

    def _start_sink(self) -> None:
        command = ("tests.mail_sink", "--port", str(self.around.port), "--folder", str(self.around.folder))
        self.served_by = self.spawn(*command, "--seed", str(self.dice.getrandbits(30)))

    @contextlib.contextmanager
    def running(self, *command: str) -> Iterator[None]:
        process = self.spawn(*command)
        try:
            yield
        finally:
            end(process)

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a module in a process group of its own, on the storm's servers."""
        around = self.around
        settings = {
            "DEBUG": "1",
            "DATABASE_URL": around.database_url,
            "REDIS_URL": around.redis_url,
            "OUTREACH_VAR": str(around.folder / "var"),
            "EMAIL_URL": f"smtp://127.0.0.1:{around.port}",
            "EMAIL_TIMEOUT": "2",
            "MAIL_LEASE_SECONDS": str(LEASE_SECONDS),
            "MAIL_RELAY_LOG": str(self.sink.log) if self.has_log else "",
        }
        errors = (around.folder / "errors.log").open("ab")
        with errors:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                env=os.environ | settings | self.variables,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
