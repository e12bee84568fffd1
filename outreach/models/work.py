"""Work items: rows that a worker claims, carries out and finishes. The broker only rings the bell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from outreach.models.user import User


class WorkState(models.TextChoices):
    QUEUED = "queued", "作成待ち"
    RUNNING = "running", "作成中"
    DONE = "done", "完成"
    FAILED = "failed", "失敗"


class WorkQuerySet(models.QuerySet[Any]):
    def unfinished(self, stale_before: datetime) -> Self:
        """Keep those that wait, and those that a worker took and never finished."""
        return self.filter(Q(state="queued") | Q(state="running", claimed_at__lt=stale_before))

    def in_the_making(self) -> Self:
        return self.filter(state__in=[WorkState.QUEUED, WorkState.RUNNING])

    def held_by(self, item: WorkItem) -> Self:
        """Keep an item while the claim that `item` was read with holds: a later one has more attempts."""
        return self.filter(pk=item.pk, state=WorkState.RUNNING, attempts=item.attempts)


class WorkItem(models.Model):
    """Something to be made by a worker, which shows how far it is."""

    state = models.CharField("状態", max_length=8, choices=WorkState, default=WorkState.QUEUED)
    progress = models.PositiveSmallIntegerField("進捗（％）", default=0)
    requested_by = models.ForeignKey(
        User, verbose_name="作成者", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField("作成依頼日時")
    claimed_at = models.DateTimeField("着手日時", null=True, blank=True)
    finished_at = models.DateTimeField("完成日時", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("試行回数", default=0)
    error = models.CharField("失敗の理由", max_length=300, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_state_valid", condition=Q(state__in=WorkState.values)),
            models.CheckConstraint(name="%(class)s_progress_percent", condition=Q(progress__lte=100)),
        ]
