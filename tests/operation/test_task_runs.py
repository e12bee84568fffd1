"""Each run of a background task leaves a row: what it did, how long it took, which kind of error it met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from followup import tasks
from outreach.celery import app
from outreach.models import TaskRun
from outreach.rules.task_table import TASKS, task_path
from outreach.services import delivery
from tests.factories import NOW, make_mail, make_task_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_at_ten")]

LIST = "admin:outreach_taskrun_changelist"


def test_a_run_says_when_it_was_and_what_it_did() -> None:
    make_mail()

    tasks.deliver_mail()

    run = TaskRun.objects.get()
    assert (run.task, run.started_at, run.ended_at) == ("deliver_mail", NOW, NOW)
    assert (run.done, run.result, run.error) == (1, {"sent": 1}, "")
    assert len(mail.outbox) == 1


def test_a_run_that_fails_says_the_kind_of_error_and_nothing_of_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_how: Any) -> None:
        raise LookupError("officer@mhlw.example 厚生太郎")

    monkeypatch.setattr(delivery, "deliver_due", fail)

    with pytest.raises(LookupError):
        tasks.deliver_mail()

    run = TaskRun.objects.get()
    assert (run.error, run.ended_at) == ("LookupError", NOW)
    assert not any("officer@" in str(value) or "太郎" in str(value) for value in vars(run).values())


@pytest.mark.parametrize("name", TASKS)
def test_every_task_leaves_a_row(name: str) -> None:
    run: Callable[..., Any] = app.tasks[task_path(name)].run

    run(*([0] if TASKS[name].schedule is None else []))

    assert TaskRun.objects.filter(task=name, ended_at=NOW, error="").exists()


def test_what_nobody_will_ask_for_is_deleted_and_the_last_of_each_stays() -> None:
    day, month = NOW - timedelta(hours=25), NOW - timedelta(days=31)
    idle = make_task_run("deliver_mail", started_at=day)
    busy = make_task_run("deliver_mail", started_at=day, done=3)
    failed = make_task_run("deliver_mail", started_at=day, error="OSError")
    old_plan, plan = (
        make_task_run("plan_reminders", started_at=month),
        make_task_run("plan_reminders", started_at=day),
    )
    last_of_its_kind = make_task_run("seal_audit", started_at=month)
    make_task_run("deliver_mail")

    assert tasks.prune_task_runs() == 2

    kept = set(TaskRun.objects.values_list("pk", flat=True))
    assert not kept & {idle.pk, old_plan.pk}
    assert {busy.pk, failed.pk, plan.pk, last_of_its_kind.pk} <= kept


def test_staff_find_the_runs_that_failed(desk: Client) -> None:
    make_task_run("plan_reminders", error="OperationalError")
    make_task_run("deliver_mail", host="worker-2")

    page = desk.get(reverse(LIST), {"outcome": "failed"}).content.decode()

    assert "失敗（OperationalError）" in page
    assert "plan_reminders</" not in page
    assert "worker-2" not in page
    assert "督促の計画" in page


def test_a_run_that_was_cut_off_is_told_from_one_that_goes_on(desk: Client) -> None:
    make_task_run("build_council_report", started_at=NOW - timedelta(minutes=29), ended_at=None)
    make_task_run("read_answer_import", started_at=NOW - timedelta(minutes=31), ended_at=None)

    rows = desk.get(reverse(LIST)).content.decode()

    assert rows.count("実行中") == 1
    assert rows.count("終わりの記録がない") == 2  # the row, and the filter's name
