"""What staff say to a submitted version: doubts that the rules raise, points, and replies to these."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from followup.models.report import Submission
from followup.rules.doubts import DoubtCode
from outreach.models import Notification, User
from outreach.models.audit import AppendOnly, AppendOnlyRows
from outreach.models.base import TenantQuerySet, scoped


class ExaminationQuerySet(AppendOnlyRows, TenantQuerySet["Examination"]):
    tenant_path: ClassVar[str] = "submission__report__assignment__ministry"


ExaminationManager = models.Manager.from_queryset(ExaminationQuerySet)


class Examination(AppendOnly):
    """One run of the rules over a version (自動点検); until there is one, it counts as not examined."""

    submission = models.ForeignKey(
        Submission, verbose_name="提出", on_delete=models.PROTECT, related_name="examinations"
    )
    examined_at = models.DateTimeField("点検日時")
    examined_by = models.ForeignKey(
        User, verbose_name="点検させた職員", null=True, blank=True, on_delete=models.PROTECT
    )

    objects: ClassVar[ExaminationManager[Examination]] = scoped(
        ExaminationManager, ExaminationQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "自動点検"
        ordering = ["submission", "pk"]

    def __str__(self) -> str:
        return f"{self.submission}の自動点検"


class DoubtQuerySet(AppendOnlyRows, TenantQuerySet["Doubt"]):
    tenant_path: ClassVar[str] = "submission__report__assignment__ministry"

    def open(self) -> Self:
        """Keep doubts that nobody has dismissed."""
        return self.filter(dismissal=None)


DoubtManager = models.Manager.from_queryset(DoubtQuerySet)


class Doubt(AppendOnly):
    """What a rule found odd in a version (疑義): in the whole, one answer, one row, or one cell."""

    submission = models.ForeignKey(
        Submission, verbose_name="提出", on_delete=models.PROTECT, related_name="doubts"
    )
    code = models.CharField("種類", max_length=20, choices=DoubtCode)
    question_key = models.SlugField("設問のキー", max_length=40, blank=True)
    notification = models.ForeignKey(
        Notification, verbose_name="団体の行", null=True, blank=True, on_delete=models.PROTECT
    )
    message = models.TextField("疑義の内容")

    objects: ClassVar[DoubtManager[Doubt]] = scoped(DoubtManager, DoubtQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "疑義"
        ordering = ["submission", "pk"]
        constraints = [
            models.CheckConstraint(name="doubt_code_valid", condition=Q(code__in=DoubtCode.values)),
            models.UniqueConstraint(
                name="doubt_once_a_cell", fields=["submission", "code", "question_key", "notification"]
            ),
            models.UniqueConstraint(
                name="doubt_once_a_question",
                fields=["submission", "code", "question_key"],
                condition=Q(notification=None),
            ),
        ]

    def __str__(self) -> str:
        return self.message


class DoubtDismissalQuerySet(AppendOnlyRows, TenantQuerySet["DoubtDismissal"]):
    tenant_path: ClassVar[str] = "doubt__submission__report__assignment__ministry"


DoubtDismissalManager = models.Manager.from_queryset(DoubtDismissalQuerySet)


class DoubtDismissal(AppendOnly):
    """Somebody looked into a doubt and found nothing wrong (疑義の解消), with a word why."""

    doubt = models.OneToOneField(
        Doubt, verbose_name="疑義", on_delete=models.PROTECT, related_name="dismissal"
    )
    word = models.CharField("問題なしとした理由", max_length=200)
    dismissed_by = models.ForeignKey(User, verbose_name="確認した職員", on_delete=models.PROTECT)
    dismissed_at = models.DateTimeField("確認日時")

    objects: ClassVar[DoubtDismissalManager[DoubtDismissal]] = scoped(
        DoubtDismissalManager, DoubtDismissalQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "疑義の解消"
        ordering = ["doubt"]
        constraints = [models.CheckConstraint(name="dismissal_has_word", condition=~Q(word=""))]

    def __str__(self) -> str:
        return self.word


class Point(models.Model):
    """Where something is asked, and what: the whole, one question, one row, or one cell of a version."""

    question_key = models.SlugField("設問のキー", max_length=40, blank=True)
    notification = models.ForeignKey(
        Notification, verbose_name="団体の行", null=True, blank=True, on_delete=models.PROTECT
    )
    comment = models.TextField("確認したい点")
    doubt = models.ForeignKey(
        Doubt, verbose_name="元になった疑義", null=True, blank=True, on_delete=models.PROTECT
    )
    created_by = models.ForeignKey(User, verbose_name="記入した職員", on_delete=models.PROTECT)
    created_at = models.DateTimeField("記入日時")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.comment


class DraftPointQuerySet(TenantQuerySet["DraftPoint"]):
    tenant_path: ClassVar[str] = "submission__report__assignment__ministry"


DraftPointManager = models.Manager.from_queryset(DraftPointQuerySet)


class DraftPoint(Point):
    """A point that a reviewer gathered and has not sent yet (指摘の下書き); the ministry never sees it."""

    submission = models.ForeignKey(
        Submission, verbose_name="対象の版", on_delete=models.PROTECT, related_name="draft_points"
    )

    objects: ClassVar[DraftPointManager[DraftPoint]] = scoped(
        DraftPointManager, DraftPointQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "指摘の下書き"
        ordering = ["submission", "pk"]
        constraints = [
            models.CheckConstraint(name="draft_point_has_comment", condition=~Q(comment="")),
            models.UniqueConstraint(
                name="draft_point_once_a_doubt", fields=["submission", "doubt", "created_by"]
            ),
        ]


class ReturnPointQuerySet(AppendOnlyRows, TenantQuerySet["ReturnPoint"]):
    tenant_path: ClassVar[str] = "submission__report__assignment__ministry"

    def returns(self) -> Self:
        """Keep the reasons of returns: only these are on the whole and come from no doubt."""
        return self.filter(question_key="", notification=None, doubt=None)

    def waiting(self) -> Self:
        """Keep the points that wait for the ministry's word: nobody replied, or staff did so last."""
        last = PointReply.objects.filter(point=OuterRef("pk")).order_by("-pk").values("created_by__is_staff")
        spoken = self.annotate(last_is_staff=Subquery(last[:1]))
        return spoken.filter(Q(last_is_staff=None) | Q(last_is_staff=True))

    def replied(self) -> Self:
        """Keep the points that an officer has said something to."""
        replies = PointReply.objects.filter(point=OuterRef("pk"), created_by__is_staff=False)
        return self.filter(Exists(replies))


