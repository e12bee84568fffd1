"""仕事の実行: one row for each time that a background task ran. Watches the machines, belongs to nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from outreach.rules.task_table import TASKS


class TaskRunQuerySet(models.QuerySet["TaskRun"]):
    def running(self, since: datetime) -> Self:
        """Keep those that have not ended; what began before `since` died without a word."""
        return self.filter(ended_at=None, started_at__gte=since)

    def well(self) -> Self:
        """Keep those that came to an end without an error."""
        return self.filter(ended_at__isnull=False, error="")


class TaskRun(models.Model):
    """One run of a task (仕事の実行), in real time also where a rehearsal has a day of its own.

    A run without an end is going on, or its process was ended from outside.
    """

    task = models.CharField("仕事", max_length=60)
    host = models.CharField("機械", max_length=100)
    started_at = models.DateTimeField("開始日時")
    ended_at = models.DateTimeField("終了日時", null=True, blank=True)
    done = models.PositiveIntegerField("件数", default=0)
    result = models.JSONField("結果", default=dict, blank=True)
    error = models.CharField("エラーの種類", max_length=100, blank=True)

    objects = TaskRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "仕事の実行"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="task_run_error_has_end", condition=Q(error="") | Q(ended_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(name="task_run_started", fields=["started_at", "task"]),
            models.Index(name="task_run_unfinished", fields=["started_at"], condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return TASKS[self.task].label if self.task in TASKS else self.task
