"""報告: what a ministry answers, and the versions that it submitted. What staff say is in review.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from followup.models.form import FormVersion
from followup.models.round import Round
from followup.rules.due import Due, passed_by
from followup.rules.status import EDITABLE, UNANSWERED, ReportStatus, RoundStatus
from outreach.models import Assignment, BodyCategory, Notification, User
from outreach.models.audit import AppendOnly, AppendOnlyError, AppendOnlyRows
from outreach.models.base import KeptHistory, TenantQuerySet, scoped

CLAIM_LASTS = timedelta(hours=2)
"""A reviewer who has not decided by then has been called away; others are no longer told to wait."""


class ReportQuerySet(TenantQuerySet["Report"]):
    tenant_path: ClassVar[str] = "assignment__ministry"

    def unanswered(self) -> Self:
        """Keep reports that a submission is still owed for, in rounds that are being collected."""
        return self.filter(status__in=UNANSWERED, round__status=RoundStatus.OPEN)

    def overdue(self, now: datetime) -> Self:
        """Keep unanswered reports whose due date has passed, to the second."""
        return self.unanswered().due_before(passed_by(now))

    def due_before(self, due: Due) -> Self:
        """Keep reports with an earlier due date; on one day, one without a time is the latest."""
        same_day = Q(due_on=due.on, due_time__isnull=False)
        earlier = same_day & Q(due_time__lt=due.time) if due.time else same_day
        return self.filter(Q(due_on__lt=due.on) | earlier)


ReportManager = models.Manager.from_queryset(ReportQuerySet)


class Report(models.Model):
    """One ministry's report in one round (報告); owed from the moment of issue, draft until submitted.

    `previous_form` is the version that the draft was begun with, until an officer has confirmed what
    a newer one changed. `asked_keys` are the only questions asked; empty for the whole form.
    """

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="reports"
    )
    assignment = models.ForeignKey(
        Assignment, verbose_name="対応", on_delete=models.PROTECT, related_name="reports"
    )
    status = models.CharField(
        "状態", max_length=10, choices=ReportStatus, default=ReportStatus.DRAFT, editable=False
    )
    due_on = models.DateField("回答期限（延長後）", null=True, blank=True)
    due_time = models.TimeField("回答期限の時刻（延長後）", null=True, blank=True)
    form_version = models.ForeignKey(
        FormVersion, verbose_name="様式", null=True, blank=True, editable=False, on_delete=models.PROTECT
    )
    previous_form = models.ForeignKey(
        FormVersion, verbose_name="入力を始めた様式", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    asked_keys = models.JSONField("追加で回答を求める設問", default=list, blank=True, editable=False)
    no_body_reason = models.TextField("該当なしの理由", blank=True)
    answers = models.JSONField("府省庁の回答", default=dict, blank=True)
    review_comment = models.TextField("部内確認のコメント", blank=True)
    review_asked_at = models.DateTimeField("部内確認の依頼日時", null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        User, verbose_name="部内確認の承認者", null=True, blank=True, editable=False,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    approved_at = models.DateTimeField("部内確認の承認日時", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField("最終更新日時", null=True, blank=True, editable=False)
    updated_by = models.ForeignKey(
        User, verbose_name="最終更新者", null=True, blank=True, editable=False, on_delete=models.PROTECT
    )
    reviewer = models.ForeignKey(
        User,
        verbose_name="確認中の職員",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="reports_in_review",
    )
    reviewing_since = models.DateTimeField("確認の開始日時", null=True, blank=True, editable=False)

    history = KeptHistory()
    objects: ClassVar[ReportManager[Report]] = scoped(ReportManager, ReportQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "報告"
        ordering = ["round", "assignment__ministry__order"]
        constraints = [
            models.UniqueConstraint(name="report_once", fields=["round", "assignment"]),
            models.CheckConstraint(name="report_status_valid", condition=Q(status__in=ReportStatus.values)),
            models.CheckConstraint(
                name="report_beyond_draft_has_form",
                condition=Q(status="draft") | Q(form_version__isnull=False),
            ),
            models.CheckConstraint(
                name="report_review_was_asked",
                condition=Q(status="in_review", review_asked_at__isnull=False)
                | (~Q(status="in_review") & Q(review_asked_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="report_approved_in_review_only",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(status="in_review", approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="report_due_time_has_day", condition=Q(due_time=None) | Q(due_on__isnull=False)
            ),
            models.CheckConstraint(
                name="report_reviewed_by_somebody",
                condition=Q(reviewer=None, reviewing_since=None)
                | Q(reviewer__isnull=False, reviewing_since__isnull=False),
            ),
        ]
        indexes = [models.Index(name="report_due", fields=["due_on", "status"])]

    def __str__(self) -> str:
        return f"{self.assignment.ministry}の報告（{self.round}）"

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE and self.round.is_open

    @property
    def is_approved(self) -> bool:
        """Say whether a coordinator approved what the report says now (部内確認済み)."""
        return self.approved_at is not None

    @property
    def is_no_body(self) -> bool:
        """Say whether the report answers that no body applied (該当なし)."""
        return bool(self.no_body_reason)

    @property
    def due(self) -> Due | None:
        return Due(self.due_on, self.due_time) if self.due_on else None

    def takes_late(self) -> bool:
        """Say whether a submission is taken after the due date.

        A returned report always is, also when it goes through 部内確認 before it is submitted again.
        """
        returned = self.submissions.filter(is_latest=True, return_points__isnull=False)
        return self.round.accepts_late or (self.status in EDITABLE and returned.exists())

    def is_overdue(self, now: datetime) -> bool:
        """Say whether a submission is owed and the due date has passed, to the second."""
        return self.status in UNANSWERED and self.due is not None and self.due.has_passed(now)

    def reviewer_at(self, now: datetime) -> User | None:
        """Return who is looking at the report (確認中); it informs only: the lock of a decision decides."""
        is_claimed = self.reviewing_since is not None and now - self.reviewing_since < CLAIM_LASTS
        return self.reviewer if is_claimed else None


class BodyAnswerQuerySet(TenantQuerySet["BodyAnswer"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"


BodyAnswerManager = models.Manager.from_queryset(BodyAnswerQuerySet)


class BodyAnswer(models.Model):
    """Draft answers about one notified body (団体別回答); written when something was entered."""

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="body_answers"
    )
    notification = models.ForeignKey(
        Notification, verbose_name="発出", on_delete=models.PROTECT, related_name="body_answers"
    )
    answers = models.JSONField("回答", default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField("最終更新日時")
    updated_by = models.ForeignKey(User, verbose_name="最終更新者", on_delete=models.PROTECT)

    objects: ClassVar[BodyAnswerManager[BodyAnswer]] = scoped(
        BodyAnswerManager, BodyAnswerQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "団体別回答"
        ordering = ["report", "notification"]
        constraints = [models.UniqueConstraint(name="body_answer_once", fields=["report", "notification"])]

    def __str__(self) -> str:
        return f"{self.notification}への回答"


class SubmissionQuerySet(TenantQuerySet["Submission"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def update(self, **kwargs: Any) -> int:
        """Let a later version take the place of the latest; nothing else of a version changes."""
        if set(kwargs) != {"is_latest"}:
            raise AppendOnlyError("提出された版は変更できません。")
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("提出された版は削除できません。")

    def newest(self) -> Self:
        """Keep each report's last version."""
        return self.filter(is_latest=True)


