"""提出: every version that ministries handed in, to be read and exported."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from followup.admin.dues import due_column
from followup.admin.filters import RoundFilter
from followup.admin.report_answers import submission_context
from followup.models import Submission
from followup.resources.answers import BodyAnswerResource, MinistryAnswerResource
from outreach.admin.base import ReadOnly, StaffAdmin, wareki
from outreach.admin.lists import month_filter
from outreach.admin.spreadsheets import ExportAdmin

SUBMITTED = wareki("submitted_at", "提出日時")
DUE = due_column("提出時の回答期限")


@admin.register(Submission)
class SubmissionAdmin(ReadOnly, ExportAdmin, StaffAdmin):
    resource_classes = (MinistryAnswerResource, BodyAnswerResource)
    list_display = ("receipt_number", "ministry", "number", "is_latest", SUBMITTED, "submitted_by_label")
    list_filter = (
        "is_latest",
        month_filter("submitted_at", "提出した月", of_instants=True),
        ("report__round", RoundFilter),
        "report__status",
        "report__assignment__ministry",
    )
    list_select_related = ("report__assignment__ministry",)
    search_fields = ("receipt_number__startswith",)
    search_help_text = "受付番号（先頭からの一部でも可）で検索します。"
    sortable_by = (SUBMITTED,)
    ordering = ("-pk",)
    fields = (
        "receipt_number",
        "report",
        ("number", "is_latest", "form_version"),
        (SUBMITTED, "submitted_by_label", DUE),
        "no_body_reason",
        "content_hash",
        "audit_link",
    )
    readonly_fields = (SUBMITTED, DUE, "audit_link")
    change_form_template = "admin/submission.html"

    @admin.display(description="府省庁")
    def ministry(self, submission: Submission) -> str:
        return submission.report.assignment.ministry.name

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        submission = self.get_object(request, object_id)
        answers = submission_context(submission, request.GET.get("page")) if submission else {}
        return super().change_view(request, object_id, form_url, answers | (extra_context or {}))
