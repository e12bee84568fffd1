"""延長の申出: what ministries asked for, to be granted or refused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followup.admin.filters import RoundFilter
from followup.forms.due import DueForm
from followup.models import ExtensionRequest, ExtensionState
from followup.services.extensions import grant_extension, refuse_extension
from outreach import clock
from outreach.admin.base import ReadOnly, StaffRequest, status_tag, wareki
from outreach.admin.steps import StepPage, StepsAdmin

CHANGE = "followup.change_extensionrequest"
TONES = {
    ExtensionState.WAITING: ("info", "waiting"),
    ExtensionState.GRANTED: ("success", ""),
    ExtensionState.REFUSED: ("warning", ""),
    ExtensionState.WITHDRAWN: ("neutral", ""),
}
ASKED = wareki("asked_at", "申出日時")
DECIDED = wareki("decided_at", "決定日時")


def _answer_field(label: str, *, required: bool) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
    return forms.CharField(label=label, required=required, max_length=1000, widget=widget)


class GrantForm(DueForm):
    """The due date to grant: at first the one that was wished for."""

    takes_object = True

    answer = _answer_field("府省庁への連絡事項", required=False)

    def __init__(self, *args: Any, obj: ExtensionRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].label = "承認する回答期限"
        self.initial.update(due_on=obj.wanted_on, due_time=obj.wanted_time)


class RefuseForm(forms.Form):
    answer = _answer_field("承認しない理由", required=True)


def _grant(request: StaffRequest, extension: ExtensionRequest, form: forms.Form) -> str:
    granted = grant_extension(extension=extension, actor=request.user, now=clock.now(), **form.cleaned_data)
    return f"承認し、回答期限を{granted.granted}に延長しました。府省庁への連絡はまもなく送信されます。"


def _refuse(request: StaffRequest, extension: ExtensionRequest, form: forms.Form) -> str:
    refuse_extension(extension=extension, actor=request.user, now=clock.now(), **form.cleaned_data)
    return "承認しないことを回答しました。府省庁への連絡はまもなく送信されます。"


@admin.register(ExtensionRequest)
class ExtensionRequestAdmin(ReadOnly, StepsAdmin):
    list_display = ("ministry", "state_tag", "wanted_text", "due_text", ASKED)
    list_filter = ("state", ("report__round", RoundFilter), "report__assignment__ministry")
    list_select_related = ("report__assignment__ministry", "report__round__request")
    ordering = ("-pk",)
    fields = (
        ("report_link", "round"),
        ("state_tag", "due_text", "wanted_text"),
        "reason",
        ("asked_by", ASKED),
        ("granted_text", "answer"),
        ("decided_by", DECIDED),
        "audit_link",
    )
    readonly_fields = (
        "report_link",
        "round",
        "state_tag",
        "due_text",
        "wanted_text",
        ASKED,
        "granted_text",
        DECIDED,
        "audit_link",
    )
    steps = (
        StepPage(
            verb="grant",
            label="承認する",
            permission=CHANGE,
            perform=_grant,
            form=GrantForm,
            explanation="この府省庁だけの回答期限を延ばし、府省庁にお知らせを送ります。期限は希望と変えられます。",
            offered=lambda extension: extension.is_waiting,
        ),
        StepPage(
            verb="refuse",
            label="承認しない",
            permission=CHANGE,
            perform=_refuse,
            form=RefuseForm,
            explanation="回答期限は変えずに、理由を府省庁に送ります。",
            offered=lambda extension: extension.is_waiting,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        related = ("report__assignment__ministry", "report__round__request")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description="府省庁", ordering="report__assignment__ministry__order")
    def ministry(self, extension: ExtensionRequest) -> str:
        return extension.report.assignment.ministry.name

    @admin.display(description="フォローアップ", ordering="report__round")
    def round(self, extension: ExtensionRequest) -> str:
        return str(extension.report.round)

    @admin.display(description="審査の状態", ordering="state")
    def state_tag(self, extension: ExtensionRequest) -> SafeString:
        return status_tag(extension.get_state_display(), *TONES[ExtensionState(extension.state)])

    @admin.display(description="現在の回答期限")
    def due_text(self, extension: ExtensionRequest) -> str:
        return str(extension.report.due or "－")

    @admin.display(description="希望する回答期限", ordering="wanted_on")
    def wanted_text(self, extension: ExtensionRequest) -> str:
        return str(extension.wanted)

    @admin.display(description="承認した回答期限", ordering="granted_on")
    def granted_text(self, extension: ExtensionRequest) -> str:
        return str(extension.granted or "－")

    @admin.display(description="報告")
    def report_link(self, extension: ExtensionRequest) -> SafeString:
        url = reverse("admin:followup_report_change", args=[extension.report_id])
        report = extension.report
        return format_html('<a href="{}">{}</a>（{}）', url, report, report.get_status_display())
