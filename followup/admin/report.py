"""報告: what a ministry submitted, version by version; returned, accepted, reopened, given more time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from followup.admin.dues import due_column
from followup.admin.filters import RoundFilter
from followup.admin.reminder_pauses import PAUSE_STEPS, ShowsPause
from followup.admin.report_answers import answers_context
from followup.admin.report_forms import ExtendForm, ReturnForm, SeenForm
from followup.admin.report_workbooks import WorkbooksAdmin
from followup.admin.review_page import ReviewPage
from followup.admin.review_queue import ReviewQueue
from followup.models import Doubt, Report, Submission
from followup.rules.status import REPORT_STEPS, UNANSWERED, ReportStatus
from followup.services.extensions import extend_due_date
from followup.services.points import as_inputs, gathered_points
from followup.services.review import accept_report, reopen_report, return_report
from outreach import clock
from outreach.admin.base import HistoryAdmin, ReadOnly, StaffRequest, status_tag, wareki
from outreach.admin.steps import StepPage, StepsAdmin

CHANGE = "followup.change_report"
TONES = {
    ReportStatus.DRAFT: ("neutral", "progress"),
    ReportStatus.IN_REVIEW: ("neutral", "waiting"),
    ReportStatus.SUBMITTED: ("info", ""),
    ReportStatus.RETURNED: ("warning", ""),
    ReportStatus.ACCEPTED: ("success", ""),
}


def _return(request: StaffRequest, report: Report, form: forms.Form) -> str:
    return_report(report=report, actor=request.user, now=clock.now(), **_given(request, form))
    return "差し戻しました。府省庁への連絡はまもなく送信されます。"


def _reopen(request: StaffRequest, report: Report, form: forms.Form) -> str:
    reopen_report(report=report, actor=request.user, now=clock.now(), **_given(request, form))
    return "受理を取り消し、差し戻しました。府省庁への連絡はまもなく送信されます。"


def _given(request: StaffRequest, form: forms.Form) -> dict[str, Any]:
    """Return what a return takes: what was entered, and the points gathered by who returns."""
    latest = form.latest  # type: ignore[attr-defined]
    points = as_inputs(gathered_points(submission=latest, actor=request.user)) if latest else []
    return {name: form.cleaned_data[name] for name in ("reason", "seen_number")} | {"points": points}


def _gathered(request: StaffRequest, _report: Report, form: forms.Form) -> dict[str, Any]:
    latest = form.latest  # type: ignore[attr-defined]
    return {"gathered": gathered_points(submission=latest, actor=request.user) if latest else []}


def _open_doubts(_request: StaffRequest, report: Report, _form: forms.Form) -> dict[str, Any]:
    found = Doubt.objects.open().filter(submission__report=report, submission__is_latest=True)
    return {"open_doubts": found.count()}


def _accept(request: StaffRequest, report: Report, form: forms.Form) -> str:
    number = form.cleaned_data["seen_number"]
    accept_report(report=report, seen_number=number, actor=request.user, now=clock.now())
    return "受理しました。府省庁への連絡はまもなく送信されます。"


def _extend(request: StaffRequest, report: Report, form: forms.Form) -> str:
    extend_due_date(report=report, actor=request.user, now=clock.now(), **form.cleaned_data)
    return "回答期限を延長しました。"


def _step(verb: str, **fields: Any) -> StepPage:
    """Make the button of a step of the status table."""
    step = next(step for step in REPORT_STEPS if step.verb == verb)
    return StepPage(
        verb=verb,
        label=step.label,
        permission=CHANGE,
        offered=lambda report: report.status in step.sources and report.round.status in step.rounds,
        **fields,
    )


class OverdueFilter(admin.SimpleListFilter):
    title = "期限"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "期限超過（未提出）")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Report] | None:
        return queryset.overdue(clock.now()) if self.value() == "yes" else None


class NoBodyFilter(admin.SimpleListFilter):
    title = "該当なし"
    parameter_name = "no_body"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "該当なしと回答")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report] | None:
        declared = ~Q(no_body_reason="") | ~Q(assignment__no_body_reason="")
        return queryset.filter(declared) if self.value() == "yes" else None


DUE = due_column("回答期限（延長後）")
UPDATED = wareki("updated_at", "最終更新日時")


@admin.register(Report)
class ReportAdmin(ShowsPause, ReadOnly, ReviewQueue, ReviewPage, HistoryAdmin, StepsAdmin, WorkbooksAdmin):
    list_display = ("ministry", "status_tag", DUE, "is_overdue", "version_number", "is_no_body", "round")
    list_filter = ("status", OverdueFilter, NoBodyFilter, ("round", RoundFilter), "assignment__ministry")
    list_select_related = ("assignment__ministry", "round__request")
    ordering = ("-round", "assignment__ministry__order")
    fields = (
        ("round", "assignment"),
        ("status_tag", DUE, "is_overdue"),
        ("form_version", "version_number"),
        "no_body_reason",
        (UPDATED, "updated_by"),
        "pause_text",
        "reminder_history",
        "workbook_link",
        "audit_link",
    )
    readonly_fields = (
        "pause_text",
        "reminder_history",
        "status_tag",
        DUE,
        UPDATED,
        "is_overdue",
        "version_number",
        "workbook_link",
        "audit_link",
    )
    change_form_template = "admin/report.html"
    steps = (
        _step(
            "accept",
            perform=_accept,
            form=SeenForm,
            template="admin/accept.html",
            context=_open_doubts,
            explanation="最新の版を受理します。府省庁にお知らせを送ります。",
        ),
        _step(
            "return",
            perform=_return,
            form=ReturnForm,
            template="admin/return.html",
            context=_gathered,
            explanation="理由と確認したい点を府省庁に送ります。府省庁は修正して再提出できます。",
        ),
        _step(
            "reopen",
            perform=_reopen,
            form=ReturnForm,
            template="admin/return.html",
            context=_gathered,
            explanation="受理を取り消し、理由と確認したい点を府省庁に送ります。",
            is_danger=True,
        ),
        StepPage(
            verb="extend",
            label="回答期限を延長する",
            permission=CHANGE,
            perform=_extend,
            form=ExtendForm,
            explanation="この府省庁だけの回答期限を延ばします。督促もこの期限で数えます。",
            offered=lambda report: report.round.is_open and report.status in UNANSWERED,
        ),
        *PAUSE_STEPS,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        latest = Submission.objects.filter(report=OuterRef("pk"), is_latest=True).values("number")
        return super().get_queryset(request).annotate(latest_number=Subquery(latest[:1]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self.get_object(request, object_id)
        answers = answers_context(report, request.GET.get("page")) if report else {}
        return super().change_view(request, object_id, form_url, answers | (extra_context or {}))

    @admin.display(description="府省庁", ordering="assignment__ministry__order")
    def ministry(self, report: Report) -> str:
        return report.assignment.ministry.name

    @admin.display(description="状態", ordering="status")
    def status_tag(self, report: Report) -> SafeString:
        return status_tag(report.get_status_display(), *TONES[ReportStatus(report.status)])

    @admin.display(description="期限超過")
    def is_overdue(self, report: Report) -> str:
        owed = report.round.is_open and report.is_overdue(clock.now())
        return status_tag("期限超過", "error") if owed else "－"

    @admin.display(description="最新の版", ordering="latest_number")
    def version_number(self, report: Report) -> str:
        number: int | None = report.latest_number  # type: ignore[attr-defined]
        return f"第{number}版" if number else "未提出"

    @admin.display(description="該当なし", boolean=True)
    def is_no_body(self, report: Report) -> bool:
        return report.is_no_body or report.assignment.is_no_body
