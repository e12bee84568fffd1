"""発出: which body was notified, when, by which template and channels, with which materials."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from outreach.models.assignment import Assignment
from outreach.models.base import KeptHistory, TenantQuerySet, scoped
from outreach.models.body import Body
from outreach.models.body_search import few_named
from outreach.models.request import LetterTemplate, Material
from outreach.models.user import User
from outreach.rules.names import matching_key


class Channel(models.Model):
    """A means of notification (周知手段), such as メール or 文書."""

    code = models.SlugField("コード", max_length=20, unique=True)
    label = models.CharField("名称", max_length=40, unique=True)
    order = models.PositiveSmallIntegerField("順", unique=True)
    is_other = models.BooleanField("内容の記入を求める（その他）", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "周知手段"
        ordering = ["order"]

    def __str__(self) -> str:
        return self.label


class NotificationQuerySet(TenantQuerySet["Notification"]):
    tenant_path: ClassVar[str] = "assignment__ministry"

    def planned(self) -> Self:
        """Keep bodies that were chosen and not notified yet."""
        return self.filter(issued_on=None)

    def issued(self) -> Self:
        """Keep bodies that were notified."""
        return self.filter(issued_on__isnull=False)

    def to_bodies_named(self, words: str) -> Self:
        """Keep those to bodies whose name contains the words, widths and spaces aside.

        Names are few beside notifications: which come into question is asked first (models.body_search).
        """
        key = matching_key(words)
        if not key:
            return self
        found = self.filter(body__name_key__contains=key)
        few = few_named(key)
        return found if few is None else found.filter(body__in=few)


NotificationManager = models.Manager.from_queryset(NotificationQuerySet)


class Notification(models.Model):
    """One body chosen for one request (発出): planned until it has the day it was issued on."""

    assignment = models.ForeignKey(
        Assignment, verbose_name="対応", on_delete=models.PROTECT, related_name="notifications"
    )
    body = models.ForeignKey(
        Body, verbose_name="団体", on_delete=models.PROTECT, related_name="notifications"
    )
    template = models.ForeignKey(
        LetterTemplate, verbose_name="ひな形", on_delete=models.PROTECT, related_name="notifications"
    )
    issued_on = models.DateField("発出日", null=True, blank=True)
    channels = models.ManyToManyField(Channel, verbose_name="周知手段", blank=True)
    channel_other = models.CharField("その他の手段", max_length=100, blank=True)
    materials = models.ManyToManyField(Material, verbose_name="提供した資料", blank=True)
    request_attached = models.BooleanField("依頼文書を添付した", default=False)
    wording_changed = models.BooleanField("文言を変更した", default=False)
    note = models.TextField("備考", blank=True)
    recorded_by = models.ForeignKey(User, verbose_name="記録者", on_delete=models.PROTECT)
    recorded_at = models.DateTimeField("記録日時")
    version = models.PositiveIntegerField(default=1, editable=False)

    history = KeptHistory()
    objects: ClassVar[NotificationManager[Notification]] = scoped(
        NotificationManager, NotificationQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "発出"
        ordering = ["assignment", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="notification_once",
                fields=["assignment", "body"],
                violation_error_message="この団体は既に発出先に選ばれています。",
            )
        ]
        indexes = [
            models.Index(name="notification_issued", fields=["assignment", "issued_on", "template"]),
            models.Index(name="notification_issued_on", fields=["issued_on"]),
            models.Index(name="notification_planned", fields=["assignment"], condition=Q(issued_on=None)),
        ]

    def __str__(self) -> str:
        return f"{self.body}（{self.template}）"

    @property
    def is_issued(self) -> bool:
        return self.issued_on is not None
