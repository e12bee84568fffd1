"""取りまとめ: figures and files frozen as of an instant; the report's row is also the work item."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from followup.models.round import Round
from outreach.models import Ministry, User, WorkState
from outreach.models.base import TenantQuerySet, scoped
from outreach.models.work import WorkItem, WorkQuerySet


class FrozenError(RuntimeError):
    """Somebody tried to change what was frozen."""

    def __init__(self) -> None:
        super().__init__("完成した取りまとめは変更できません。新しい取りまとめを作成してください。")


class CouncilReportQuerySet(WorkQuerySet):
    def done(self) -> CouncilReportQuerySet:
        return self.filter(state=WorkState.DONE)

    def update(self, **kwargs: Any) -> int:
        self._refuse_done()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse_done()
        return super().delete()

    def _refuse_done(self) -> None:
        if self.done().exists():
            raise FrozenError


class CouncilReport(WorkItem):
    """One frozen result (取りまとめ): its figures, and files with their SHA-256; never changed once done."""

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="council_reports"
    )
    as_of = models.DateTimeField("時点")
    title = models.JSONField("表題", default=dict)
    figures = models.JSONField("数値", default=dict)

    objects = CouncilReportQuerySet.as_manager()

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "取りまとめ"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                name="council_report_done_is_finished",
                condition=~Q(state="done") | Q(finished_at__isnull=False),
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

    @property
    def is_done(self) -> bool:
        return self.state == WorkState.DONE

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_done()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_done()
        return super().delete(*args, **kwargs)

    def _refuse_done(self) -> None:
        if self.pk and CouncilReport.objects.done().filter(pk=self.pk).exists():
            raise FrozenError


class ResultRelease(models.Model):
    """Staff gave a finished result back to the ministries (結果の返却): each may see its own sheet of it."""

    report = models.OneToOneField(
        CouncilReport, verbose_name="取りまとめ", on_delete=models.PROTECT, related_name="release"
    )
    message = models.TextField("府省庁への連絡事項", max_length=1000, blank=True)
    released_by = models.ForeignKey(
        User, verbose_name="返却した職員", on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField("返却日時")

    class Meta:
        verbose_name = verbose_name_plural = "結果の返却"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.report.round}の結果の返却"


class FileKind(models.TextChoices):
    """What a file of a report is; the label is also part of its name."""

    DATA = "data", "取りまとめデータ"
    DATA_CSV = "data_csv", "取りまとめデータCSV"
    PAPER = "paper", "会議資料"
    SUMMARY = "summary", "概要"
    MINISTRY_SHEETS = "ministry_sheets", "府省庁別結果一式"
    MINISTRY_SHEET = "ministry_sheet", "府省庁別結果"

    @property
    def suffix(self) -> str:
        return _SUFFIXES.get(self, ".xlsx")

    @property
    def is_from_figures(self) -> bool:
        """Say whether the file can be made again from the stored figures alone."""
        return self not in {FileKind.DATA, FileKind.DATA_CSV}


_SUFFIXES = {FileKind.DATA_CSV: ".zip", FileKind.SUMMARY: ".docx", FileKind.MINISTRY_SHEETS: ".zip"}


class CouncilFileQuerySet(TenantQuerySet["CouncilFile"]):
    tenant_path: ClassVar[str] = "ministry"

    def visible_to(self, user: User) -> CouncilFileQuerySet:
        """Keep what a user may see: of an officer, the own ministry's sheets that were given back."""
        rows: CouncilFileQuerySet = super().visible_to(user)
        return rows if user.is_staff else rows.filter(report__release__isnull=False)

    def of_staff(self) -> CouncilFileQuerySet:
        """Keep the files of a report as a whole, without each ministry's own sheet."""
        return self.filter(ministry=None)

    def bulk_create(self, objs: Iterable[CouncilFile], *args: Any, **kwargs: Any) -> list[CouncilFile]:
        rows = list(objs)
        _refuse_done_reports({row.report_id for row in rows})
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **_kwargs: Any) -> int:
        raise FrozenError

    def delete(self) -> tuple[int, dict[str, int]]:
        raise FrozenError


CouncilFileManager = models.Manager.from_queryset(CouncilFileQuerySet)


class CouncilFile(models.Model):
    """One file of a frozen result (取りまとめのファイル); written with its report, and never changed.

    `ministry` is set for a ministry's own sheet, which alone a ministry may ever see.
    """

    report = models.ForeignKey(
        CouncilReport, verbose_name="取りまとめ", on_delete=models.PROTECT, related_name="files"
    )
    kind = models.CharField("種類", max_length=15, choices=FileKind)
    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField("ファイル名", max_length=120)
    file = models.FileField("ファイル", upload_to="council/")
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("大きさ（バイト）")

    objects: ClassVar[CouncilFileManager[CouncilFile]] = scoped(
        CouncilFileManager, CouncilFileQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "取りまとめのファイル"
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="council_file_kind_once", fields=["report", "kind"], condition=Q(ministry=None)
            ),
            models.UniqueConstraint(name="council_file_ministry_once", fields=["report", "kind", "ministry"]),
            models.CheckConstraint(
                name="council_file_kind_valid",
                condition=Q(kind__in=FileKind.values)
                & (
                    Q(kind="ministry_sheet", ministry__isnull=False)
                    | (~Q(kind="ministry_sheet") & Q(ministry=None))
                ),
            ),
            models.CheckConstraint(name="council_file_is_whole", condition=~Q(file="") & ~Q(sha256="")),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise FrozenError
        _refuse_done_reports({self.report_id})
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise FrozenError


def _refuse_done_reports(report_ids: set[int]) -> None:
    if CouncilReport.objects.done().filter(pk__in=report_ids).exists():
        raise FrozenError
