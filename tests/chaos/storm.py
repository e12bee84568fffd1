"""One storm: real workers and schedulers send to a real mail server while all of them are ill-treated."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from followup.tasks import deliver_mail
from outreach.models import MailKind, MailState, OutgoingMail
from outreach.services.mail import queue_mail
from outreach.services.mail_standing import count_settlements
from tests.chaos.processes import Processes, Surroundings
from tests.mail_sink import accepted

RING_SECONDS = 2
OPEN = (MailState.QUEUED, MailState.SENDING, MailState.IN_DOUBT)
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
    """What befalls mails that were queued before."""

    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        self.dice = random.Random(plan.seed)  # noqa: S311 - chance, no secret
        self.processes = Processes(around, workers=plan.workers, dice=self.dice, has_log=plan.has_log)

    def run(self) -> Account:
        """Queue the mails, let the storm pass over them, wait until nothing is open; return the account."""
        began = time.monotonic()
        expected = self._queue()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.processes.served(**self.plan.chances))
            for number in range(self.plan.schedulers):
                schedule = str(self.around.folder / f"beat-{number}")
                stack.enter_context(self.processes.running(*BEAT, "--schedule", schedule))
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

    def _pass(self, expected: set[str]) -> None:
        """Do each deed when as much has arrived as its moment says; then wait for the rest."""
        deeds = self._drawn_deeds()
        rings_at, gives_up_at = 0.0, time.monotonic() + self.plan.patience_seconds
        while deeds or self._is_open(rings_at):
            assert time.monotonic() < gives_up_at, "the storm does not end"
            self.processes.keep_workers()
            if time.monotonic() > rings_at:
                self._ring()
                rings_at = time.monotonic() + RING_SECONDS
            arrived = len(expected & accepted(self.around.folder).keys()) / len(expected)
            while deeds and deeds[0][0] <= arrived:
                deeds.pop(0)[1]()
            if not deeds:
                self.processes.sink.misbehave()
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
            (self.dice.uniform(0.01, 0.9), self.processes.kill) for _ in range(self.plan.kills)
        ]
        moments += [(self.dice.uniform(0.05, 0.8), self.processes.freeze) for _ in range(self.plan.freezes)]
        moments.append((self.dice.uniform(0.2, 0.8), self.processes.empty_broker))
        if self.plan.outage_seconds:
            outage = partial(self.processes.take_server_away, self.plan.outage_seconds)
            moments.append((self.dice.uniform(0.2, 0.8), outage))
        if self.around.trouble_database:
            moments.append((self.dice.uniform(0.2, 0.8), self._trouble_database))
        return sorted(moments, key=lambda moment: moment[0])

    def _trouble_database(self) -> None:
        connection.close()
        assert self.around.trouble_database
        self.around.trouble_database()
        self.processes.deeds["database"] += 1

    def _ring(self) -> None:
        with contextlib.suppress(OperationalError):  # the broker may be away
            deliver_mail.delay()

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
            deeds=self.processes.deeds,
            seconds=seconds,
        )
