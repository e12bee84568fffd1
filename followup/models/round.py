"""フォローアップ: one collection for one request and council, and the form versions it asks with."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from followup.rules.due import Due
from followup.rules.status import RoundStatus
from outreach.models import OutreachRequest
from outreach.models.base import KeptHistory, TrackedQuerySet
from outreach.rules.wareki import format_wareki


class Council(models.Model):
    """A meeting that the collected result is presented at (連絡会議); its day may be unknown."""

    number = models.PositiveSmallIntegerField("回次", unique=True)
    name = models.CharField("会議名", max_length=120)
    held_on = models.DateField("開催日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "連絡会議"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.name}（第{self.number}回）"

    @property
    def day_text(self) -> str:
        """Return 「令和5年10月20日（金）開催」, or that the day is not known yet."""
        return f"{format_wareki(self.held_on, weekday=True)}開催" if self.held_on else "開催日未定"


class RoundQuerySet(TrackedQuerySet["Round"]):
    def open(self) -> Self:
        return self.filter(status=RoundStatus.OPEN)


class Round(models.Model):
    """One collection of reports for a request (フォローアップ)."""

    request = models.ForeignKey(
        OutreachRequest, verbose_name="依頼", on_delete=models.PROTECT, related_name="rounds"
    )
    council = models.ForeignKey(
        Council, verbose_name="連絡会議", on_delete=models.PROTECT, related_name="rounds"
    )
    number = models.PositiveSmallIntegerField("回次", default=1)
    status = models.CharField(
        "状態", max_length=14, choices=RoundStatus, default=RoundStatus.FORM_UNDECIDED, editable=False
    )
    due_on = models.DateField("回答期限", null=True, blank=True)
    due_time = models.TimeField("回答期限の時刻", null=True, blank=True)
    accepts_late = models.BooleanField("期限後の提出を受け付ける", default=True)
    contact_name = models.CharField("問合せ先（担当）", max_length=60, default="デジタル庁広報戦略チーム")
    contact_phone = models.CharField("問合せ先（電話）", max_length=30, blank=True)
    contact_email = models.EmailField("問合せ先（メール）", blank=True)

    history = KeptHistory()
    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "フォローアップ"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="round_number_once", fields=["request", "number"]),
            models.CheckConstraint(name="round_status_valid", condition=Q(status__in=RoundStatus.values)),
            models.CheckConstraint(
                name="round_open_has_due_date",
                condition=Q(status="form_undecided") | Q(due_on__isnull=False),
                violation_error_message="受付を始めるには回答期限が必要です。",
            ),
            models.CheckConstraint(
                name="round_due_time_has_day",
                condition=Q(due_time=None) | Q(due_on__isnull=False),
                violation_error_message="時刻だけの回答期限は設定できません。日付も入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}／フォローアップ第{self.number}回"

    @property
    def due(self) -> Due | None:
        return Due(self.due_on, self.due_time) if self.due_on else None

    @property
    def late_label(self) -> str:
        return "受け付ける" if self.accepts_late else "受け付けない"

    @property
    def is_open(self) -> bool:
        return self.status == RoundStatus.OPEN
