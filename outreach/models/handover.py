"""引継ぎ: an officer's work passes to a successor of the same ministry on a day (人事異動)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from outreach.models.base import TenantQuerySet, scoped
from outreach.models.ministry import Ministry
from outreach.models.user import User


class HandoverQuerySet(TenantQuerySet["Handover"]):
    tenant_path: ClassVar[str] = "ministry"

    def pending(self) -> Self:
        """Keep those whose day has not come and that nobody took back."""
        return self.filter(completed_at=None, cancelled_at=None)

    def due(self, today: date) -> Self:
        return self.pending().filter(takes_effect_on__lte=today)

    def waiting_for_acceptance(self) -> Self:
        """Keep those whose successor was invited and has no account yet."""
        return self.filter(successor=None, cancelled_at=None)


HandoverManager = models.Manager.from_queryset(HandoverQuerySet)


class Handover(models.Model):
    """From a day on a successor acts for who leaves (引継ぎ).

    Rights and rows belong to the ministry, so that nothing else moves. A successor who was invited is
    known by mail address only until the invitation is accepted.
    """

    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", on_delete=models.PROTECT, related_name="handovers"
    )
    predecessor = models.ForeignKey(
        User, verbose_name="前任", on_delete=models.PROTECT, related_name="handovers"
    )
    successor = models.ForeignKey(
        User, verbose_name="後任", null=True, blank=True, on_delete=models.PROTECT,
        related_name="received",
    )  # fmt: skip
    successor_name = models.CharField("招待した後任の氏名", max_length=60, blank=True)
    successor_email = models.EmailField("招待した後任のメールアドレス", blank=True)
    takes_effect_on = models.DateField("引継日")
    note = models.TextField("引継ぎ事項", blank=True)
    requested_by = models.ForeignKey(
        User, verbose_name="登録した人", on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField("登録日時")
    completed_at = models.DateTimeField("完了日時", null=True, blank=True)
    cancelled_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects: ClassVar[HandoverManager[Handover]] = scoped(HandoverManager, HandoverQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "引継ぎ"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="handover_one_pending",
                fields=["predecessor"],
                condition=Q(completed_at=None, cancelled_at=None),
            ),
            models.CheckConstraint(
                name="handover_ends_once", condition=Q(completed_at=None) | Q(cancelled_at=None)
            ),
            models.CheckConstraint(
                name="handover_has_successor", condition=Q(successor__isnull=False) | ~Q(successor_email="")
            ),
            models.CheckConstraint(
                name="handover_to_another", condition=Q(successor=None) | ~Q(successor=F("predecessor"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor}さんから{self.successor_label}さんへの引継ぎ"

    @property
    def successor_label(self) -> str:
        return str(self.successor) if self.successor else self.successor_name

    @property
    def is_pending(self) -> bool:
        return self.completed_at is None and self.cancelled_at is None
