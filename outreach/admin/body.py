"""団体: every ministry's list, as staff see it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from outreach import clock
from outreach.admin.base import HistoryAdmin, StaffRequest
from outreach.admin.spreadsheets import ImportExportAdmin
from outreach.admin.stale import StaleGuardForm
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.forms.fields import CorporateNumberField, NameField
from outreach.models import Body
from outreach.models.body import by_category
from outreach.resources.bodies import BodyResource
from outreach.rules.names import matching_key
from outreach.services.bodies import BodyFields, create_body, set_body_active, update_body


class BodyForm(StaleGuardForm):
    name = NameField(label="名称", max_length=120)
    corporate_number = CorporateNumberField(label="法人番号", required=False)

    class Meta:
        model = Body
        fields = (
            "ministry",
            "name",
            "category",
            "corporate_number",
            "addressee",
            "honorific",
            "email",
            "phone",
            "note",
        )

    def clean(self) -> dict[str, Any] | None:
        """Find a body of the same name: its key is no field of the form, so Django does not look."""
        cleaned = super().clean() or self.cleaned_data
        ministry = cleaned.get("ministry") or (self.instance.ministry if self.instance.pk else None)
        same = Body.objects.filter(ministry=ministry, name_key=matching_key(cleaned.get("name", "")))
        if ministry and same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "同じ名称の団体が既に登録されています。")
        return cleaned


def _stop(request: StaffRequest, body: Body, _form: forms.Form) -> str:
    set_body_active(body=body, active=False, actor=request.user, now=clock.now())
    return f"{body}の使用を停止しました。"


def _resume(request: StaffRequest, body: Body, _form: forms.Form) -> str:
    set_body_active(body=body, active=True, actor=request.user, now=clock.now())
    return f"{body}の使用を再開しました。"


@admin.register(Body)
class BodyAdmin(ImportExportAdmin, HistoryAdmin, StepsAdmin):
    form = BodyForm
    audited_by_service = True
    resource_classes = (BodyResource,)
    list_display = ("name", "ministry", "category", "corporate_number", "email", "is_active")
    list_filter = ("is_active", "category", "ministry")
    list_select_related = ("ministry",)
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("name_key", "corporate_number")
    search_help_text = "名称又は法人番号で検索します。"
    readonly_fields = ("is_active", "audit_link")
    steps = (
        StepPage(
            verb="stop",
            label="使用を停止する",
            permission="outreach.change_body",
            perform=_stop,
            explanation="新しい発出先として選べなくなります。これまでの発出の記録は残ります。",
            offered=lambda body: body.is_active,
        ),
        StepPage(
            verb="resume",
            label="使用を再開する",
            permission="outreach.change_body",
            perform=_resume,
            explanation="発出先として再び選べるようになります。",
            offered=lambda body: not body.is_active,
        ),
    )

    def get_ordering(self, request: HttpRequest) -> Any:
        """Order one ministry's as its own list; all of them newest first, as no index could do better."""
        is_one_list = "ministry__id__exact" in request.GET
        return (by_category(), "name", "pk") if is_one_list else super().get_ordering(request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Search as officers do: widths and spaces aside."""
        return queryset.search(search_term), False

    def get_readonly_fields(self, request: HttpRequest, obj: Body | None = None) -> Any:
        return (*self.readonly_fields, "ministry") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        fields, actor = BodyFields.of(obj), cast("StaffRequest", request).user
        if change:
            stored = Body.objects.get(pk=obj.pk)
            update_body(
                body=stored, expected_version=obj.version, fields=fields, actor=actor, now=clock.now()
            )
        else:
            created = create_body(ministry=obj.ministry, fields=fields, actor=actor, now=clock.now())
            obj.pk, obj._state.adding = created.pk, False
