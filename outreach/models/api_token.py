"""APIトークン: what a program reads figures with in the name of a member of the staff."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from outreach.models.user import User


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def open(self, now: datetime) -> Self:
        """Keep those that still open the API at an instant."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiToken(models.Model):
    """One key to the API (APIトークン), shown once when it is issued. Only its hash is stored."""

    user = models.ForeignKey(
        User, verbose_name="職員", on_delete=models.PROTECT, related_name="api_tokens", editable=False
    )
    name = models.CharField(
        "名称", max_length=60, help_text="何に使うかが分かる名称（例：月次の集計プログラム）"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("発行日時", editable=False)
    expires_at = models.DateTimeField("有効期限", editable=False)
    last_used_at = models.DateTimeField("最終利用日時", null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField("取消日時", null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "APIトークン"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="api_token_name_once",
                fields=["user", "name"],
                condition=Q(revoked_at=None),
                violation_error_message=(
                    "この名称のAPIトークンは発行済みです。別の名称にするか、発行済みのものを取り消してください。"
                ),
            ),
            models.CheckConstraint(
                name="api_token_expires_later", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.name
