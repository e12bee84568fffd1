"""The one table of background work: every task is in it, and its times fit together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outreach.celery import app
from outreach.rules.task_table import LONGEST, TASKS, Queue, last_tick, task_path
from outreach.services.work import STALE_AFTER

TOKYO = ZoneInfo("Asia/Tokyo")


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
        ((4, 7, 29), (3, 17, 30)),
        ((4, 7, 30), (4, 7, 30)),
        ((4, 9, 29), (4, 7, 30)),
        ((4, 23, 59), (4, 17, 30)),
    ],
)
def test_the_last_tick_of_the_planner_is_known(now: tuple[int, ...], tick: tuple[int, ...]) -> None:
    schedule: Any = TASKS["plan_reminders"].schedule

    assert last_tick(schedule, datetime(2023, 9, *now, 31, tzinfo=TOKYO)) == datetime(
        2023, 9, *tick, tzinfo=TOKYO
    )
