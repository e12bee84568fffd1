"""府省庁: who is asked, and how to reach it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from followup.admin.contacts import ContactPages
from followup.admin.reminder_pauses import PAUSE_STEPS, ShowsPause
from followup.services.reminder_recipients import ministries_without_officer
from outreach.admin.base import HistoryAdmin
from outreach.admin.spreadsheets import ImportExportAdmin
from outreach.admin.steps import StepsAdmin
from outreach.models import Ministry, User
from outreach.resources.ministries import MinistryResource


class OfficerInline(admin.TabularInline):
    """The officers of a ministry, to be seen; they are changed on their own page."""

    model = User
    fields = ("name", "email", "role", "department", "phone", "is_active")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "担当者"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfficerFilter(admin.SimpleListFilter):
    title = "担当者の有無"
    parameter_name = "without_officer"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "報告が必要なのに担当者がいない")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ministry]) -> QuerySet[Ministry] | None:
        return queryset.filter(pk__in=ministries_without_officer()) if self.value() == "yes" else None


@admin.register(Ministry)
class MinistryAdmin(ShowsPause, ContactPages, ImportExportAdmin, HistoryAdmin, StepsAdmin):
    steps = PAUSE_STEPS
    resource_classes = (MinistryResource,)
    list_display = ("order", "name", "abbreviation", "role", "is_asked", "officers", "mailbox")
    list_display_links = ("name",)
    list_filter = ("is_asked", OfficerFilter, "role", "kind")
    search_fields = ("name", "abbreviation")
    ordering = ("order",)
    inlines = (OfficerInline,)
    fields = (
        ("order", "name", "abbreviation"),
        ("kind", "parent_name", "name_en"),
        ("role", "is_asked", "corporate_number"),
        ("mailbox", "superior_email"),
        "pause_text",
        "reminder_history",
        "note",
        "audit_link",
    )
    readonly_fields = ("pause_text", "reminder_history", "audit_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ministry]:
        working = Q(users__is_active=True, users__is_staff=False)
        return super().get_queryset(request).annotate(officer_count=Count("users", filter=working))

    @admin.display(description="担当者数", ordering="officer_count")
    def officers(self, ministry: Ministry) -> int:
        count: int = ministry.officer_count  # type: ignore[attr-defined]
        return count
