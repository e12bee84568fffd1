"""集計上の取扱い: what staff ruled about single submitted values, for the figures only."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from followup.models.report import Report, Submission, SubmittedAnswer
from followup.rules.rulings import Ruling, RulingKind, is_same_value
from outreach.models import Notification, User
from outreach.models.base import TenantQuerySet, scoped
from outreach.rules.wareki import instant_in_tokyo


class FigureRulingQuerySet(TenantQuerySet["FigureRuling"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def active(self) -> Self:
        """Keep rulings that nobody has withdrawn, whether they apply at present or not."""
        return self.filter(withdrawn_at=None)

    def with_latest(self) -> Self:
        """Read beside each ruling what the report's latest submission says in its row."""
        newest = Submission.objects.newest().filter(report=OuterRef("report"))
        row = SubmittedAnswer.objects.filter(
            submission__report=OuterRef("report"),
            submission__is_latest=True,
            notification=OuterRef("notification"),
        )
        return self.annotate(
            latest_own=Subquery(newest.values("answers")),
            latest_row=Subquery(row.values("answers")),
            latest_form=Subquery(newest.values("form_version")),
            latest_body=Subquery(row.values("body_name")),
        )


FigureRulingManager = models.Manager.from_queryset(FigureRulingQuerySet)


class FigureRuling(models.Model):
    """A submitted value that the figures leave out or count as another (集計上の取扱い), and why.

    It applies only while the latest submission still holds `submitted_value`; otherwise somebody has
    to look again (要再確認). Only its withdrawal ever changes.
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="figure_rulings"
    )
    notification = models.ForeignKey(
        Notification, verbose_name="団体の行", null=True, blank=True, on_delete=models.PROTECT,
        related_name="figure_rulings",
    )  # fmt: skip
    question_key = models.SlugField("設問のキー", max_length=40)
    submitted_value = models.JSONField("提出された値")
    kind = models.CharField("取扱い", max_length=10, choices=RulingKind)
    corrected_value = models.JSONField("集計に用いる値", null=True, blank=True)
    reason = models.TextField("取扱いの理由")
    created_by = models.ForeignKey(
        User, verbose_name="定めた職員", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("定めた日時")
    withdrawn_by = models.ForeignKey(
        User, verbose_name="取り消した職員", null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    withdrawn_at = models.DateTimeField("取消しの日時", null=True, blank=True)

    objects: ClassVar[FigureRulingManager[FigureRuling]] = scoped(
        FigureRulingManager, FigureRulingQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "集計上の取扱い"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="figure_ruling_one_a_cell",
                fields=["report", "notification", "question_key"],
                condition=Q(withdrawn_at=None),
                violation_error_message="この値には、既に取扱いが定められています。",
            ),
            models.UniqueConstraint(
                name="figure_ruling_one_an_answer",
                fields=["report", "question_key"],
                condition=Q(withdrawn_at=None, notification=None),
                violation_error_message="この値には、既に取扱いが定められています。",
            ),
            models.CheckConstraint(
                name="figure_ruling_corrected_has_value",
                condition=Q(kind=RulingKind.EXCLUDED, corrected_value__isnull=True)
                | Q(kind=RulingKind.CORRECTED, corrected_value__isnull=False),
            ),
            models.CheckConstraint(name="figure_ruling_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="figure_ruling_withdrawn_by_somebody",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}：数値の{self.get_kind_display()}"

    @property
    def latest_answers(self) -> dict[str, Any]:
        """Return the row as submitted last; only for rulings read `with_latest`."""
        found: Any = self
        return (found.latest_own if self.notification_id is None else found.latest_row) or {}

    @property
    def applies(self) -> bool:
        """Say whether the value is still the one that was ruled on; needs `with_latest`."""
        return is_same_value(self.latest_answers.get(self.question_key), self.submitted_value)

    def as_rule(self) -> Ruling:
        return Ruling(
            report_id=self.report_id,
            notification_id=self.notification_id,
            question_key=self.question_key,
            kind=RulingKind(self.kind),
            submitted=self.submitted_value,
            corrected=self.corrected_value,
            reason=self.reason,
            ruled_on=instant_in_tokyo(self.created_at).date(),
        )
