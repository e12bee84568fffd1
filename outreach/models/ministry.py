"""府省庁: who is asked, shown in 建制順 everywhere."""

from __future__ import annotations

from typing import Self

from django.db import models

from outreach.models.base import KeptHistory, TrackedQuerySet


class MinistryQuerySet(TrackedQuerySet["Ministry"]):
    def asked(self) -> Self:
        """Keep those that requests are addressed to by default."""
        return self.filter(is_asked=True)


class Ministry(models.Model):
    """A ministry, agency or commission (府省庁)."""

    class Role(models.TextChoices):
        PRIMARY = "primary", "主な依頼先"
        POSSIBLE = "possible", "依頼先になり得る"
        UNLIKELY = "unlikely", "通常は依頼しない"

    order = models.PositiveIntegerField("建制順", unique=True)
    name = models.CharField("名称", max_length=60, unique=True)
    abbreviation = models.CharField("略称", max_length=20)
    name_en = models.CharField("英語名", max_length=120, blank=True)
    kind = models.CharField("種別", max_length=40)
    parent_name = models.CharField("上位の機関", max_length=60, blank=True)
    role = models.CharField("位置付け", max_length=10, choices=Role, default=Role.POSSIBLE)
    is_asked = models.BooleanField("依頼の対象とする", default=True)
    corporate_number = models.CharField("法人番号", max_length=13, blank=True)
    mailbox = models.EmailField("共有メールボックス", blank=True)
    superior_email = models.EmailField(
        "総括担当（上席）のメールアドレス", blank=True, help_text="再督促のときにCCへ加えます。"
    )
    note = models.TextField("備考", blank=True)

    history = KeptHistory()
    objects = MinistryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "府省庁"
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                name="ministry_corporate_number_once",
                fields=["corporate_number"],
                condition=~models.Q(corporate_number=""),
                violation_error_message="同じ法人番号の府省庁が既にあります。",
            ),
            models.CheckConstraint(
                name="ministry_role_valid", condition=models.Q(role__in=["primary", "possible", "unlikely"])
            ),
        ]

    def __str__(self) -> str:
        return self.name
