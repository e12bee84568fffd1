"""What works behind the pages: in this process, or in a real worker process on a real broker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.core import mail
from django.core.management import call_command

from followup import tasks
from outreach.celery import app
from outreach.rules.task_table import Queue
from tests.real_servers.workers import spawn_worker, wait_until

TICKS = (tasks.plan_reminders, tasks.deliver_mail, tasks.seal_audit, tasks.sweep_council_reports)


class BackOffice(ABC):
    """Puts the system on a day and lets the waiting work be done."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    def set_day(self, day: date) -> None:
        self.settings.OUTREACH_TODAY = day

    @abstractmethod
    def work(self) -> None:
        """Do what the scheduler's ticks would have done by now."""

    @abstractmethod
    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return what an address has received, oldest first."""


class InProcess(BackOffice):
    """The ticks called one after the other."""

    def work(self) -> None:
        call_command("run_due", verbosity=0)

    def mails_to(self, address: str) -> list[EmailMessage]:
        received = [sent.message().as_bytes() for sent in mail.outbox if address in sent.to]
        return [parse(raw) for raw in received]


class WorkerProcess(BackOffice):
    """The ticks sent through the broker to a worker that runs until the queue is empty."""

    def __init__(self, settings: Any, var: Path) -> None:
        super().__init__(settings)
        self.var = var
        settings.MEDIA_ROOT = var / "media"  # the worker's files are the web's files

    def work(self) -> None:
        worker = spawn_worker(self.var, OUTREACH_TODAY=self.settings.OUTREACH_TODAY.isoformat())
        for tick in TICKS:  # each when the one before it was taken: they are in different queues
            tick.delay()
            wait_until(self._is_idle, "仕事が終わりません")
        worker.terminate()  # it ends the task in hand first
        worker.wait()

    def _is_idle(self) -> bool:
        with app.connection_for_read() as connection:
            redis = connection.default_channel.client
            return not any(redis.llen(queue) for queue in Queue)

    def mails_to(self, address: str) -> list[EmailMessage]:
        files = sorted((self.var / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
        parts = [part.strip() for path in files for part in path.read_bytes().split(b"-" * 79 + b"\n")]
        mails = [parse(part) for part in parts if part]
        return [received for received in mails if address in received["To"]]


def plain_text(message: EmailMessage) -> str:
    """Return a mail as a reader without HTML shows it."""
    text = message.get_body(("plain",))
    assert isinstance(text, EmailMessage)
    return str(text.get_content())


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
