"""カレンダー連携: the address at which an officer's calendar program reads due dates; it needs no login."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from outreach.models import User
from outreach.models.base import TenantQuerySet, scoped


class CalendarFeedQuerySet(TenantQuerySet["CalendarFeed"]):
    tenant_path: ClassVar[str] = "user__ministry"

    def live(self) -> Self:
        """Keep those that an active officer still uses."""
        return self.filter(revoked_at=None, user__is_active=True, user__is_staff=False)


CalendarFeedManager = models.Manager.from_queryset(CalendarFeedQuerySet)


class CalendarFeed(models.Model):
    """One secret address of one officer (カレンダー連携); a new one takes the place of the old."""

    user = models.ForeignKey(
        User, verbose_name="担当者", on_delete=models.PROTECT, related_name="calendar_feeds"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("発行日時")
    last_used_at = models.DateTimeField("最後に読み取られた日時", null=True, blank=True)
    revoked_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects: ClassVar[CalendarFeedManager[CalendarFeed]] = scoped(
        CalendarFeedManager, CalendarFeedQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "カレンダー連携"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="calendar_feed_one_live", fields=["user"], condition=Q(revoked_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}のカレンダー連携"
