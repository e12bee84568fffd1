"""What only a real broker, a real PostgreSQL and real worker processes can show."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django_scopes import scopes_disabled

from followup.models import Submission
from followup.services.submissions import AlreadySubmitted, submit_report
from followup.tasks import deliver_mail
from outreach.celery import app
from outreach.models import MailState, OutgoingMail
from tests.factories import NOW, make_answered_report, make_mail, make_officer
from tests.real_servers.workers import wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

StartWorker = Callable[[], "subprocess.Popen[bytes]"]


def all_sent() -> bool:
    return not OutgoingMail.objects.exclude(state=MailState.SENT).exists()


def sent_message_ids(folder: Path) -> Counter[str]:
    """Count the Message-IDs in the files that the workers wrote, one or more mails a file."""
    found: Counter[str] = Counter()
    for path in (folder / "mail").glob("*.log"):
        for part in path.read_bytes().split(b"-" * 79):
            if part.strip():
                found[message_from_bytes(part.strip())["Message-ID"]] += 1
    return found


def test_two_workers_share_the_outbox_and_send_once(start_worker: StartWorker, tmp_path: Path) -> None:
    mails = [make_mail() for _ in range(20)]
    for _ in range(2):
        start_worker()

    for _ in range(4):
        deliver_mail.delay()

    wait_until(all_sent, "メールが送られません")
    assert sent_message_ids(tmp_path) == Counter(mail.message_id for mail in mails)


def test_mail_survives_an_emptied_broker(start_worker: StartWorker, tmp_path: Path) -> None:
    mail = make_mail()
    deliver_mail.delay()
    app.control.purge()
    start_worker()

    deliver_mail.delay()  # the next tick of the scheduler

    wait_until(all_sent, "メールが送られません")
    assert sent_message_ids(tmp_path) == Counter([mail.message_id])


def test_two_officers_submitting_at_once_make_one_submission() -> None:
    report = make_answered_report()
    officers = [make_officer(report.assignment.ministry) for _ in range(2)]

    def submit(officer: Any) -> str:
        try:
            with scopes_disabled():
                submit_report(report=report, expected_version=report.version, actor=officer, now=NOW)
        except AlreadySubmitted as first:
            return first.submission.receipt_number
        finally:
            connections.close_all()
        return "submitted"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(submit, officers))

    assert Submission.objects.count() == 1
    assert outcomes == sorted([Submission.objects.get().receipt_number, "submitted"])
