"""団体への回答依頼: a ministry asks a body to answer for itself by a link; 回答案: what the body sent."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from followup.models.form import FormVersion
from followup.models.report import Report
from followup.rules.body_requests import ACCEPTED, ProposalState
from followup.rules.status import RoundStatus
from outreach.models import Notification, OutgoingMail, User
from outreach.models.audit import AppendOnly, AppendOnlyError
from outreach.models.base import TenantQuerySet, scoped


class BodyRequestQuerySet(TenantQuerySet["BodyRequest"]):
    tenant_path: ClassVar[str] = "report__assignment__ministry"

    def live(self, today: date) -> Self:
        """Keep requests whose link opens: neither withdrawn nor past their due date, in an open round."""
        return self.filter(withdrawn_at=None, due_on__gte=today, report__round__status=RoundStatus.OPEN)


BodyRequestManager = models.Manager.from_queryset(BodyRequestQuerySet)


class BodyRequest(models.Model):
    """One body is asked by mail for its row of a report (回答依頼); the link needs no account.

    The link's token is made from `link_seed` and the site's secret key and is kept as a hash only:
    who has the database alone cannot make it, and a later mail can carry the same link. A new seed
    ends the old link.
    """

    report = models.ForeignKey(
        Report, verbose_name="報告", on_delete=models.PROTECT, related_name="body_requests"
    )
    notification = models.ForeignKey(
        Notification, verbose_name="発出", on_delete=models.PROTECT, related_name="body_requests"
    )
    email = models.EmailField("宛先のメールアドレス")
    addressee = models.CharField("宛名", max_length=100, blank=True)
    message = models.TextField("団体への連絡事項", blank=True)
    contact_name = models.CharField("問合せ先（課名・担当者名）", max_length=120)
    contact_phone = models.CharField("問合せ先（電話）", max_length=30, blank=True)
    contact_email = models.EmailField("問合せ先（メール）")
    due_on = models.DateField("団体の回答期限")
    link_seed = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    mail = models.ForeignKey(
        OutgoingMail, verbose_name="最後に送ったメール", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by = models.ForeignKey(User, verbose_name="依頼した人", on_delete=models.PROTECT)
    created_at = models.DateTimeField("依頼日時")
    sent_on = models.DateField("リンクを送った日")
    opened_at = models.DateTimeField("最初に開いた日時", null=True, blank=True)
    last_reminded_on = models.DateField("最後に催促した日", null=True, blank=True)
    reminder_count = models.PositiveSmallIntegerField("催促の回数", default=0)
    withdrawn_at = models.DateTimeField("取消日時", null=True, blank=True)

    objects: ClassVar[BodyRequestManager[BodyRequest]] = scoped(
        BodyRequestManager, BodyRequestQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "団体への回答依頼"
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="body_request_one_not_withdrawn",
                fields=["report", "notification"],
                condition=Q(withdrawn_at=None),
                violation_error_message="この団体には既に回答を依頼しています。",
            ),
            models.CheckConstraint(
                name="body_request_reminders_counted",
                condition=Q(reminder_count=0, last_reminded_on=None)
                | Q(reminder_count__gt=0, last_reminded_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notification.body}への回答依頼"

    def is_live(self, today: date) -> bool:
        """Say whether the link opens, as `live` does."""
        return self.withdrawn_at is None and self.due_on >= today and self.report.round.is_open


class ProposedAnswerQuerySet(TenantQuerySet["ProposedAnswer"]):
    tenant_path: ClassVar[str] = "body_request__report__assignment__ministry"

    def update(self, **kwargs: Any) -> int:
        """Decide on answers; what the body said never changes."""
        if set(kwargs) - {"state", "decided_by", "decided_at", "reason"}:
            raise AppendOnlyError("団体の回答は変更できません。")
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("団体の回答は削除できません。")

    def pending(self) -> Self:
        """Keep what the ministry has not decided on."""
        return self.filter(state=ProposalState.PENDING)


ProposedAnswerManager = models.Manager.from_queryset(ProposedAnswerQuerySet)


class ProposedAnswer(AppendOnly):
    """What a body answered (回答案), a version each time; the report changes only when it is taken over."""

    body_request = models.ForeignKey(
        BodyRequest, verbose_name="回答依頼", on_delete=models.PROTECT, related_name="proposals"
    )
    number = models.PositiveSmallIntegerField("版")
    form_version = models.ForeignKey(FormVersion, verbose_name="様式", on_delete=models.PROTECT)
    answers = models.JSONField("回答", default=dict)
    respondent_name = models.CharField("回答者の氏名", max_length=60)
    respondent_department = models.CharField("回答者の部署", max_length=100, blank=True)
    respondent_contact = models.CharField("回答者の連絡先", max_length=100)
    submitted_at = models.DateTimeField("回答日時")
    state = models.CharField("状態", max_length=10, choices=ProposalState, default=ProposalState.PENDING)
    decided_by = models.ForeignKey(
        User, verbose_name="処理した人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("処理日時", null=True, blank=True)
    reason = models.TextField("採用しない理由", blank=True)

    objects: ClassVar[ProposedAnswerManager[ProposedAnswer]] = scoped(
        ProposedAnswerManager, ProposedAnswerQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "回答案"
        ordering = ["body_request", "-number"]
        constraints = [
            models.UniqueConstraint(name="proposed_answer_number_once", fields=["body_request", "number"]),
            models.UniqueConstraint(
                name="proposed_answer_one_pending", fields=["body_request"], condition=Q(state="pending")
            ),
            models.CheckConstraint(
                name="proposed_answer_state_valid", condition=Q(state__in=ProposalState.values)
            ),
            models.CheckConstraint(
                name="proposed_answer_decided_by_somebody",
                condition=Q(state__in=["pending", "replaced"], decided_by=None, decided_at=None)
                | Q(
                    state__in=["taken", "edited", "declined"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="proposed_answer_declined_with_reason",
                condition=~Q(state="declined") | ~Q(reason=""),
                violation_error_message="採用しない理由を入力してください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body_request.notification.body}の回答案（第{self.number}版）"

    @property
    def is_accepted(self) -> bool:
        return self.state in ACCEPTED