SubmissionManager = models.Manager.from_queryset(SubmissionQuerySet)


class Submission(AppendOnly):
    """An immutable numbered version of a report (提出, 第1版 …) with everything as submitted.

    Only `is_latest` ever changes, when a later version takes its place: it is what lets the
    database hold "one latest version a report" and figures read one index.
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="submissions"
    )
    number = models.PositiveSmallIntegerField("版")
    is_latest = models.BooleanField("最新版", default=True)
    receipt_number = models.CharField("受付番号", max_length=40, unique=True)
    form_version = models.ForeignKey(FormVersion, verbose_name="様式", on_delete=models.PROTECT)
    submitted_at = models.DateTimeField("提出日時")
    submitted_by = models.ForeignKey(User, verbose_name="提出者", on_delete=models.PROTECT)
    submitted_by_label = models.CharField("提出者（当時の表記）", max_length=200)
    due_on = models.DateField("提出時の回答期限")
    due_time = models.TimeField("提出時の回答期限の時刻", null=True, blank=True)
    no_body_reason = models.TextField("該当なしの理由", blank=True)
    answers = models.JSONField("府省庁の回答", default=dict)
    content_hash = models.CharField("内容のハッシュ（SHA-256）", max_length=64)

    objects: ClassVar[SubmissionManager[Submission]] = scoped(
        SubmissionManager, SubmissionQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "提出"
        ordering = ["report", "-number"]
        constraints = [
            models.UniqueConstraint(name="submission_number_once", fields=["report", "number"]),
            models.UniqueConstraint(
                name="submission_one_latest", fields=["report"], condition=Q(is_latest=True)
            ),
        ]
        indexes = [models.Index(name="submission_submitted", fields=["submitted_at"])]

    def __str__(self) -> str:
        return f"第{self.number}版"

    @property
    def due(self) -> Due:
        return Due(self.due_on, self.due_time)


class SubmittedAnswerQuerySet(AppendOnlyRows, TenantQuerySet["SubmittedAnswer"]):
    tenant_path: ClassVar[str] = "submission__report__assignment__ministry"


SubmittedAnswerManager = models.Manager.from_queryset(SubmittedAnswerQuerySet)


class SubmittedAnswer(AppendOnly):
    """One body's row of a submission, with the body and its notice as they stood then."""

    submission = models.ForeignKey(
        Submission, verbose_name="提出", on_delete=models.PROTECT, related_name="rows"
    )
    notification = models.ForeignKey(Notification, verbose_name="発出", on_delete=models.PROTECT)
    body_name = models.CharField("団体の名称", max_length=120)
    body_category = models.CharField("区分", max_length=20, choices=BodyCategory)
    template_number = models.PositiveSmallIntegerField("ひな形")
    issued_on = models.DateField("発出日")
    answers = models.JSONField("回答", default=dict)

    objects: ClassVar[SubmittedAnswerManager[SubmittedAnswer]] = scoped(
        SubmittedAnswerManager, SubmittedAnswerQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "提出された団体別回答"
        ordering = ["submission", "pk"]
        constraints = [
            models.UniqueConstraint(name="submitted_answer_once", fields=["submission", "notification"])
        ]
        indexes = [
            models.Index(
                name="submitted_answer_list", fields=["submission", "template_number", "body_name", "id"]
            )
        ]

    def __str__(self) -> str:
        return self.body_name
