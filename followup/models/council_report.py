"""取りまとめ: figures and files frozen as of an instant; the row is also the work item."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from followup.models.round import Round
from outreach.models.work import WorkItem, WorkQuerySet


class CouncilReport(WorkItem):
    """One frozen result (取りまとめ): data workbook and council paper with their SHA-256."""

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="council_reports"
    )
    as_of = models.DateTimeField("時点")
    figures = models.JSONField("数値", default=dict)
    data_file = models.FileField("データ", upload_to="council/", blank=True)
    data_sha256 = models.CharField("データのSHA-256", max_length=64, blank=True)
    paper_file = models.FileField("会議資料", upload_to="council/", blank=True)
    paper_sha256 = models.CharField("会議資料のSHA-256", max_length=64, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "取りまとめ"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
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
            models.UniqueConstraint(
                name="council_report_one_in_the_making",
                fields=["round"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="このフォローアップの取りまとめは、既に作成中です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}（{self.get_state_display()}）"
