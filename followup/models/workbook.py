"""回答用ブック: the workbooks handed out, what came back in them, and the bundles for staff."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from followup.models.form import FormVersion
from followup.models.report import Report
from followup.models.round import Round
from outreach.models import User, WorkState
from outreach.models.base import TenantQuerySet, scoped
from outreach.models.work import WorkItem, WorkQuerySet


class WorkbookBundle(WorkItem):
    """All ministries' workbooks of a round in one zip, for staff who collect by mail (回答用ブック一式)."""

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="workbook_bundles"
    )
    file = models.FileField("ファイル", upload_to="bundles/", blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    workbook_count = models.PositiveSmallIntegerField("ブックの数", default=0)
    expires_at = models.DateTimeField("ダウンロードの期限", null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "回答用ブック一式"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                name="workbook_bundle_done_is_whole",
                condition=~Q(state="done")
                | (Q(finished_at__isnull=False, expires_at__isnull=False) & ~Q(sha256="")),
            ),
            models.UniqueConstraint(
                name="workbook_bundle_one_in_the_making",
                fields=["round"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="このフォローアップの回答用ブック一式は、既に作成中です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}の回答用ブック一式"


class WorkbookDownloadQuerySet(WorkQuerySet, TenantQuerySet["WorkbookDownload"]):  # type: ignore[override] # as_manager
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def at_hand(self, now: datetime) -> Self:
        """Keep those in the making, and those that may still be downloaded."""
        return self.exclude(state=WorkState.FAILED).filter(Q(expires_at=None) | Q(expires_at__gt=now))


WorkbookDownloadManager = models.Manager.from_queryset(WorkbookDownloadQuerySet)


class WorkbookDownload(WorkItem):
    """A report's workbook with too many bodies to be made while one waits (回答用ブックの作成).

    It is the one's who ordered it, in the making once a report and person.
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="workbook_downloads"
    )
    on_behalf_of = models.CharField("代行した相手", max_length=100, blank=True)
    file = models.FileField("ファイル", upload_to="downloads/", blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    expires_at = models.DateTimeField("ダウンロードの期限", null=True, blank=True)

    objects: ClassVar[WorkbookDownloadManager[WorkbookDownload]] = scoped(
        WorkbookDownloadManager, WorkbookDownloadQuerySet.tenant_path
    )

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "回答用ブックの作成"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                name="workbook_download_done_is_whole",
                condition=~Q(state="done")
                | (Q(finished_at__isnull=False, expires_at__isnull=False) & ~Q(sha256="")),
            ),
            models.UniqueConstraint(
                name="workbook_download_one_in_the_making",
                fields=["report", "requested_by"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="この報告の回答用ブックは、既に作成中です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}の回答用ブックの作成"

    @property
    def is_at_work(self) -> bool:
        return self.state in {WorkState.QUEUED, WorkState.RUNNING}

    @property
    def has_failed(self) -> bool:
        return self.state == WorkState.FAILED

    def may_be_taken(self, now: datetime) -> bool:
        """Say whether its file is there to be downloaded."""
        return self.state == WorkState.DONE and self.expires_at is not None and self.expires_at > now


class AnswerWorkbookQuerySet(TenantQuerySet["AnswerWorkbook"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"


AnswerWorkbookManager = models.Manager.from_queryset(AnswerWorkbookQuerySet)


class AnswerWorkbook(models.Model):
    """One workbook that was handed out for a report (回答用ブック), with the answers it was prefilled with.

    What comes back is compared with these: only what was changed in the workbook is an edit.
    """

    token = models.CharField("ブック番号", max_length=32, unique=True)
    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="workbooks"
    )
    form_version = models.ForeignKey(FormVersion, verbose_name="様式", on_delete=models.PROTECT)
    report_version = models.PositiveIntegerField("報告の版数（作成時）")
    answers = models.JSONField("府省庁の回答（作成時）", default=dict)
    rows = models.JSONField("団体別の回答（作成時）", default=dict)
    made_by = models.ForeignKey(User, verbose_name="作成者", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("作成日時")
    bundle = models.ForeignKey(
        WorkbookBundle,
        verbose_name="一式",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="workbooks",
    )
    download = models.ForeignKey(
        WorkbookDownload,
        verbose_name="作成",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="workbooks",
    )

    objects: ClassVar[AnswerWorkbookManager[AnswerWorkbook]] = scoped(
        AnswerWorkbookManager, AnswerWorkbookQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "回答用ブック"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="answer_workbook_has_token", condition=~Q(token=""))]

    def __str__(self) -> str:
        return f"{self.report}の回答用ブック"


class ImportStage(models.TextChoices):
    """What is being done with an uploaded workbook; the work item's state says how far it is."""

    READ = "read", "読取り"
    STORE = "store", "保存"


class AnswerImportQuerySet(WorkQuerySet, TenantQuerySet["AnswerImport"]):  # type: ignore[override] # as_manager
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def awaiting_confirmation(self, now: datetime) -> Self:
        """Keep those that were read and that their uploader may still confirm."""
        return self.filter(
            stage=ImportStage.READ, state=WorkState.DONE, cancelled_at=None, expires_at__gt=now
        )

    def stored(self) -> Self:
        return self.filter(stage=ImportStage.STORE, state=WorkState.DONE)

    def without_contents(self) -> Self:
        """Leave in the database what was read from a workbook: several megabytes for 10,000 bodies."""
        return self.defer("problems", "proposals", "notices", "changes", "conflicts", "new_bodies", "choices")

    def by_staff(self) -> Self:
        """Keep what staff brought in on a ministry's behalf (代行入力)."""
        return self.exclude(on_behalf_of="")


AnswerImportManager = models.Manager.from_queryset(AnswerImportQuerySet)


class AnswerImport(WorkItem):
    """An answer workbook that came back (回答の取込み): read, shown, confirmed, stored.

    Nothing reaches the report before its uploader has confirmed what the preview shows.
    """

    report = models.ForeignKey(Report, verbose_name="報告", on_delete=models.PROTECT, related_name="imports")
    workbook = models.ForeignKey(
        AnswerWorkbook,
        verbose_name="回答用ブック",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="imports",
    )
    stage = models.CharField("段階", max_length=5, choices=ImportStage, default=ImportStage.READ)
    file = models.FileField("ファイル", upload_to="imports/", blank=True)
    file_name = models.CharField("ファイル名", max_length=120)
    sha256 = models.CharField("SHA-256", max_length=64)
    marked_file = models.FileField("誤りに印を付けたブック", upload_to="imports/", blank=True)
    on_behalf_of = models.CharField("代行した相手", max_length=100, blank=True)
    counts = models.JSONField("件数", default=dict)
    problems = models.JSONField("誤り", default=list)
    proposals = models.JSONField("読替え", default=list)
    notices = models.JSONField("お知らせ", default=list)
    changes = models.JSONField("変更", default=list)
    conflicts = models.JSONField("競合", default=list)
    new_bodies = models.JSONField("新しい団体", default=list)
    digest = models.CharField("確認した内容のハッシュ（SHA-256）", max_length=64, blank=True)
    is_renewed = models.BooleanField("確認の後に内容が変わった", default=False)
    choices = models.JSONField("確認したときの選択", default=dict)
    expires_at = models.DateTimeField("確認の期限")
    confirmed_by = models.ForeignKey(
        User, verbose_name="確認者", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField("確認日時", null=True, blank=True)
    cancelled_at = models.DateTimeField("取りやめ日時", null=True, blank=True)

    objects: ClassVar[AnswerImportManager[AnswerImport]] = scoped(
        AnswerImportManager, AnswerImportQuerySet.tenant_path
    )

    class Meta(WorkItem.Meta):
        abstract = False
        verbose_name = verbose_name_plural = "回答の取込み"
        ordering = ["-pk"]
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                name="answer_import_stage_valid", condition=Q(stage__in=ImportStage.values)
            ),
            models.CheckConstraint(
                name="answer_import_stored_when_confirmed",
                condition=Q(stage="read") | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="answer_import_one_at_work_a_user",
                fields=["requested_by"],
                condition=Q(state__in=["queued", "running"]),
                violation_error_message="取込み中のファイルがあります。終わってから、次のファイルを選んでください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}への回答の取込み"

    @property
    def is_at_work(self) -> bool:
        return self.state in {WorkState.QUEUED, WorkState.RUNNING}

    @property
    def is_stored(self) -> bool:
        return self.stage == ImportStage.STORE and self.state == WorkState.DONE

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    def awaits_confirmation(self, now: datetime) -> bool:
        """Say whether its uploader may confirm it as it is, or once it is without problems."""
        return (
            self.stage == ImportStage.READ
            and self.state == WorkState.DONE
            and not self.is_cancelled
            and self.expires_at > now
        )
