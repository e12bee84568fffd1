"""依頼: the letter as records — offices, clauses, facts that must survive, materials, templates."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q

from outreach.models.base import KeptHistory, TrackedQuerySet
from outreach.models.user import User


class IssuingOffice(models.Model):
    """An office that signs a request, owns clauses of it and answers questions on them (発出元)."""

    order = models.PositiveIntegerField("順", unique=True)
    name = models.CharField("名称", max_length=100, unique=True)
    contact_name = models.CharField("担当", max_length=60, blank=True)
    phone = models.CharField("電話", max_length=30, blank=True)
    email = models.EmailField("メールアドレス", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "発出元"
        ordering = ["order"]

    def __str__(self) -> str:
        return self.name


class OutreachRequestQuerySet(TrackedQuerySet["OutreachRequest"]):
    def issued(self) -> Self:
        return self.filter(issued_at__isnull=False)


class OutreachRequest(models.Model):
    """One letter from the issuing offices to the ministries (依頼)."""

    key = models.SlugField("識別子", max_length=40, unique=True)
    title = models.CharField("件名", max_length=200)
    document_number = models.CharField("文書番号", max_length=60, blank=True)
    dated_on = models.DateField("文書の日付")
    text = models.TextField("本文")
    offices = models.ManyToManyField(IssuingOffice, verbose_name="発出元", related_name="requests")
    leaflet_order_due_on = models.DateField("リーフレット希望の締切", null=True, blank=True)
    issued_at = models.DateTimeField("発出日時", null=True, blank=True, editable=False)
    issued_by = models.ForeignKey(
        User, verbose_name="発出者", null=True, blank=True, editable=False, on_delete=models.PROTECT
    )

    history = KeptHistory(m2m_fields=[offices])
    objects = OutreachRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "依頼"
        ordering = ["-dated_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="request_issued_by_somebody",
                condition=Q(issued_at=None, issued_by=None)
                | Q(issued_at__isnull=False, issued_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_issued(self) -> bool:
        return self.issued_at is not None


class Topic(models.Model):
    """A clause 1.(1)–(5) of a request with its publicity points (周知事項)."""

    request = models.ForeignKey(
        OutreachRequest, verbose_name="依頼", on_delete=models.PROTECT, related_name="topics"
    )
    number = models.PositiveSmallIntegerField("番号")
    title = models.CharField("見出し", max_length=200)
    text = models.TextField("本文")
    notes = models.TextField("注（※）", blank=True)
    office = models.ForeignKey(
        IssuingOffice, verbose_name="担当する発出元", on_delete=models.PROTECT, related_name="topics"
    )

    history = KeptHistory()

    class Meta:
        verbose_name = verbose_name_plural = "周知事項"
        ordering = ["request", "number"]
        constraints = [models.UniqueConstraint(name="topic_number_once", fields=["request", "number"])]

    def __str__(self) -> str:
        return f"({self.number}) {self.title}"


class TopicPoint(models.Model):
    """A point ア–エ of 【周知に当たって】 of a clause (周知の留意点)."""

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="points")
    mark = models.CharField("記号", max_length=4)
    order = models.PositiveSmallIntegerField("順")
    text = models.TextField("本文")

    class Meta:
        verbose_name = verbose_name_plural = "周知の留意点"
        ordering = ["topic", "order"]
        constraints = [models.UniqueConstraint(name="topic_point_mark_once", fields=["topic", "mark"])]

    def __str__(self) -> str:
        return f"{self.mark} {self.text}"


class KeyFact(models.Model):
    """A fact that a letter must not lose or change (確認事項)."""

    topic = models.ForeignKey(
        Topic, verbose_name="周知事項", on_delete=models.PROTECT, related_name="key_facts"
    )
    key = models.SlugField("識別子", max_length=40)
    label = models.CharField("内容", max_length=200)
    phrasings = models.JSONField(
        "同じ意味とみなす表記", help_text="いずれか一つが要請文にあれば、事項が保たれているとみなします。"
    )
    valid_until = models.DateField("有効期限", null=True, blank=True)

    history = KeptHistory()

    class Meta:
        verbose_name = verbose_name_plural = "確認事項"
        ordering = ["topic", "pk"]
        constraints = [models.UniqueConstraint(name="key_fact_once", fields=["topic", "key"])]

    def __str__(self) -> str:
        return self.label

    def has_expired(self, today: date) -> bool:
        """Say whether the fact no longer holds; its last valid day is included."""
        return self.valid_until is not None and self.valid_until < today


class Material(models.Model):
    """資料1–7 and the leaflet: a file, a URL, or both (関連資料)."""

    request = models.ForeignKey(
        OutreachRequest, verbose_name="依頼", on_delete=models.PROTECT, related_name="materials"
    )
    order = models.PositiveSmallIntegerField("順")
    label = models.CharField("番号等", max_length=20)
    title = models.CharField("資料名", max_length=200)
    file = models.FileField("ファイル", upload_to="materials/", blank=True)
    url = models.URLField("URL", max_length=500, blank=True)
    valid_until = models.DateField("有効期限", null=True, blank=True)

    history = KeptHistory()

    class Meta:
        verbose_name = verbose_name_plural = "関連資料"
        ordering = ["request", "order"]
        constraints = [
            models.UniqueConstraint(name="material_order_once", fields=["request", "order"]),
            models.CheckConstraint(
                name="material_has_file_or_url",
                condition=~Q(file="") | ~Q(url=""),
                violation_error_message="ファイルかURLの少なくとも一方を設定してください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"


class TemplateNumber(models.IntegerChoices):
    BUSINESS = 1, "ひな形1"
    AGENCY = 2, "ひな形2"


class LetterTemplate(models.Model):
    """ひな形1 (to 業界団体等) or ひな形2 (to 独立行政法人等) of a request; text with placeholders."""

    request = models.ForeignKey(
        OutreachRequest, verbose_name="依頼", on_delete=models.PROTECT, related_name="letter_templates"
    )
    number = models.PositiveSmallIntegerField("番号", choices=TemplateNumber)
    audience = models.CharField("宛先の区分", max_length=60)
    subject = models.CharField("件名", max_length=200)
    text = models.TextField("本文（差込項目は {{ }} で示す）")

    history = KeptHistory()

    class Meta:
        verbose_name = verbose_name_plural = "ひな形"
        ordering = ["request", "number"]
        constraints = [
            models.UniqueConstraint(name="letter_template_number_once", fields=["request", "number"]),
            models.CheckConstraint(name="letter_template_number_valid", condition=Q(number__in=[1, 2])),
        ]

    def __str__(self) -> str:
        return self.get_number_display()