ReturnPointManager = models.Manager.from_queryset(ReturnPointQuerySet)


class ReturnPoint(AppendOnly, Point):
    """What staff ask about in a submitted version (差戻し・確認の指摘), with a return or without."""

    submission = models.ForeignKey(
        Submission, verbose_name="対象の版", on_delete=models.PROTECT, related_name="return_points"
    )

    objects: ClassVar[ReturnPointManager[ReturnPoint]] = scoped(
        ReturnPointManager, ReturnPointQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "差戻し・確認の指摘"
        ordering = ["submission", "pk"]
        constraints = [models.CheckConstraint(name="return_point_has_comment", condition=~Q(comment=""))]

    @property
    def is_return_reason(self) -> bool:
        return not self.question_key and self.notification_id is None and self.doubt_id is None


class PointReplyQuerySet(AppendOnlyRows, TenantQuerySet["PointReply"]):
    tenant_path: ClassVar[str] = "point__submission__report__assignment__ministry"


PointReplyManager = models.Manager.from_queryset(PointReplyQuerySet)


class PointReply(AppendOnly):
    """What an officer says to a point, or staff say back (指摘への返信)."""

    point = models.ForeignKey(
        ReturnPoint, verbose_name="指摘", on_delete=models.PROTECT, related_name="replies"
    )
    text = models.TextField("返信")
    created_by = models.ForeignKey(User, verbose_name="返信者", on_delete=models.PROTECT)
    created_at = models.DateTimeField("返信日時")

    objects: ClassVar[PointReplyManager[PointReply]] = scoped(
        PointReplyManager, PointReplyQuerySet.tenant_path
    )

    class Meta:
        verbose_name = verbose_name_plural = "指摘への返信"
        ordering = ["point", "pk"]
        constraints = [models.CheckConstraint(name="point_reply_has_text", condition=~Q(text=""))]

    def __str__(self) -> str:
        return self.text
