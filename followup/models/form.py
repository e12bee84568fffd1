"""様式: versions of a round's questions. A published version never changes; a change is a new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q

from followup.models.round import Round
from followup.rules.questions import CheckSpec, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from outreach.models import User

__all__ = ["CrossCheck", "FormVersion", "PublishedFormError", "Question", "QuestionType", "Scope"]


class PublishedFormError(RuntimeError):
    """Somebody tried to change a form version that ministries have already been asked with."""

    def __init__(self) -> None:
        super().__init__("公開した様式は変更できません。新しい版を作成してください。")


class FormVersionQuerySet(models.QuerySet["FormVersion"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class FormVersion(models.Model):
    """A numbered set of questions of one round (様式); immutable once published."""

    round = models.ForeignKey(
        Round, verbose_name="フォローアップ", on_delete=models.PROTECT, related_name="form_versions"
    )
    number = models.PositiveSmallIntegerField("版")
    instructions = models.TextField("記入要領", blank=True)
    published_at = models.DateTimeField("公開日時", null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        User, verbose_name="公開者", null=True, blank=True, editable=False, on_delete=models.PROTECT
    )
    content_hash = models.CharField("内容のハッシュ（SHA-256）", max_length=64, blank=True, editable=False)

    objects = FormVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "様式"
        ordering = ["round", "-number"]
        constraints = [
            models.UniqueConstraint(name="form_version_number_once", fields=["round", "number"]),
            models.UniqueConstraint(
                name="form_version_one_draft",
                fields=["round"],
                condition=Q(published_at=None),
                violation_error_message="公開前の様式が既にあります。先にその様式を公開するか、編集してください。",
            ),
            models.CheckConstraint(
                name="form_version_published_by_somebody",
                condition=Q(published_at=None, published_by=None, content_hash="")
                | (Q(published_at__isnull=False, published_by__isnull=False) & ~Q(content_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"様式 第{self.number}版"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_published()
        return super().delete(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def _refuse_published(self) -> None:
        if self.pk and FormVersion.objects.published().filter(pk=self.pk).exists():
            raise PublishedFormError

    def spec(self) -> FormSpec:
        """Return what the version asks, as plain values; two queries unless prefetched."""
        return FormSpec(
            questions=tuple(question.spec() for question in self.questions.all()),
            checks=tuple(check.spec() for check in self.cross_checks.all()),
            instructions=self.instructions,
        )


class FormPartQuerySet(models.QuerySet[Any]):
    """Rows of a form; those of a published version are refused every change, in bulk too."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        versions = {row.form_version_id for row in rows}
        if FormVersion.objects.published().filter(pk__in=versions).exists():
            raise PublishedFormError
        return super().bulk_create(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._refuse_published()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._refuse_published()
        return super().delete()

    def _refuse_published(self) -> None:
        if self.filter(form_version__published_at__isnull=False).exists():
            raise PublishedFormError


class FormPart(models.Model):
    """What a form version consists of; immutable once the version is published."""

    class Meta:
        abstract = True

    form_version_id: int

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_published()
        return super().delete(*args, **kwargs)

    def _refuse_published(self) -> None:
        if FormVersion.objects.published().filter(pk=self.form_version_id).exists():
            raise PublishedFormError


class Question(FormPart):
    """One question (設問). Its key is permanent: answers and exports of all versions go by it."""

    form_version = models.ForeignKey(
        FormVersion, verbose_name="様式", on_delete=models.CASCADE, related_name="questions"
    )
    order = models.PositiveSmallIntegerField("順")
    key = models.SlugField("キー（恒久）", max_length=40)
    scope = models.CharField("単位", max_length=10, choices=Scope)
    section = models.CharField("区分の見出し", max_length=100, blank=True)
    type = models.CharField("種類", max_length=12, choices=QuestionType)
    label = models.CharField("設問", max_length=200)
    help = models.TextField("説明", blank=True)
    example = models.CharField("記入例", max_length=200, blank=True)
    unit = models.CharField("数の単位", max_length=20, blank=True)
    required = models.BooleanField("必須", default=False)
    minimum = models.DecimalField("最小値", max_digits=15, decimal_places=2, null=True, blank=True)
    maximum = models.DecimalField("最大値", max_digits=15, decimal_places=2, null=True, blank=True)
    max_length = models.PositiveIntegerField("最大文字数", null=True, blank=True)
    choices = models.JSONField(
        "選択肢", default=list, blank=True, help_text="[{code, label, is_other}] の並び。"
    )
    show_when_key = models.SlugField("表示の条件となる設問のキー", max_length=40, blank=True)
    show_when_values = models.JSONField("表示する回答の値", default=list, blank=True)
    categories = models.JSONField("尋ねる団体の区分", default=list, blank=True)
    prefill = models.CharField("発出の記録からの転記", max_length=40, blank=True)

    objects = FormPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "設問"
        ordering = ["form_version", "scope", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="question_key_once",
                fields=["form_version", "key"],
                violation_error_message="同じキーの設問が既にあります。",
            ),
            models.CheckConstraint(name="question_scope_valid", condition=Q(scope__in=Scope.values)),
            models.CheckConstraint(name="question_type_valid", condition=Q(type__in=QuestionType.values)),
        ]

    def __str__(self) -> str:
        return self.label

    def spec(self) -> QuestionSpec:
        return QuestionSpec(
            key=self.key,
            scope=self.scope,
            type=self.type,
            label=self.label,
            section=self.section,
            help=self.help,
            example=self.example,
            unit=self.unit,
            required=self.required,
            minimum=self.minimum,
            maximum=self.maximum,
            max_length=self.max_length,
            choices=tuple(Choice(**choice) for choice in self.choices),
            show_when_key=self.show_when_key,
            show_when_values=tuple(self.show_when_values),
            categories=tuple(self.categories),
            prefill=self.prefill,
        )


class CrossCheck(FormPart):
    """A comparison between two number questions of the same scope (相互チェック)."""

    class Operator(models.TextChoices):
        AT_MOST = "<=", "≦"
        LESS = "<", "＜"
        EQUAL = "==", "＝"

    form_version = models.ForeignKey(
        FormVersion, verbose_name="様式", on_delete=models.CASCADE, related_name="cross_checks"
    )
    left_key = models.SlugField("左の設問のキー", max_length=40)
    operator = models.CharField("比較", max_length=2, choices=Operator, default=Operator.AT_MOST)
    right_key = models.SlugField("右の設問のキー", max_length=40)
    message = models.CharField("エラーの文", max_length=200)

    objects = FormPartQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "相互チェック"
        ordering = ["form_version", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="cross_check_once", fields=["form_version", "left_key", "operator", "right_key"]
            ),
            models.CheckConstraint(name="cross_check_two_keys", condition=~Q(left_key=models.F("right_key"))),
        ]

    def __str__(self) -> str:
        return f"{self.left_key} {self.operator} {self.right_key}"

    def spec(self) -> CheckSpec:
        return CheckSpec(self.left_key, self.operator, self.right_key, self.message)
