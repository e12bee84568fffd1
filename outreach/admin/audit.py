"""記録: who did what, and when. Only looked at; written by services, sealed by the clockwork."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from outreach.admin.base import ReadOnly, wareki
from outreach.admin.lists import NewestSearchAdmin, month_filter, newest_search_help
from outreach.models import AuditEntry

AT = wareki("at", "日時")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, NewestSearchAdmin):
    list_display = (AT, "actor_label", "action", "ministry", "object_label", "reason")
    list_filter = (month_filter("at", "月", of_instants=True), "ministry")
    sortable_by = (AT,)
    list_select_related = ("ministry",)
    search_fields = ("action", "actor_label", "object_label")
    search_help_text = newest_search_help("操作、実行者又は対象")
    ordering = ("-pk",)
    fields = (
        AT,
        "actor_label",
        "on_behalf_of",
        "action",
        "ministry",
        "kind",
        "object_link",
        "values_before",
        "values_after",
        "reason",
    )
    readonly_fields = fields

    @admin.display(description="対象の種類")
    def kind(self, entry: AuditEntry) -> str:
        return str(apps.get_model(entry.object_type)._meta.verbose_name) if entry.object_type else "－"

    @admin.display(description="対象")
    def object_link(self, entry: AuditEntry) -> str:
        """Link to the object's page, if it has one."""
        if not entry.object_type:
            return "－"
        name = f"admin:{entry.object_type.replace('.', '_')}_change"
        try:
            url = reverse(name, args=[entry.object_id])
        except NoReverseMatch:
            return entry.object_label
        return format_html('<a href="{}">{}</a>', url, entry.object_label)

    @admin.display(description="変更前")
    def values_before(self, entry: AuditEntry) -> SafeString | str:
        return _listed(entry.before)

    @admin.display(description="変更後")
    def values_after(self, entry: AuditEntry) -> SafeString | str:
        return _listed(entry.after)


def _listed(values: dict[str, Any] | None) -> SafeString | str:
    if not values:
        return "－"
    rows = ((key, _text(value)) for key, value in values.items())
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}：{}</li>", rows))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
