"""延長の申出: a ministry asks for more time for its report, and staff decide."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from followup.models.report import Report
from followup.rules.due import Due
from outreach.models import User
from outreach.models.base import TenantQuerySet, scoped


class ExtensionState(models.TextChoices):
    WAITING = "waiting", "審査中"
    GRANTED = "granted", "承認"
    REFUSED = "refused", "不承認"
    WITHDRAWN = "withdrawn", "取下げ"


class ExtensionRequestQuerySet(TenantQuerySet["ExtensionRequest"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def waiting(self) -> Self:
        return self.filter(state=ExtensionState.WAITING)


ExtensionRequestManager = models.Manager.from_queryset(ExtensionRequestQuerySet)


class ExtensionRequest(models.Model):
    """One wish of a ministry for a later due date (延長の申出); decided once, then it stays as it is.

    Who granted, refused or withdrew it is `decided_by`. What was granted may differ from the wish.
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="extension_requests"
    )
    wanted_on = models.DateField("希望する回答期限")
    wanted_time = models.TimeField("希望する回答期限の時刻", null=True, blank=True)
    reason = models.TextField("申出の理由")
    asked_by = models.ForeignKey(
        User, verbose_name="申し出た担当者", on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("申出日時")
    state = models.CharField(
        "審査の状態", max_length=10, choices=ExtensionState, default=ExtensionState.WAITING
    )
    granted_on = models.DateField("承認した回答期限", null=True, blank=True)
    granted_time = models.TimeField("承認した回答期限の時刻", null=True, blank=True)
    answer = models.TextField("府省庁への回答", blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name="決定した人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("決定日時", null=True, blank=True)

    objects: ClassVar[ExtensionRequestManager[ExtensionRequest]] = scoped(
        ExtensionRequestManager, ExtensionRequestQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "延長の申出"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="extension_one_waiting",
                fields=["report"],
                condition=Q(state="waiting"),
                violation_error_message="この報告には、審査中の延長の申出が既にあります。",
            ),
            models.CheckConstraint(
                name="extension_state_valid", condition=Q(state__in=ExtensionState.values)
            ),
            models.CheckConstraint(name="extension_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="extension_decided_has_decider",
                condition=Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="extension_granted_has_day",
                condition=Q(state="granted", granted_on__isnull=False)
                | (~Q(state="granted") & Q(granted_on__isnull=True, granted_time__isnull=True)),
            ),
            models.CheckConstraint(
                name="extension_refused_has_answer", condition=~Q(state="refused") | ~Q(answer="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report.assignment.ministry}の延長の申出（希望 {self.wanted}）"

    @property
    def wanted(self) -> Due:
        return Due(self.wanted_on, self.wanted_time)

    @property
    def granted(self) -> Due | None:
        return Due(self.granted_on, self.granted_time) if self.granted_on else None

    @property
    def is_waiting(self) -> bool:
        return self.state == ExtensionState.WAITING
