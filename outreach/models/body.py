"""団体: the addressees on each ministry's own list."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Q, When

from outreach.models.base import KeptHistory, TenantQuerySet, scoped
from outreach.models.body_search import few_named
from outreach.models.ministry import Ministry
from outreach.models.request import TemplateNumber
from outreach.rules.names import matching_key

CORPORATE_NUMBER_DIGITS = 13


class BodyCategory(models.TextChoices):
    """Kinds of addressees; the letter's clause 2(1)② names those of ひな形2."""

    INDUSTRY = "industry", "業界団体等"
    AGENCY_MEDIUM = "agency_medium", "独立行政法人（中期目標管理法人）"
    AGENCY_RESEARCH = "agency_research", "独立行政法人（国立研究開発法人）"
    AGENCY_EXECUTIVE = "agency_executive", "独立行政法人（行政執行法人）"
    SPECIAL = "special", "特殊法人"
    APPROVED = "approved", "認可法人"
    SPECIAL_PRIVATE = "special_private", "特別民間法人"
    SPECIAL_LAW = "special_law", "その他（特別の法律により設立される法人）"
    PUBLIC_INTEREST = "public_interest", "公益法人"
    FOUNDATION = "foundation", "財団法人等"

    @property
    def template_number(self) -> TemplateNumber:
        """The template proposed for the category: 1 for 業界団体等, 2 for the rest."""
        return TemplateNumber.BUSINESS if self is BodyCategory.INDUSTRY else TemplateNumber.AGENCY


def by_category(path: str = "category") -> Case:
    """Order rows by their category as listed above: 業界団体等 first, then 独立行政法人."""
    places = (When(**{path: category}, then=place) for place, category in enumerate(BodyCategory.values))
    return Case(*places)


class BodyQuerySet(TenantQuerySet["Body"]):
    tenant_path: ClassVar[str] = "ministry"

    def active(self) -> Self:
        return self.filter(is_active=True)

    def listed(self) -> Self:
        """Order them as every list of bodies does: by category, then by name."""
        return self.order_by(by_category(), "name", "pk")

    def search(self, words: str) -> Self:
        """Keep bodies whose name contains the words or whose 法人番号 begins so, widths and spaces aside.

        Asks the database at once which bodies come into question (models.body_search).
        """
        key = matching_key(words)
        if not key:
            return self
        found = Q(name_key__contains=key)
        if (few := few_named(key)) is not None:
            found &= Q(pk__in=few)
        if key.isascii() and key.isdigit() and len(key) <= CORPORATE_NUMBER_DIGITS:
            found |= Q(corporate_number__range=(key, key.ljust(CORPORATE_NUMBER_DIGITS, "9")))
        return self.filter(found)


BodyManager = models.Manager.from_queryset(BodyQuerySet)


class Body(models.Model):
    """An addressee of notices, on one ministry's own list (団体)."""

    class Honorific(models.TextChoices):
        ONCHU = "御中", "御中"
        DONO = "殿", "殿"

    ministry = models.ForeignKey(
        Ministry, verbose_name="府省庁", on_delete=models.PROTECT, related_name="bodies"
    )
    name = models.CharField("名称", max_length=120)
    name_key = models.CharField(max_length=120, editable=False)
    category = models.CharField("区分", max_length=20, choices=BodyCategory)
    corporate_number = models.CharField("法人番号", max_length=13, blank=True)
    addressee = models.CharField(
        "宛先（部署・役職）", max_length=100, blank=True, help_text="例：総務部、理事長"
    )
    honorific = models.CharField("敬称", max_length=2, choices=Honorific, default=Honorific.ONCHU)
    email = models.EmailField("メールアドレス", blank=True)
    phone = models.CharField("電話", max_length=30, blank=True)
    note = models.TextField("備考", blank=True)
    is_active = models.BooleanField("使用中", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = KeptHistory()
    objects: ClassVar[BodyManager[Body]] = scoped(BodyManager, BodyQuerySet.tenant_path)

    class Meta:
        verbose_name = verbose_name_plural = "団体"
        ordering = ["ministry__order", "category", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="body_name_once_per_ministry",
                fields=["ministry", "name_key"],
                violation_error_message="同じ名称の団体が既に登録されています。",
            ),
            models.UniqueConstraint(
                name="body_corporate_number_once_per_ministry",
                fields=["ministry", "corporate_number"],
                condition=~Q(corporate_number=""),
                violation_error_message="同じ法人番号の団体が既に登録されています。",
            ),
            models.CheckConstraint(name="body_category_valid", condition=Q(category__in=BodyCategory.values)),
            models.CheckConstraint(name="body_has_name", condition=~Q(name_key="")),
        ]
        indexes = [
            models.Index(name="body_list", fields=["ministry", "is_active", "category", "name"]),
            models.Index(name="body_corporate_number", fields=["corporate_number"]),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = matching_key(self.name)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "name_key"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.name_key = matching_key(self.name)

    @property
    def proposed_template_number(self) -> TemplateNumber:
        return BodyCategory(self.category).template_number
