"""発出・要請文: what the ministries chose, wrote and sent; staff look at it and export it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from outreach.admin.base import HistoryAdmin, ReadOnly, StaffAdmin, wareki
from outreach.admin.lists import month_filter
from outreach.admin.spreadsheets import ExportAdmin
from outreach.models import BodyCategory, Channel, Letter, Notification
from outreach.resources.notifications import NotificationResource


class IssuedFilter(admin.SimpleListFilter):
    title = "発出の状況"
    parameter_name = "issued"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "発出済み"), ("no", "未発出（選定のみ）")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notification]
    ) -> QuerySet[Notification] | None:
        if self.value() == "yes":
            return queryset.filter(issued_on__isnull=False)
        return queryset.filter(issued_on=None) if self.value() == "no" else None


class CategoryFilter(admin.SimpleListFilter):
    title = "区分"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Any:
        return BodyCategory.choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notification]
    ) -> QuerySet[Notification] | None:
        return queryset.filter(body__category=self.value()) if self.value() else None


ISSUED = wareki("issued_on", "発出日")
RECORDED = wareki("recorded_at", "記録日時")


@admin.register(Notification)
class NotificationAdmin(ReadOnly, ExportAdmin, HistoryAdmin):
    resource_classes = (NotificationResource,)
    list_display = ("body", "ministry", "template", ISSUED, "recorded_by", RECORDED)
    list_filter = (
        IssuedFilter,
        month_filter("issued_on", "発出した月"),
        "template__number",
        CategoryFilter,
        "assignment__ministry",
    )
    sortable_by = (ISSUED,)
    list_select_related = ("assignment__ministry", "body", "template", "recorded_by")
    search_fields = ("body__name_key",)
    search_help_text = "団体の名称で検索します。"
    ordering = ("-pk",)
    fields = (
        "assignment",
        "body",
        "template",
        ISSUED,
        "channels",
        "channel_other",
        "materials",
        "request_attached",
        "wording_changed",
        "note",
        "recorded_by",
        RECORDED,
        "audit_link",
    )
    readonly_fields = (ISSUED, RECORDED, "audit_link")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Search as officers do: widths and spaces aside."""
        return queryset.to_bodies_named(search_term), False

    @admin.display(description="府省庁")
    def ministry(self, notification: Notification) -> str:
        return notification.assignment.ministry.name


@admin.register(Letter)
class LetterAdmin(ReadOnly, HistoryAdmin):
    list_display = ("assignment", "template", "subject", "document_number")
    list_filter = ("template__number", "assignment__ministry")
    list_select_related = ("assignment__ministry", "assignment__request", "template")
    fields = (
        "assignment",
        "template",
        "subject",
        "text",
        "document_number",
        ("bureau", "division"),
        ("contact_name", "contact_phone", "contact_email"),
        "audit_link",
    )
    readonly_fields = ("audit_link",)


@admin.register(Channel)
class ChannelAdmin(StaffAdmin):
    list_display = ("order", "label", "code", "is_other")
    list_display_links = ("label",)
