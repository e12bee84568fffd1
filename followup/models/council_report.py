"""取りまとめ: figures and files frozen as of an instant; the row is also the work item."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from followup.models.round import Round
from outreach.models import User


class CouncilReportState(models.TextChoices):
    QUEUED = "queued", "作成待ち"
    RUNNING = "running", "作成中"
    DONE = "done", "完成"
    FAILED = "failed", "失敗"


class CouncilReportQuerySet(models.QuerySet["CouncilReport"]):
    def unfinished(self, stale_before: datetime) -> Self:
        """Keep those that wait, and those that a worker took and never finished."""
        return self.filter(Q(state="queued") | Q(state="running", claimed_at__lt=stale_before))

    def in_the_making(self) -> Self:
        return self.filter(state__in=[CouncilReportState.QUEUED, CouncilReportState.RUNNING])


class CouncilReport(models.Model):
    """One frozen result (取りまとめ): data workbook and council paper with their SHA-256."""

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="council_reports"
    )
    as_of = models.DateTimeField("時点")
    state = models.CharField("状態", max_length=8, choices=CouncilReportState, default="queued")
    progress = models.PositiveSmallIntegerField("進捗（％）", default=0)
    requested_by = models.ForeignKey(
        User, verbose_name="作成者", null=True, blank=True, on_delete=models.PROTECT
    )
    requested_at = models.DateTimeField("作成依頼日時")
    claimed_at = models.DateTimeField("着手日時", null=True, blank=True)
    finished_at = models.DateTimeField("完成日時", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("試行回数", default=0)
    error = models.CharField("失敗の理由", max_length=300, blank=True)
    figures = models.JSONField("数値", default=dict)
    data_file = models.FileField("データ", upload_to="council/", blank=True)
    data_sha256 = models.CharField("データのSHA-256", max_length=64, blank=True)
    paper_file = models.FileField("会議資料", upload_to="council/", blank=True)
    paper_sha256 = models.CharField("会議資料のSHA-256", max_length=64, blank=True)

    objects = CouncilReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "取りまとめ"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="council_report_state_valid", condition=Q(state__in=CouncilReportState.values)
            ),
            models.CheckConstraint(
                name="council_report_done_is_whole",
                condition=~Q(state="done")
                | (
                    Q(finished_at__isnull=False)
                    & ~Q(data_file="")
                    & ~Q(paper_file="")
                    & ~Q(data_sha256="")
                    & ~Q(paper_sha256="")
                ),
            ),
            models.CheckConstraint(name="council_report_progress_percent", condition=Q(progress__lte=100)),
            models.UniqueConstraint(
                name="council_report_one_in_the_making",
                fields=["round"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="このフォローアップの取りまとめは、既に作成中です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}（{self.get_state_display()}）"
