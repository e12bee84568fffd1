"""様式: its questions edited on one page while it is a draft, then published for good."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from followup.admin.publication import PUBLISH
from followup.models import CrossCheck, FormVersion, Question
from outreach.admin.base import wareki
from outreach.admin.fields import AS_IN_THE_PORTAL, LinesField
from outreach.admin.stale import StaleGuardForm
from outreach.admin.steps import StepsAdmin
from outreach.models import BodyCategory

OTHER_MARK = "（その他）"
TRUTHS = {"はい": True, "いいえ": False}


class ChoicesField(LinesField):
    """Choices as lines 「コード 表示」; one that asks for words of its own ends with （その他）."""

    def line_of(self, item: Any) -> str:
        mark = f" {OTHER_MARK}" if item.get("is_other") else ""
        return f"{item['code']} {item['label']}{mark}"

    def item_of(self, line: str) -> dict[str, Any]:
        code, _space, rest = line.replace("\u3000", " ").partition(" ")
        label = rest.strip().removesuffix(OTHER_MARK).strip()
        if not label:
            raise ValidationError(f"「{line}」：コードと表示を空白で区切って入力してください。")
        return {"code": code, "label": label, "is_other": rest.strip().endswith(OTHER_MARK)}


class ConditionsField(LinesField):
    """Values of another answer: codes of choices, or はい・いいえ."""

    def line_of(self, item: Any) -> str:
        return {True: "はい", False: "いいえ"}[item] if isinstance(item, bool) else str(item)

    def item_of(self, line: str) -> Any:
        return TRUTHS.get(line, line)


class QuestionForm(forms.ModelForm):
    choices = ChoicesField(
        label="選択肢",
        required=False,
        help_text=f"1行に「コード 表示」。自由記入を伴うものは末尾に {OTHER_MARK}。",
    )
    show_when_values = ConditionsField(
        label="表示する回答の値",
        required=False,
        help_text="1行に一つ。選択肢のコード、又は「はい」「いいえ」。",
    )

    categories = forms.MultipleChoiceField(
        label="尋ねる団体の区分",
        required=False,
        choices=BodyCategory.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="団体の設問だけ。一つも選ばなければ、全ての区分に尋ねます。",
    )

    class Meta:
        model = Question
        fields = (
            "order",
            "key",
            "scope",
            "section",
            "type",
            "label",
            "help",
            "example",
            "unit",
            "required",
            "minimum",
            "maximum",
            "max_length",
            "choices",
            "show_when_key",
            "show_when_values",
            "categories",
            "prefill",
        )


class QuestionInline(admin.StackedInline):
    model = Question
    form = QuestionForm
    formfield_overrides = AS_IN_THE_PORTAL
    ordering = ("-scope", "order", "pk")  # the ministry's own first, as officers meet them
    extra = 0
    verbose_name_plural = "設問"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("order", "key", "scope", "type", "required"),
                    "section",
                    "label",
                    ("help", "example"),
                    ("unit", "minimum", "maximum", "max_length"),
                    ("choices", "prefill"),
                    ("show_when_key", "show_when_values"),
                    "categories",
                )
            },
        ),
    )


class CrossCheckInline(admin.TabularInline):
    model = CrossCheck
    extra = 0
    verbose_name_plural = "相互チェック"


class FormVersionForm(StaleGuardForm):
    seen_related: ClassVar[tuple[str, ...]] = ("questions", "cross_checks")

    class Meta:
        model = FormVersion
        fields = ("instructions",)


PUBLISHED = wareki("published_at", "公開日時")


@admin.register(FormVersion)
class FormVersionAdmin(StepsAdmin):
    form = FormVersionForm
    list_display = ("title", "round", PUBLISHED, "published_by")
    list_select_related = ("round__request", "published_by")
    inlines = (QuestionInline, CrossCheckInline)
    fields = ("round", (PUBLISHED, "published_by"), "instructions", "audit_link")
    readonly_fields = ("round", PUBLISHED, "published_by", "audit_link")
    steps = (PUBLISH,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: a draft is made from the page of its round."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Say no to a published version: what ministries were asked with stays as it was."""
        published = isinstance(obj, FormVersion) and obj.is_published
        return not published and super().has_change_permission(request, obj)

    @admin.display(description="様式", ordering="number")
    def title(self, version: FormVersion) -> str:
        return str(version)
