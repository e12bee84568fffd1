"""The one table of background work: every task is in it, and its times fit together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from outreach.celery import app
from outreach.rules.task_table import LONGEST, TASKS, Queue, last_tick, task_path
from outreach.services.work import STALE_AFTER


def test_every_task_stands_in_the_table_and_nothing_else_does() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}

    assert ours == {task_path(name) for name in TASKS}


def test_whoever_rings_rings_at_the_right_queue() -> None:
    def queue_of(name: str) -> str:
        queue: str = app.amqp.router.route({}, task_path(name))["queue"].name
        return queue

    assert {name: queue_of(name) for name in TASKS} == {name: str(plan.queue) for name, plan in TASKS.items()}


def test_mail_has_a_queue_of_its_own() -> None:
    assert [name for name, plan in TASKS.items() if plan.queue == Queue.MAIL] == ["deliver_mail"]


def test_a_task_knows_its_time(settings: Any) -> None:
    task = app.tasks[task_path("build_council_report")]

    assert (task.soft_time_limit, task.time_limit) == (25 * 60, 30 * 60)
    assert all(plan.soft_minutes < plan.hard_minutes for plan in TASKS.values())


def test_whoever_holds_something_has_ended_before_it_is_given_to_another(settings: Any) -> None:
    assert LONGEST < STALE_AFTER
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        ("04T07:29:59", "03T17:30"),
        ("04T07:30:00", "04T07:30"),
        ("04T09:29:31", "04T07:30"),
        ("04T23:59:31", "04T17:30"),
    ],
)
def test_the_last_tick_of_the_planner_is_known(now: str, tick: str) -> None:
    schedule: Any = TASKS["plan_reminders"].schedule

    found = last_tick(schedule, datetime.fromisoformat(f"2023-09-{now}+09:00"))

    assert found == datetime.fromisoformat(f"2023-09-{tick}:00+09:00")
