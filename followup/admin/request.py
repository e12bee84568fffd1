"""依頼: the letter with its materials and templates; issued from here, with its follow-up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from followup.models import Council
from followup.services.issue import issue, issue_more
from outreach import clock
from outreach.admin.base import HistoryAdmin, StaffRequest, wareki
from outreach.admin.fields import AS_IN_THE_PORTAL
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import LetterTemplate, Material, Ministry, OutreachRequest, Topic
from outreach.services.requests import preview_issue
from outreach.views.files import material_response


class MinistriesForm(forms.Form):
    """Choose ministries in 建制順."""

    ministries = forms.ModelMultipleChoiceField(
        Ministry.objects.all(),
        label="依頼先の府省庁",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "依頼先の府省庁を一つ以上選んでください。"},
    )

    takes_object = True


class IssueForm(MinistriesForm):
    council = forms.ModelChoiceField(
        Council.objects.all(), label="結果を報告する会議", empty_label="選んでください"
    )
    field_order = ("council", "ministries")

    def __init__(self, *args: Any, obj: OutreachRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["ministries"] = Ministry.objects.asked()
        self.initial["council"] = Council.objects.first()


class IssueMoreForm(MinistriesForm):
    def __init__(self, *args: Any, obj: OutreachRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = Ministry.objects.exclude(assignments__request=obj)
        self.fields["ministries"].queryset = left  # type: ignore[attr-defined]


def _issue(request: StaffRequest, letter: OutreachRequest, form: forms.Form) -> str:
    ministries = list(form.cleaned_data["ministries"])
    council = form.cleaned_data["council"]
    issue(request=letter, ministries=ministries, council=council, actor=request.user, now=clock.now())
    return f"{len(ministries)}府省庁に発出しました。メールはまもなく送信されます。"


def _issue_more(request: StaffRequest, letter: OutreachRequest, form: forms.Form) -> str:
    ministries = list(form.cleaned_data["ministries"])
    issue_more(request=letter, ministries=ministries, actor=request.user, now=clock.now())
    return f"{len(ministries)}府省庁を加えて発出しました。"


def _preview(_request: StaffRequest, letter: OutreachRequest, form: forms.Form) -> dict[str, Any]:
    """Show whom the chosen ministries' mails go to, and the mails; before choosing, of everybody."""
    offered = form.fields["ministries"].queryset  # type: ignore[attr-defined]
    chosen = form.cleaned_data.get("ministries") if form.is_bound else None
    asked = list(chosen or offered)
    return {"previews": preview_issue(request=letter, ministries=asked, today=clock.today())}


class MaterialInline(admin.StackedInline):
    model = Material
    extra = 0
    can_delete = False
    formfield_overrides = {
        **AS_IN_THE_PORTAL,
        models.URLField: {"assume_scheme": "https"},
        models.FileField: {"widget": forms.FileInput},
    }
    fields = (("order", "label", "title"), ("file", "stored_file", "url"), "valid_until")
    readonly_fields = ("stored_file",)

    @admin.display(description="保存済みのファイル")
    def stored_file(self, material: Material) -> SafeString | str:
        """Link to the file; uploads have no address of their own."""
        if not material.file:
            return "－"
        url = reverse("admin:outreach_outreachrequest_material", args=[material.pk])
        return format_html('<a href="{}">ダウンロード</a>', url)


class LetterTemplateInline(admin.StackedInline):
    model = LetterTemplate
    formfield_overrides = AS_IN_THE_PORTAL
    extra = 0
    max_num = 2
    can_delete = False
    fields = (("number", "audience"), "subject", "text")


class TopicInline(admin.TabularInline):
    """The clauses, to be seen; each has a page of its own."""

    model = Topic
    extra = 0
    fields = ("number", "title", "office")
    readonly_fields = fields
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


DATED = wareki("dated_on", "文書の日付")
ISSUED = wareki("issued_at", "発出日時")


@admin.register(OutreachRequest)
class OutreachRequestAdmin(HistoryAdmin, StepsAdmin):
    list_display = ("title", DATED, ISSUED, "issued_by")
    list_select_related = ("issued_by",)
    search_fields = ("title", "document_number")
    formfield_overrides = {
        **AS_IN_THE_PORTAL,
        models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple},
    }
    inlines = (TopicInline, MaterialInline, LetterTemplateInline)
    fields = (
        "title",
        ("dated_on", "document_number", "key"),
        "text",
        "offices",
        "leaflet_order_due_on",
        (ISSUED, "issued_by"),
        "audit_link",
    )
    readonly_fields = (ISSUED, "issued_by", "audit_link")
    steps = (
        StepPage(
            verb="issue",
            label="府省庁に発出する",
            permission="outreach.change_outreachrequest",
            perform=_issue,
            form=IssueForm,
            explanation="依頼先を選ぶと、次の画面で宛先とメールの文面を確認できます。まだ送信されません。",
            offered=lambda letter: not letter.is_issued,
            context=_preview,
            template="admin/issue.html",
            confirm="この内容で発出する",
        ),
        StepPage(
            verb="issue-more",
            label="府省庁を追加して発出する",
            permission="outreach.change_outreachrequest",
            perform=_issue_more,
            form=IssueMoreForm,
            explanation="まだ発出していない府省庁を選びます。次の画面で宛先と文面を確認できます。",
            offered=lambda letter: letter.is_issued,
            context=_preview,
            template="admin/issue.html",
            confirm="この内容で発出する",
        ),
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.material_view))
        own = [path("materials/<int:material_id>/", view, name="outreach_outreachrequest_material")]
        return [*own, *super().get_urls()]

    def material_view(self, request: HttpRequest, material_id: int) -> HttpResponseBase:
        """Hand out the file of a material."""
        material = get_object_or_404(Material.objects.exclude(file=""), pk=material_id)
        if not self.has_view_permission(request, material.request):
            raise PermissionDenied
        return material_response(material)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Keep the key, which loading and links go by, as it was given."""
        return ("key", *self.readonly_fields) if obj else self.readonly_fields
