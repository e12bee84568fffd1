"""督促・お知らせ: rules as rows, the ledger that makes each happen once, and special days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from followup.models.obligation import Obligation
from followup.rules.obligations import (
    GREATEST_OFFSET,
    KINDS,
    LEAST_OFFSET,
    REPORT_DUE,
    Kind,
    kind_choices,
)
from followup.rules.reminder_text import placeholders_of, unknown_placeholders
from outreach.models import OutgoingMail, User
from outreach.models.base import TenantQuerySet, scoped


class Audience(models.TextChoices):
    OFFICERS = "officers", "担当者と取りまとめ担当"
    CONTRIBUTORS = "contributors", "担当者"
    COORDINATORS = "coordinators", "取りまとめ担当"
    SUPERIOR = "superior", "総括担当（上席）"
    MAILBOX = "mailbox", "府省庁の共有メールボックス"
    STAFF = "staff", "発出元の職員"


class ReminderRuleQuerySet(models.QuerySet["ReminderRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def valid(self, on: date) -> Self:
        """Keep the active ones whose period includes a day."""
        begun = Q(valid_from=None) | Q(valid_from__lte=on)
        return self.active().filter(begun, Q(valid_until=None) | Q(valid_until__gte=on))


class ReminderRule(models.Model):
    """What to remind of, when, counted in 開庁日 from the obligation's day, whom, and with what words.

    Several rules of one stage differ in their `step`: 0 goes into the day's one mail (digest) of a
    recipient, each further step of the escalation is a mail of its own.
    """

    kind = models.CharField("督促の対象", max_length=20, choices=kind_choices, default=REPORT_DUE)
    offset_days = models.SmallIntegerField(
        "起算日からの開庁日数", help_text="起算日（期限など）の前は負の数、当日は0、後は正の数。"
    )
    step = models.PositiveSmallIntegerField(
        "上申の段階",
        default=0,
        help_text="0は通常のお知らせ（1人に1日1通へまとめる）。1以上は、まとめずに別のメールで送る。",
    )
    audience = models.CharField("宛先", max_length=14, choices=Audience, default=Audience.OFFICERS)
    escalates = models.BooleanField("上席をCCに加え、共有メールボックスにも送る", default=False)
    subject = models.CharField("件名", max_length=200)
    text = models.TextField("本文（差込項目は {{ }} で示す）")
    is_active = models.BooleanField("使用中", default=True)
    valid_from = models.DateField("適用の初日", null=True, blank=True)
    valid_until = models.DateField("適用の最終日", null=True, blank=True)

    objects = ReminderRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督促の規則"
        ordering = ["kind", "offset_days", "step"]
        constraints = [
            models.UniqueConstraint(
                name="reminder_rule_once",
                fields=["kind", "offset_days", "step"],
                violation_error_message=(
                    "同じ対象、開庁日数、上申の段階の規則が既にあります。その規則を変更するか、段階を変えてください。"
                ),
            ),
            models.CheckConstraint(
                name="reminder_rule_audience_valid", condition=Q(audience__in=Audience.values)
            ),
            models.CheckConstraint(
                name="reminder_rule_offset_within",
                condition=Q(offset_days__range=(LEAST_OFFSET, GREATEST_OFFSET)),
                violation_error_message=(
                    f"開庁日数には{LEAST_OFFSET}から{GREATEST_OFFSET}までの数を入力してください。"
                ),
            ),
            models.CheckConstraint(
                name="reminder_rule_period_in_order",
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                violation_error_message="適用の最終日は、初日以後の日にしてください。",
            ),
        ]

    def __str__(self) -> str:
        return self.kind_words.stage(self.offset_days)

    @property
    def kind_words(self) -> Kind:
        return KINDS[self.kind]

    def clean(self) -> None:
        """Refuse placeholders that nothing would fill; another check refuses an unknown kind."""
        if self.kind not in KINDS:
            return
        usable = "」「".join(placeholders_of(self.kind_words))
        errors = {
            field: f"差込項目「{'」「'.join(names)}」はありません。使えるのは「{usable}」です。"
            for field, text in (("subject", self.subject), ("text", self.text))
            if (names := unknown_placeholders(text, self.kind_words))
        }
        if errors:
            raise ValidationError(errors)


class ReminderQuerySet(TenantQuerySet["Reminder"]):
    tenant_path: ClassVar[str] = "obligation__ministry"


ReminderManager = models.Manager.from_queryset(ReminderQuerySet)


class Reminder(models.Model):
    """One rule was reached for one obligation and recipient (督促); the row makes it happen once.

    The recipient is an address: an officer's, or a shared mailbox (then `user` is empty). Several
    reminders of one day share one mail (the digest). `due_on` is the day that the stage counts from.
    """

    # `reminder_once` begins with the obligation; the rules are few: an index of one finds nothing faster.
    obligation = models.ForeignKey(
        Obligation, verbose_name="督促の対象", on_delete=models.PROTECT, related_name="reminders",
        db_index=False,
    )  # fmt: skip
    rule = models.ForeignKey(ReminderRule, verbose_name="規則", on_delete=models.PROTECT, db_index=False)
    due_on = models.DateField("起算日")
    recipient = models.EmailField("宛先")
    user = models.ForeignKey(
        User, verbose_name="宛先の担当者", null=True, blank=True, on_delete=models.PROTECT
    )
    mail = models.ForeignKey(
        OutgoingMail, verbose_name="送信メール", on_delete=models.PROTECT, related_name="reminders"
    )
    planned_on = models.DateField("計画日")
    opened_at = models.DateTimeField("リンクを開いた日時", null=True, blank=True)
    opened_by = models.ForeignKey(
        User, verbose_name="リンクを開いた人", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip

    objects: ClassVar[ReminderManager[Reminder]] = scoped(ReminderManager, ReminderQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "督促・お知らせ"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="reminder_once", fields=["obligation", "rule", "due_on", "recipient"]
            ),
            models.CheckConstraint(
                name="reminder_opened_by_somebody",
                condition=Q(opened_at=None, opened_by=None)
                | Q(opened_at__isnull=False, opened_by__isnull=False),
            ),
        ]
        indexes = [models.Index(name="reminder_planned", fields=["planned_on"])]

    def __str__(self) -> str:
        return f"{self.obligation}：{self.rule}"


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
