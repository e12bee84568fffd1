"""One storm: real workers and schedulers send to a real mail server while all of them are ill-treated.

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
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from followup.tasks import deliver_mail
from outreach.models import MailKind, MailState, OutgoingMail
from outreach.services.mail import queue_mail
from outreach.services.mail_standing import count_settlements
from tests.mail_sink import Sink, accepted

LEASE_SECONDS = 6
RING_SECONDS = 2
OPEN = (MailState.QUEUED, MailState.SENDING, MailState.IN_DOUBT)
WORKER = (
    *("celery", "-A", "outreach", "worker", "--queues", "mail,planning", "--concurrency", "1"),
    *("--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"),
)
BEAT = ("celery", "-A", "outreach", "beat", "--pidfile=", "--loglevel", "ERROR")


@dataclass(frozen=True)
class Plan:
    """What a storm does; the moments are drawn by the seed, between the first mail and the last."""

    mails: int
    seed: int = 1
    workers: int = 2
    kills: int = 20
    freezes: int = 2
    schedulers: int = 2
    outage_seconds: float = 10
    has_log: bool = True
    chances: dict[str, float] = field(default_factory=dict)
    patience_seconds: float = 1200


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


@dataclass
class Account:
    """What came of a storm."""

    plan: Plan
    lost: int
    doubled: int
    unflagged: int
    """Doubled, and nobody was told."""
    states: dict[str, int]
    settlements: dict[str, int]
    deeds: Counter[str]
    seconds: float

    @property
    def row(self) -> tuple[str, ...]:
        deeds = "・".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        settled = "・".join(f"{name} {count}" for name, count in sorted(self.settlements.items())) or "－"
        counts = (self.plan.seed, self.plan.mails, self.lost, self.doubled, self.unflagged)
        return (*map(str, counts), settled, deeds, f"{self.seconds:.0f}")


HEADINGS = ("seed", "mails", "lost", "doubled", "unflagged", "doubts settled", "deeds", "seconds")


class Storm:
    """The processes of one storm, and what is done to them."""

    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        self.dice = random.Random(plan.seed)  # noqa: S311 - chance, no secret
        self.sink = Sink(around.folder)
        self.deeds: Counter[str] = Counter()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.frozen: dict[int, float] = {}
        """Process groups, and when each wakes up."""

    def run(self) -> Account:
        """Queue the mails, let the storm pass over them, wait until nothing is open; return the account."""
        began = time.monotonic()
        expected = self._queue()
        with contextlib.ExitStack() as stack:
            stack.callback(self._end_workers)
            stack.enter_context(self._served())
            for number in range(self.plan.schedulers):
                schedule = str(self.around.folder / f"beat-{number}")
                beat = (
                    "celery",
                    "-A",
                    "outreach",
                    "beat",
                    "--schedule",
                    schedule,
                    "--pidfile=",
                    "-l",
                    "ERROR",
                )
                stack.enter_context(self._running(*beat))
            self._pass(expected)
        return self._account(expected, time.monotonic() - began)

    @transaction.atomic
    def _queue(self) -> set[str]:
        now = timezone.now()
        occasion = f"storm:{self.plan.seed}:{now.timestamp()}"
        mails = [
            queue_mail(
                kind=MailKind.FORM,
                dedupe_key=f"{occasion}:{number}",
                to=f"officer{number}@ministry.example",
                subject=f"嵐 {number}",
                body="本文\n\nhttps://outreach.example/portal/\n",
                why="試験",
                now=now,
            )
            for number in range(self.plan.mails)
        ]
        return {mail.message_id for mail in mails}

    @contextlib.contextmanager
    def _served(self) -> Iterator[None]:
        self.sink.misbehave(**self.plan.chances)
        self._start_sink()
        try:
            yield
        finally:
            _end(self.served_by)

    def _start_sink(self) -> None:
        command = ("tests.mail_sink", "--port", str(self.around.port), "--folder", str(self.around.folder))
        self.served_by = self._spawn(*command, "--seed", str(self.dice.getrandbits(30)))

    def _pass(self, expected: set[str]) -> None:
        """Do each deed when as much has arrived as its moment says; then wait for the rest."""
        deeds = self._drawn_deeds()
        rings_at, gives_up_at = 0.0, time.monotonic() + self.plan.patience_seconds
        while deeds or self._is_open(rings_at):
            assert time.monotonic() < gives_up_at, "the storm does not end"
            self._keep_workers()
            if time.monotonic() > rings_at:
                self._ring()
                rings_at = time.monotonic() + RING_SECONDS
            arrived = len(expected & accepted(self.around.folder).keys()) / len(expected)
            while deeds and deeds[0][0] <= arrived:
                deeds.pop(0)[1]()
            if not deeds:
                self.sink.misbehave()
            threading.Event().wait(0.2)

    def _is_open(self, rings_at: float) -> bool:
        if time.monotonic() < rings_at:  # asking costs; once a ring will do
            return True
        self.around.let_time_pass()
        try:
            return OutgoingMail.objects.filter(state__in=OPEN).exists()
        except DatabaseError:  # it is restarting, or does not let us in: we ask again
            connection.close()
            return True

    def _drawn_deeds(self) -> list[tuple[float, Callable[[], None]]]:
        moments: list[tuple[float, Callable[[], None]]] = [
            (self.dice.uniform(0.01, 0.9), self._kill) for _ in range(self.plan.kills)
        ]
        moments += [(self.dice.uniform(0.05, 0.8), self._freeze) for _ in range(self.plan.freezes)]
        moments.append((self.dice.uniform(0.2, 0.8), self._empty_broker))
        if self.plan.outage_seconds:
            moments.append((self.dice.uniform(0.2, 0.8), self._take_server_away))
        if self.around.trouble_database:
            moments.append((self.dice.uniform(0.2, 0.8), self._trouble_database))
        return sorted(moments, key=lambda moment: moment[0])

    def _kill(self) -> None:
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

    def _freeze(self) -> None:
        """Stop a worker for longer than its lease."""
        threading.Event().wait(self.dice.uniform(0, 0.4))
        awake = [worker for worker in self.workers if worker.pid not in self.frozen and worker.poll() is None]
        if awake:
            victim = self.dice.choice(awake)
            os.killpg(victim.pid, signal.SIGSTOP)
            self.frozen[victim.pid] = time.monotonic() + LEASE_SECONDS * self.dice.uniform(1.5, 3)
            self.deeds["freeze"] += 1

    def _empty_broker(self) -> None:
        self.around.empty_broker()
        self.deeds["emptied"] += 1

    def _take_server_away(self) -> None:
        _end(self.served_by)
        threading.Event().wait(self.plan.outage_seconds)
        self._start_sink()
        self.deeds["outage"] += 1

    def _trouble_database(self) -> None:
        connection.close()
        assert self.around.trouble_database
        self.around.trouble_database()
        self.deeds["database"] += 1

    def _keep_workers(self) -> None:
        """Wake up who has slept enough, and start anew whom we killed."""
        for pid, wakes_at in list(self.frozen.items()):
            if time.monotonic() > wakes_at:
                os.killpg(pid, signal.SIGCONT)
                del self.frozen[pid]
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < self.plan.workers:
            name = f"storm-{self.dice.getrandbits(40)}@%h"
            self.workers.append(self._spawn(*WORKER, "--hostname", name))

    def _ring(self) -> None:
        with contextlib.suppress(OperationalError):  # the broker may be away
            deliver_mail.delay()

    def _end_workers(self) -> None:
        for pid in self.frozen:
            os.killpg(pid, signal.SIGCONT)
        for worker in self.workers:
            _end(worker)

    @contextlib.contextmanager
    def _running(self, *command: str) -> Iterator[None]:
        process = self._spawn(*command)
        try:
            yield
        finally:
            _end(process)

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
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
            "MAIL_RELAY_LOG": str(self.sink.log) if self.plan.has_log else "",
        }
        errors = (around.folder / "errors.log").open("ab")
        with errors:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                env=os.environ | settings,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )

    def _account(self, expected: set[str], seconds: float) -> Account:
        arrived = accepted(self.around.folder)
        mails = OutgoingMail.objects.filter(message_id__in=expected)
        flagged = set(mails.filter(settlement="resent").values_list("message_id", flat=True))
        doubled = {name for name in expected if arrived[name] > 1}
        states = Counter(mails.values_list("state", flat=True))
        return Account(
            plan=self.plan,
            lost=len(expected - arrived.keys()),
            doubled=len(doubled),
            unflagged=len(doubled - flagged),
            states=dict(states),
            settlements={str(settlement): count for settlement, count in count_settlements().items()},
            deeds=self.deeds,
            seconds=seconds,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
