"""取りまとめの定期送付: who gets a frozen result when, each time that happened, and the personal links."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from followup.models.council_report import CouncilReport
from followup.models.round import Round
from followup.rules.export_times import ExportPlan
from followup.rules.status import RoundStatus
from outreach.models import OutgoingMail, User
from outreach.models.base import TrackedQuerySet
from outreach.rules.wareki import format_wareki


class Cadence(models.TextChoices):
    WEEKLY = "weekly", "毎週の曜日"
    AROUND_DUE = "around_due", "回答期限から数えた開庁日"


class ExportScheduleQuerySet(TrackedQuerySet["ExportSchedule"]):
    def running(self) -> Self:
        """Keep those that are in use, of rounds that still change."""
        return self.filter(is_active=True).exclude(round__status=RoundStatus.FIXED)


class ExportSchedule(models.Model):
    """A frozen result is made at set times and its links are mailed to a list (定期送付).

    `weekdays` are digits from 0 (Monday); `due_offsets` whole numbers parted by commas; `recipients`
    one address a line. What fell due before `counts_from` (made, changed or switched on) is nobody's.
    """

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="export_schedules"
    )
    name = models.CharField("名称", max_length=60)
    cadence = models.CharField("送付する日の決め方", max_length=10, choices=Cadence, default=Cadence.WEEKLY)
    weekdays = models.CharField("曜日", max_length=7, blank=True)
    due_offsets = models.CharField("期限からの開庁日数", max_length=60, blank=True)
    send_at = models.TimeField("時刻")
    recipients = models.TextField("宛先のメールアドレス")
    link_days = models.PositiveSmallIntegerField("リンクの有効日数", default=14)
    is_active = models.BooleanField("使用中", default=True)
    counts_from = models.DateTimeField("送付の起点", editable=False)
    created_by = models.ForeignKey(
        User, verbose_name="登録した人", on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = ExportScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "取りまとめの定期送付"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="export_schedule_name_once",
                fields=["round", "name"],
                violation_error_message="このフォローアップには、同じ名称の定期送付があります。",
            ),
            models.CheckConstraint(
                name="export_schedule_one_cadence",
                condition=(Q(cadence="weekly", due_offsets="") & ~Q(weekdays=""))
                | (Q(cadence="around_due", weekdays="") & ~Q(due_offsets="")),
                violation_error_message="曜日か、期限からの開庁日数の、どちらか一方を設定してください。",
            ),
            models.CheckConstraint(
                name="export_schedule_link_days",
                condition=Q(link_days__gte=1, link_days__lte=60),
                violation_error_message="リンクの有効日数は、1日から60日までで設定してください。",
            ),
            models.CheckConstraint(
                name="export_schedule_has_recipients",
                condition=~Q(recipients=""),
                violation_error_message="宛先を1件以上入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def plan(self) -> ExportPlan:
        return ExportPlan(
            weekdays=[int(digit) for digit in self.weekdays],
            due_offsets=[int(offset) for offset in self.due_offsets.split(",") if offset],
            send_at=self.send_at,
        )

    @property
    def addresses(self) -> list[str]:
        return self.recipients.splitlines()


class RunState(models.TextChoices):
    ORDERED = "ordered", "取りまとめの作成中"
    SENT = "sent", "送付済み"
    FAILED = "failed", "取りまとめの作成に失敗（送付していません）"
    DROPPED = "dropped", "取りやめ（定期送付の停止）"


class ExportRun(models.Model):
    """One day of a schedule (送付の回); the row is what makes it happen once."""

    schedule = models.ForeignKey(
        ExportSchedule, verbose_name="定期送付", on_delete=models.PROTECT, related_name="runs"
    )
    run_on = models.DateField("送付日")
    report = models.ForeignKey(
        CouncilReport, verbose_name="取りまとめ", on_delete=models.PROTECT, related_name="export_runs"
    )
    state = models.CharField("状態", max_length=8, choices=RunState, default=RunState.ORDERED)
    ordered_at = models.DateTimeField("作成依頼日時")
    settled_at = models.DateTimeField("送付又は終了の日時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "定期送付の記録"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="export_run_once", fields=["schedule", "run_on"]),
            models.CheckConstraint(
                name="export_run_settled_has_instant",
                condition=Q(state="ordered", settled_at=None)
                | Q(state__in=["sent", "failed", "dropped"], settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}（{format_wareki(self.run_on)}）"


class ExportLinkQuerySet(TrackedQuerySet["ExportLink"]):
    def live(self, now: datetime) -> Self:
        """Keep those that open at an instant."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class ExportLink(models.Model):
    """One recipient's own link to the files of a run (取りまとめのリンク). Only its hash is stored."""

    run = models.ForeignKey(
        ExportRun, verbose_name="定期送付の記録", on_delete=models.PROTECT, related_name="links"
    )
    email = models.EmailField("宛先")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    mail = models.OneToOneField(
        OutgoingMail, verbose_name="送信メール", on_delete=models.PROTECT, related_name="export_link"
    )
    created_at = models.DateTimeField("発行日時")
    expires_at = models.DateTimeField("有効期限")
    download_count = models.PositiveIntegerField("ダウンロードの回数", default=0)
    last_downloaded_at = models.DateTimeField("最後のダウンロード", null=True, blank=True)
    revoked_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects = ExportLinkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "取りまとめのリンク"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(name="export_link_once", fields=["run", "email"])]

    def __str__(self) -> str:
        return f"{self.email}（{self.run}）"
