"""対応: what each ministry has done on a request so far."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from outreach.admin.base import HistoryAdmin, ReadOnly, wareki
from outreach.models import Assignment, TemplateNumber


class NoBodyFilter(admin.SimpleListFilter):
    title = "該当なし"
    parameter_name = "no_body"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "該当団体なし"), ("no", "該当団体あり又は未回答")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> QuerySet[Assignment] | None:
        if self.value() == "yes":
            return queryset.exclude(no_body_reason="")
        return queryset.filter(no_body_reason="") if self.value() == "no" else None


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
        "request",
    )
    list_filter = (NoBodyFilter, "request", "ministry")
    list_select_related = ("ministry", "request")
    ordering = ("-request", "ministry__order")
    fields = (
        ("request", "ministry"),
        CREATED,
        (ACKNOWLEDGED, "acknowledged_by"),
        "no_body_reason",
        ("aimed", "issued_by_template_1", "issued_by_template_2"),
        "audit_link",
    )
    readonly_fields = (
        CREATED,
        ACKNOWLEDGED,
        "aimed",
        "issued_by_template_1",
        "issued_by_template_2",
        "audit_link",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return (
            super()
            .get_queryset(request)
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
    def is_no_body(self, assignment: Assignment) -> bool:
        return assignment.is_no_body
