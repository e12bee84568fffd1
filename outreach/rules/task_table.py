"""What runs in the background: in which queue, for how long at most, and when the scheduler starts it.

Settings give this to Celery; the page 稼働状況 tells by it what is late. The work itself stands in
followup.tasks, and whether there is any stands in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from celery.schedules import crontab

TASKS_MODULE = "followup.tasks"


class Queue(StrEnum):
    """Each has workers of its own, so that what takes long keeps nothing else waiting."""

    MAIL = "mail"
    FILES = "files"
    """Workbooks read and written, councils' results: minutes of CPU and much memory."""
    PLANNING = "planning"
    """What finds out what is to be done: short, or a few minutes at half a million rows."""

    @property
    def label(self) -> str:
        return QUEUE_LABELS[self]


QUEUE_LABELS = {Queue.MAIL: "メール", Queue.FILES: "ファイル", Queue.PLANNING: "計画"}

EVERY_MINUTE = crontab()
TICK_EXPIRES_SECONDS = 55
"""A tick that nobody took within its minute is dropped, so that a worker that comes back finds one of
each and not a night's pile."""
HOURLY_EXPIRES_SECONDS = 3000


@dataclass(frozen=True)
class TaskPlan:
    """How a task is run; without a schedule it is run when somebody asks for something."""

    label: str
    queue: Queue
    soft_minutes: int
    """When the task is told that its time is over; it may still say so of what it was making."""
    hard_minutes: int
    """When its process is ended."""
    schedule: crontab | None = None

    @property
    def expires_seconds(self) -> int:
        return TICK_EXPIRES_SECONDS if self.schedule == EVERY_MINUTE else HOURLY_EXPIRES_SECONDS


TASKS: Mapping[str, TaskPlan] = {
    # It stops by itself after some minutes and leaves the rest to the next; this is for one that hangs.
    "deliver_mail": TaskPlan("メールの送信", Queue.MAIL, 8, 9, EVERY_MINUTE),
    # The later ones catch up what the night's missed.
    "plan_reminders": TaskPlan("督促の計画", Queue.PLANNING, 25, 30, crontab(minute="30", hour="7,9-17")),
    "settle_handovers": TaskPlan("引継ぎ", Queue.PLANNING, 5, 6, EVERY_MINUTE),
    "run_exports": TaskPlan("定期送付", Queue.PLANNING, 5, 6, EVERY_MINUTE),
    "examine_submissions": TaskPlan("報告の自動点検", Queue.PLANNING, 25, 30, EVERY_MINUTE),
    "keep_counts": TaskPlan("集計の控え", Queue.PLANNING, 10, 12, EVERY_MINUTE),
    "seal_audit": TaskPlan("記録の封印", Queue.PLANNING, 5, 6, EVERY_MINUTE),
    "prune_task_runs": TaskPlan("仕事の実行の整理", Queue.PLANNING, 5, 6, crontab(minute="47")),
    "discard_workbooks": TaskPlan("期限を過ぎたブックの削除", Queue.PLANNING, 5, 6, crontab(minute="17")),
    # A work item is given up 35 minutes after its claim (work.STALE_AFTER): its maker has ended before.
    "build_council_report": TaskPlan("取りまとめの作成", Queue.FILES, 25, 30),
    "rebuild_council_report": TaskPlan("取りまとめの照合", Queue.FILES, 25, 30),
    "read_answer_import": TaskPlan("取込みの読取り", Queue.FILES, 25, 30),
    "store_answer_import": TaskPlan("取込みの保存", Queue.FILES, 25, 30),
    "build_workbook_bundle": TaskPlan("回答用ブック一式の作成", Queue.FILES, 25, 30),
    "build_workbook_download": TaskPlan("回答用ブックの作成", Queue.FILES, 25, 30),
    "sweep_council_reports": TaskPlan("取りまとめの作成（続き）", Queue.FILES, 25, 30, EVERY_MINUTE),
    "sweep_council_rebuilds": TaskPlan("取りまとめの照合（続き）", Queue.FILES, 25, 30, EVERY_MINUTE),
    "sweep_answer_imports": TaskPlan("回答の取込み（続き）", Queue.FILES, 25, 30, EVERY_MINUTE),
    "sweep_workbook_downloads": TaskPlan("回答用ブックの作成（続き）", Queue.FILES, 25, 30, EVERY_MINUTE),
    "sweep_workbook_bundles": TaskPlan("回答用ブック一式の作成（続き）", Queue.FILES, 25, 30, EVERY_MINUTE),
}  # fmt: skip

LONGEST = timedelta(minutes=max(plan.hard_minutes for plan in TASKS.values()))


def task_path(name: str) -> str:
    return f"{TASKS_MODULE}.{name}"


def routes() -> dict[str, dict[str, str]]:
    """Return CELERY_TASK_ROUTES: the queue of each task, whoever asks for it."""
    return {task_path(name): {"queue": str(plan.queue)} for name, plan in TASKS.items()}


def time_limits() -> dict[str, dict[str, int]]:
    """Return CELERY_TASK_ANNOTATIONS: the limits of each task, in seconds."""
    return {
        task_path(name): {"soft_time_limit": plan.soft_minutes * 60, "time_limit": plan.hard_minutes * 60}
        for name, plan in TASKS.items()
    }


def beat_schedule(*, is_rehearsal: bool) -> dict[str, dict[str, Any]]:
    """Return CELERY_BEAT_SCHEDULE; the day of a rehearsal has no hours that the planner could wait for."""
    ticks = {}
    for name, plan in TASKS.items():
        if plan.schedule is None:
            continue
        schedule = EVERY_MINUTE if is_rehearsal and name == "plan_reminders" else plan.schedule
        expires = TICK_EXPIRES_SECONDS if schedule is EVERY_MINUTE else plan.expires_seconds
        ticks[name.replace("_", "-")] = {
            "task": task_path(name),
            "schedule": schedule,
            "options": {"expires": expires},
        }
    return ticks


def last_tick(schedule: crontab, now: datetime) -> datetime:
    """Return the latest instant up to `now` at which a schedule fell due, in its zone."""
    day = now.replace(second=0, microsecond=0)
    ticks = (
        (day - timedelta(days=days)).replace(hour=hour, minute=minute)
        for days in (0, 1)
        for hour in sorted(schedule.hour, reverse=True)
        for minute in sorted(schedule.minute, reverse=True)
    )
    return next(tick for tick in ticks if tick <= now)
