"""督促の規則, their ledger, and the days that differ from the law's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from followup.models import Reminder, ReminderRule, SpecialDay
from followup.rules.obligations import KINDS
from followup.rules.reminder_text import placeholders_of
from followup.services.reminder_preview import preview_rule
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, staff_page, wareki
from outreach.admin.lists import month_filter

PREVIEWED = ("kind", "offset_days", "audience", "subject", "text")
"""The fields that the preview depends on."""

DUE = wareki("due_on", "対象の期限")
PLANNED = wareki("planned_on", "計画日")


@admin.register(ReminderRule)
class ReminderRuleAdmin(StaffAdmin):
    change_form_template = "admin/reminder_rule.html"
    list_display = ("kind", "__str__", "step", "audience", "subject", "is_active")
    list_display_links = ("__str__",)
    list_filter = ("kind", "is_active", "audience")
    ordering = ("kind", "offset_days", "step")
    fields = (
        "kind",
        ("offset_days", "step"),
        ("audience", "escalates"),
        "subject",
        "text",
        ("is_active", "valid_from", "valid_until"),
        "audit_link",
    )
    readonly_fields = ("audit_link",)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="followup_reminderrule_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Show the mail that the entered words make; nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.POST or None)
        form.is_valid()
        template = (
            "admin/reminder_preview.html"
            if request.headers.get("HX-Request")
            else "admin/reminder_preview_page.html"
        )
        return staff_page(
            request, self, template, {"title": "プレビュー", **_preview(form.instance, form.errors)}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        context |= {"placeholders": _placeholders(), **_preview(form.instance, {})}
        return super().render_change_form(request, context, *args, **kwargs)


def _placeholders() -> list[tuple[str, str]]:
    """Return what each kind of obligation may put in, for the help below the text."""
    return [(kind.label, "　".join(placeholders_of(kind))) for kind in KINDS.values()]


def _preview(rule: ReminderRule, errors: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the preview shows: the mail, or what has to be put right before there is one."""
    problems = [message for field in PREVIEWED for message in errors.get(field, ())]
    if problems or rule.kind not in KINDS or rule.offset_days is None:
        return {"problems": problems, "mail_subject": "", "mail_body": ""}
    subject, body = preview_rule(rule=rule, now=clock.now())
    return {"problems": [], "mail_subject": subject, "mail_body": body}


@admin.register(Reminder)
class ReminderAdmin(ReadOnly, StaffAdmin):
    list_display = ("ministry", "rule", DUE, "recipient", PLANNED, "mail_state")
    list_filter = ("rule", month_filter("planned_on", "計画した月"), "obligation__ministry")
    sortable_by = (PLANNED,)
    list_select_related = ("obligation__ministry", "rule", "mail")
    ordering = ("-pk",)
    fields = ("obligation", "rule", DUE, "recipient", "user", "mail", PLANNED)
    readonly_fields = (DUE, PLANNED)

    @admin.display(description="府省庁")
    def ministry(self, reminder: Reminder) -> str:
        return reminder.obligation.ministry.name

    @admin.display(description="メールの状態")
    def mail_state(self, reminder: Reminder) -> str:
        return reminder.mail.get_state_display()


@admin.register(SpecialDay)
class SpecialDayAdmin(StaffAdmin):
    deletable = True
    list_display = ("day", "name", "is_closed")
    ordering = ("-day",)
