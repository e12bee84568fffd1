"""対応: request × ministry; and the ministry's own version of each template (要請文)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from outreach.models.base import KeptHistory, TenantQuerySet, scoped
from outreach.models.ministry import Ministry
from outreach.models.request import LetterTemplate, OutreachRequest
from outreach.models.user import User


class AssignmentQuerySet(TenantQuerySet["Assignment"]):
    tenant_path: ClassVar[str] = "ministry"


AssignmentManager = models.Manager.from_queryset(AssignmentQuerySet)


class Assignment(models.Model):
    """What one ministry owes on one request; exists from the moment of issue (対応)."""

    request = models.ForeignKey(
        OutreachRequest, verbose_name="依頼", on_delete=models.PROTECT, related_name="assignments"
    )
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", on_delete=models.PROTECT, related_name="assignments"
    )
    created_at = models.DateTimeField("発出日時")
    acknowledged_at = models.DateTimeField("確認日時", null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, verbose_name="確認者", null=True, blank=True, on_delete=models.PROTECT
    )
    no_body_reason = models.TextField("該当団体なしの理由", blank=True)

    history = KeptHistory()
    objects: ClassVar[AssignmentManager[Assignment]] = scoped(
        AssignmentManager, AssignmentQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "対応"
        ordering = ["request", "ministry__order"]
        constraints = [
            models.UniqueConstraint(name="assignment_once", fields=["request", "ministry"]),
            models.CheckConstraint(
                name="assignment_acknowledged_by_somebody",
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ministry}：{self.request}"

    @property
    def is_no_body(self) -> bool:
        """Say whether the ministry answered that it has no body to notify (該当なし)."""
        return bool(self.no_body_reason)


class LetterQuerySet(TenantQuerySet["Letter"]):
    tenant_path: ClassVar[str] = "assignment__ministry"


LetterManager = models.Manager.from_queryset(LetterQuerySet)


class Letter(models.Model):
    """A ministry's own version of ひな形1 or 2 for one request, with its sender (要請文)."""

    assignment = models.ForeignKey(
        Assignment, verbose_name="対応", on_delete=models.PROTECT, related_name="letters"
    )
    template = models.ForeignKey(
        LetterTemplate, verbose_name="ひな形", on_delete=models.PROTECT, related_name="letters"
    )
    subject = models.CharField("件名", max_length=200)
    text = models.TextField("本文")
    document_number = models.CharField(
        "文書番号", max_length=60, blank=True, help_text="空欄なら「事務連絡」"
    )
    bureau = models.CharField("局名", max_length=60, blank=True)
    division = models.CharField("課名", max_length=60, blank=True)
    contact_name = models.CharField("担当者名", max_length=60, blank=True)
    contact_phone = models.CharField("電話", max_length=30, blank=True)
    contact_email = models.EmailField("メール", blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = KeptHistory()
    objects: ClassVar[LetterManager[Letter]] = scoped(LetterManager, LetterQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "要請文"
        ordering = ["assignment", "template__number"]
        constraints = [models.UniqueConstraint(name="letter_once", fields=["assignment", "template"])]

    def __str__(self) -> str:
        return f"{self.assignment.ministry}の{self.template}"

    @property
    def has_own_wording(self) -> bool:
        """Say whether subject or text differ from the official ones."""
        return (self.subject, self.text) != (self.template.subject, self.template.text)
