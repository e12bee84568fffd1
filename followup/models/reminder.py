"""督促・お知らせ: rules as rows, the ledger that makes each happen once, and special days."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from followup.models.report import Report
from followup.rules.reminder_text import PLACEHOLDERS, unknown_placeholders
from outreach.models import OutgoingMail, User
from outreach.models.base import TenantQuerySet, scoped


class Audience(models.TextChoices):
    OFFICERS = "officers", "担当者と取りまとめ担当"
    COORDINATORS = "coordinators", "取りまとめ担当"


class ReminderRuleQuerySet(models.QuerySet["ReminderRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class ReminderRule(models.Model):
    """When to remind, counted in 開庁日 from the due date, whom, and with what words."""

    offset_days = models.SmallIntegerField(
        "期限からの開庁日数", unique=True, help_text="期限前は負の数、当日は0、期限後は正の数。"
    )
    audience = models.CharField("宛先", max_length=14, choices=Audience, default=Audience.OFFICERS)
    escalates = models.BooleanField("上席をCCに加え、共有メールボックスにも送る", default=False)
    subject = models.CharField("件名", max_length=200)
    text = models.TextField("本文（差込項目は {{ }} で示す）")
    is_active = models.BooleanField("使用中", default=True)

    objects = ReminderRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督促の規則"
        ordering = ["offset_days"]
        constraints = [
            models.CheckConstraint(
                name="reminder_rule_audience_valid", condition=Q(audience__in=Audience.values)
            )
        ]

    def __str__(self) -> str:
        if self.offset_days == 0:
            return "期限当日"
        side = "前" if self.offset_days < 0 else "後"
        return f"期限の{abs(self.offset_days)}開庁日{side}"

    def clean(self) -> None:
        """Refuse placeholders that nothing would fill."""
        usable = "」「".join(PLACEHOLDERS)
        errors = {
            field: f"差込項目「{'」「'.join(names)}」はありません。使えるのは「{usable}」です。"
            for field, text in (("subject", self.subject), ("text", self.text))
            if (names := unknown_placeholders(text))
        }
        if errors:
            raise ValidationError(errors)


class ReminderQuerySet(TenantQuerySet["Reminder"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"


ReminderManager = models.Manager.from_queryset(ReminderQuerySet)


class Reminder(models.Model):
    """One rule was reached for one report and recipient (督促); the row is what makes it happen once.

    The recipient is an address: an officer's, or the ministry's shared mailbox (then `user` is empty).
    Several reminders of one day share one mail (the digest).
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="reminders"
    )
    rule = models.ForeignKey(ReminderRule, verbose_name="規則", on_delete=models.PROTECT)
    due_on = models.DateField("対象の期限")
    recipient = models.EmailField("宛先")
    user = models.ForeignKey(
        User, verbose_name="宛先の担当者", null=True, blank=True, on_delete=models.PROTECT
    )
    mail = models.ForeignKey(
        OutgoingMail, verbose_name="送信メール", on_delete=models.PROTECT, related_name="reminders"
    )
    planned_on = models.DateField("計画日")

    objects: ClassVar[ReminderManager[Reminder]] = scoped(ReminderManager, ReminderQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "督促・お知らせ"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["report", "rule", "due_on", "recipient"])
        ]
        indexes = [models.Index(name="reminder_planned", fields=["planned_on"])]

    def __str__(self) -> str:
        return f"{self.report}：{self.rule}"


class SpecialDay(models.Model):
    """A day that differs from the law's calendar: a special closure or a moved holiday (開庁日の例外)."""

    day = models.DateField("日付", unique=True)
    is_closed = models.BooleanField("閉庁", default=True)
    name = models.CharField("名称", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "開庁日の例外"
        ordering = ["day"]

    def __str__(self) -> str:
        return self.name
