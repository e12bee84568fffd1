"""Tell of each run of a background task: when it began and ended, what it did, with which kind of error.

Of an error its kind alone is kept: the words of one may hold an address or a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from outreach.models import TaskRun
from outreach.rules.task_table import EVERY_MINUTE, TASKS
from outreach.services.work import break_off

KEPT = timedelta(days=30)
IDLE_KEPT = timedelta(days=1)
"""Of tasks that start every minute, for the runs that found nothing to do: 13,000 rows a day."""


def begin_run(*, task: str, host: str, now: datetime) -> TaskRun:
    return TaskRun.objects.create(task=task, host=host[:100], started_at=now)


def end_run(*, run: TaskRun, result: Any, now: datetime) -> None:
    """Note what a task has returned: a number, whether it did something, or numbers by name."""
    numbers: Mapping[str, int] = result if isinstance(result, Mapping) else {"count": int(result)}
    run.ended_at, run.result, run.done = now, dict(numbers), sum(numbers.values())
    run.save(update_fields=["ended_at", "result", "done"])


def fail_run(*, run: TaskRun, error: Exception, now: datetime) -> None:
    break_off(error)
    run.ended_at, run.error = now, type(error).__name__[:100]
    run.save(update_fields=["ended_at", "error"])


def prune_runs(*, now: datetime) -> int:
    """Delete runs that nobody will ask for; of each task the last one stays. Return how many."""
    last = TaskRun.objects.order_by().values("task").annotate(last=Max("pk")).values_list("last", flat=True)
    kept = list(last)
    every_minute = [name for name, plan in TASKS.items() if plan.schedule == EVERY_MINUTE]
    idle = TaskRun.objects.well().filter(task__in=every_minute, done=0, started_at__lt=now - IDLE_KEPT)
    old = TaskRun.objects.filter(started_at__lt=now - KEPT)
    return sum(rows.exclude(pk__in=kept).delete()[0] for rows in (idle, old))
