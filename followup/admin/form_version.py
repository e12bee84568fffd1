"""様式: its questions edited on one page while it is a draft, then published for good."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from followup.admin.form_preview import answer_workbook_response, form_workbook_response, preview_context
from followup.admin.form_workbook import UPLOAD
from followup.admin.publication import PUBLISH
from followup.models import CrossCheck, FormVersion, Question
from followup.rules.form_lines import (
    OTHER_MARK,
    FormLineError,
    choice_line,
    read_choice,
    read_value,
    value_line,
)
from followup.services.form_drafts import lock_draft, renumber_draft
from outreach import clock
from outreach.admin.base import StaffRequest, staff_page, wareki
from outreach.admin.fields import AS_IN_THE_PORTAL, LinesField
from outreach.admin.stale import StaleGuardForm
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import BodyCategory
from outreach.services.audit import record_audit


class ChoicesField(LinesField):
    """Choices as lines 「コード 表示」; one that asks for words of its own ends with （その他）."""

    def line_of(self, item: Any) -> str:
        return choice_line(item)

    def item_of(self, line: str) -> dict[str, Any]:
        try:
            return read_choice(line)
        except FormLineError as error:
            raise ValidationError(str(error)) from error


class ConditionsField(LinesField):
    """Values of another answer: codes of choices, はい・いいえ, or （回答あり）."""

    def line_of(self, item: Any) -> str:
        return value_line(item)

    def item_of(self, line: str) -> Any:
        return read_value(line)


class QuestionForm(forms.ModelForm):
    choices = ChoicesField(
        label="選択肢",
        required=False,
        help_text=f"1行に「コード 表示」。自由記入を伴うものは末尾に {OTHER_MARK}。",
    )
    show_when_values = ConditionsField(
        label="表示する回答の値",
        required=False,
        help_text="1行に一つ。選択肢のコード、「はい」「いいえ」、又は回答があれば表示する「（回答あり）」。",
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
    template = "admin/form_questions.html"
    extra = 1  # so that one is added without script, too
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


def _renumber(request: StaffRequest, version: FormVersion, _form: forms.Form) -> str:
    moved = renumber_draft(form_version=version, actor=request.user, now=clock.now())
    return f"設問を10刻みに並べ直しました（番号が変わった設問 {moved}問）。"


RENUMBER = StepPage(
    verb="renumber",
    label="設問の順を並べ直す",
    permission="followup.change_formversion",
    perform=_renumber,
    explanation="今の順のまま、府省庁と団体の設問にそれぞれ10、20、30…の番号を付け直します。"
    "間に設問を入れやすくなります。",
    offered=lambda version: not version.is_published,
)
LINKS = {
    "preview": "試し表示（画面）",
    "preview-workbook": "試し表示（回答用ブック）",
    "workbook": "様式のブックをダウンロード",
}
PUBLISHED = wareki("published_at", "公開日時")


@admin.register(FormVersion)
class FormVersionAdmin(StepsAdmin):
    form = FormVersionForm
    list_display = ("title", "round", PUBLISHED, "published_by")
    list_select_related = ("round__request", "published_by")
    inlines = (QuestionInline, CrossCheckInline)
    fields = ("round", (PUBLISHED, "published_by"), "instructions", "audit_link")
    readonly_fields = ("round", PUBLISHED, "published_by", "audit_link")
    steps = (UPLOAD, RENUMBER, PUBLISH)
    change_form_template = "admin/form_version.html"
    save_on_top = True

    def get_urls(self) -> list[Any]:
        pages = {
            "workbook": self.workbook_view,
            "preview": self.preview_view,
            "preview-workbook": self.preview_workbook_view,
        }
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"followup_formversion_{name}",
            )
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _shown(self, request: HttpRequest, object_id: int) -> FormVersion:
        versions = FormVersion.objects.select_related("round__request", "round__council")
        version = get_object_or_404(versions, pk=object_id)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

    def workbook_view(self, request: StaffRequest, object_id: int) -> HttpResponse:
        """Give the form as a workbook; each download is an entry."""
        version = self._shown(request, object_id)
        record_audit(action="様式をダウンロード", actor=request.user, now=clock.now(), obj=version)
        return form_workbook_response(version)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the form as officers will see it, with invented bodies; nothing can be saved."""
        version = self._shown(request, object_id)
        context = {"title": "試し表示", "original": version, "change_url": self.change_url(version)}
        return staff_page(request, self, "admin/form_preview.html", context | preview_context(version))

    def preview_workbook_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return answer_workbook_response(self._shown(request, object_id))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        links = [
            (label, reverse(f"admin:followup_formversion_{name}", args=[object_id]))
            for name, label in LINKS.items()
            if object_id.isascii() and object_id.isdecimal()
        ]
        return super().change_view(request, object_id, form_url, {"links": links, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: FormVersion, form: Any, change: bool) -> None:  # noqa: FBT001
        """Keep a colleague from publishing between the check and the save."""
        lock_draft(obj, cast("StaffRequest", request).user)
        super().save_model(request, obj, form, change)

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
