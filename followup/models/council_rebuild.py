"""作り直しと照合: the files of a frozen 取りまとめ made again and compared; a work item of its own.

The report's own row is frozen, so that nothing of this could stand there.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from followup.models.council_report import CouncilReport
from outreach.models.work import WorkItem, WorkQuerySet


class CouncilRebuild(WorkItem):
    """One time that every file which follows from the figures was made again and compared (作り直しと照合).

    `differing` are the names of the files that came out otherwise than they were frozen.
    """

    report = models.ForeignKey(
        CouncilReport, verbose_name="取りまとめ", on_delete=models.PROTECT, related_name="rebuilds"
    )
    same_count = models.PositiveSmallIntegerField("一致したファイルの数", default=0)
    restored_count = models.PositiveSmallIntegerField("保存先に戻したファイルの数", default=0)
    differing = models.JSONField("一致しなかったファイル", default=list)

    objects = WorkQuerySet.as_manager()

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "取りまとめの作り直しと照合"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                name="council_rebuild_done_is_finished",
                condition=~Q(state="done") | Q(finished_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="council_rebuild_one_at_a_time",
                fields=["report"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="この取りまとめは、既に作り直して照合しています。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}の作り直しと照合"
