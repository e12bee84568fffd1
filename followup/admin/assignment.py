"""対応: what each ministry has done on a request so far."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from followup.admin.report import TONES
from followup.models import Report
from followup.rules.status import ReportStatus
from outreach import clock
from outreach.admin.base import HistoryAdmin, ReadOnly, status_tag, wareki
from outreach.models import Assignment, TemplateNumber


class NoBodyFilter(admin.SimpleListFilter):
    title = "該当なし"
    parameter_name = "no_body"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "該当団体なし"), ("no", "該当団体あり又は未回答")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Assignment] | None:
        declared = ~Q(no_body_reason="") | Q(report_no_body_reason__gt="")
        if self.value() == "yes":
            return queryset.filter(declared)
        return queryset.exclude(declared) if self.value() == "no" else None


class ReportStatusFilter(admin.SimpleListFilter):
    title = "報告の状態"
    parameter_name = "report_status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return ReportStatus.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Assignment] | None:
        return queryset.filter(report_status=self.value()) if self.value() else None


class OverdueFilter(admin.SimpleListFilter):
    title = "期限"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "期限超過（未提出）")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Assignment] | None:
        return queryset.filter(has_overdue_report=True) if self.value() == "yes" else None


def _issued(number: TemplateNumber) -> Count:
    condition = Q(notifications__issued_on__isnull=False, notifications__template__number=number)
    return Count("notifications", filter=condition)


ACKNOWLEDGED = wareki("acknowledged_at", "確認日時")
CREATED = wareki("created_at", "発出日時")


@admin.register(Assignment)
class AssignmentAdmin(ReadOnly, HistoryAdmin):
    list_display = (
        "ministry",
        ACKNOWLEDGED,
        "aimed",
        "issued_by_template_1",
        "issued_by_template_2",
        "is_no_body",
        "report_tag",
        "overdue_tag",
        "request",
    )
    list_filter = (ReportStatusFilter, OverdueFilter, NoBodyFilter, "request", "ministry")
    list_select_related = ("ministry", "request")
    ordering = ("-request", "ministry__order")
    fields = (
        ("request", "ministry"),
        CREATED,
        (ACKNOWLEDGED, "acknowledged_by"),
        "no_body_reason",
        ("aimed", "issued_by_template_1", "issued_by_template_2"),
        ("report_tag", "overdue_tag"),
        "audit_link",
    )
    readonly_fields = (
        CREATED,
        ACKNOWLEDGED,
        "aimed",
        "issued_by_template_1",
        "issued_by_template_2",
        "report_tag",
        "overdue_tag",
        "audit_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Bring along the report of the newest round, and whether any is overdue."""
        newest = Report.objects.filter(assignment=OuterRef("pk")).order_by("-round__number")
        overdue = Report.objects.overdue(clock.now()).filter(assignment=OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                report_status=Subquery(newest.values("status")[:1]),
                report_no_body_reason=Subquery(newest.values("no_body_reason")[:1]),
                has_overdue_report=Exists(overdue),
            )
            .annotate(
                aimed_count=Count("notifications"),
                issued_1=_issued(TemplateNumber.BUSINESS),
                issued_2=_issued(TemplateNumber.AGENCY),
            )
        )

    @admin.display(description="発出先（延べ）")
    def aimed(self, assignment: Any) -> int:
        return int(assignment.aimed_count)

    @admin.display(description="ひな形1で発出")
    def issued_by_template_1(self, assignment: Any) -> int:
        return int(assignment.issued_1)

    @admin.display(description="ひな形2で発出")
    def issued_by_template_2(self, assignment: Any) -> int:
        return int(assignment.issued_2)

    @admin.display(description="該当なし", boolean=True)
    def is_no_body(self, assignment: Any) -> bool:
        return assignment.is_no_body or bool(assignment.report_no_body_reason)

    @admin.display(description="報告の状態", ordering="report_status")
    def report_tag(self, assignment: Any) -> SafeString | str:
        if assignment.report_status is None:
            return "－"
        status = ReportStatus(assignment.report_status)
        return status_tag(status.label, *TONES[status])

    @admin.display(description="期限超過", ordering="has_overdue_report")
    def overdue_tag(self, assignment: Any) -> SafeString | str:
        return status_tag("期限超過", "error") if assignment.has_overdue_report else "－"
