"""Two schedulers by mistake: every scheduled task runs twice at once, and it is as if it had run once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django_scopes import scopes_disabled

from followup.services.reference import load_followup_reference
from outreach.celery import app
from outreach.models import MailState, OutgoingMail, TaskRun
from outreach.rules.task_table import TASKS, task_path
from tests.factories import make_answered_report, make_mail, make_officer, make_submission

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

SCHEDULED = [name for name, plan in TASKS.items() if plan.schedule]


def run_twice_at_once(name: str) -> None:
    """Run a task in two threads that begin together, each with connections of its own."""
    together = Barrier(2)

    def run(_number: int) -> None:
        try:
            together.wait()
            app.tasks[task_path(name)].run()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))


def test_every_scheduled_task_may_run_twice_at_once(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    with scopes_disabled():
        load_followup_reference()
        report = make_answered_report()
        make_submission(report, make_officer(report.assignment.ministry))
        mails = [make_mail() for _ in range(5)]

    for name in SCHEDULED:
        run_twice_at_once(name)

    runs = Counter(TaskRun.objects.filter(error="", ended_at__isnull=False).values_list("task", flat=True))
    assert runs == Counter(dict.fromkeys(SCHEDULED, 2))
    sent = Counter(message.to[0] for message in mail.outbox)
    assert {sent[row.to] for row in mails} == {1}
    assert not OutgoingMail.objects.filter(pk__in=[row.pk for row in mails]).exclude(state=MailState.SENT)
