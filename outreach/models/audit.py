"""記録: who did what, when, before and after. Rows are added, never changed; seals chain them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from outreach.models.base import TenantQuerySet, scoped
from outreach.models.ministry import Ministry
from outreach.models.user import User


class AppendOnlyError(RuntimeError):
    """Somebody tried to change or delete what is only ever added."""


class AppendOnlyRows:
    """Rows that may be inserted and nothing else, in bulk too."""

    def update(self, **_kwargs: Any) -> int:
        raise AppendOnlyError("記録は変更できません。")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("記録は削除できません。")


class AuditEntryQuerySet(AppendOnlyRows, TenantQuerySet["AuditEntry"]):
    tenant_path: ClassVar[str] = "ministry"


class AppendOnly(models.Model):
    """A row that may be inserted and nothing else."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("記録は変更できません。")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("記録は削除できません。")


AuditEntryManager = models.Manager.from_queryset(AuditEntryQuerySet)


class AuditEntry(AppendOnly):
    """One thing that happened (記録), written in the transaction of what it tells of."""

    at = models.DateTimeField("日時")
    actor = models.ForeignKey(
        User, verbose_name="実行者", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_label = models.CharField("実行者（当時の表記）", max_length=200)
    on_behalf_of = models.CharField("代行した相手", max_length=100, blank=True)
    action = models.CharField("操作", max_length=40)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    object_type = models.CharField("対象の種類", max_length=60, blank=True)
    object_id = models.CharField("対象の番号", max_length=40, blank=True)
    object_label = models.CharField("対象", max_length=200, blank=True)
    before = models.JSONField("変更前", null=True, blank=True)
    after = models.JSONField("変更後", null=True, blank=True)
    reason = models.TextField("理由", blank=True)

    objects: ClassVar[AuditEntryManager[AuditEntry]] = scoped(
        AuditEntryManager, AuditEntryQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "記録"
        ordering = ["-pk"]
        indexes = [
            models.Index(name="audit_object", fields=["object_type", "object_id"]),
            models.Index(name="audit_at", fields=["at"]),
            models.Index(name="audit_ministry", fields=["ministry", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"


class AuditSealQuerySet(AppendOnlyRows, models.QuerySet["AuditSeal"]):
    pass


class AuditSeal(AppendOnly):
    """The hash chain over entries, in the order of sealing (封印).

    Kept apart from the entries so that writing an entry takes no lock that all users share, and
    so that sealing inserts rows and changes none. Each names the hash that it goes on from, once, so
    that two sealers cannot fork the chain.
    """

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    previous_hash = models.CharField("直前の連鎖ハッシュ", max_length=64, unique=True)
    chain_hash = models.CharField("連鎖ハッシュ（SHA-256）", max_length=64)

    objects = AuditSealQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "記録の封印"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.chain_hash
