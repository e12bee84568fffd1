"""督促の規則, their ledger, and the days that differ from the law's calendar."""

from __future__ import annotations

from django.contrib import admin

from followup.models import Reminder, ReminderRule, SpecialDay
from outreach.admin.base import ReadOnly, StaffAdmin, wareki
from outreach.admin.lists import month_filter

DUE = wareki("due_on", "対象の期限")
PLANNED = wareki("planned_on", "計画日")


@admin.register(ReminderRule)
class ReminderRuleAdmin(StaffAdmin):
    list_display = ("__str__", "offset_days", "audience", "escalates", "subject", "is_active")
    ordering = ("offset_days",)
    fields = (("offset_days", "is_active"), ("audience", "escalates"), "subject", "text", "audit_link")
    readonly_fields = ("audit_link",)


@admin.register(Reminder)
class ReminderAdmin(ReadOnly, StaffAdmin):
    list_display = ("ministry", "rule", DUE, "recipient", PLANNED, "mail_state")
    list_filter = ("rule", month_filter("planned_on", "計画した月"), "report__assignment__ministry")
    sortable_by = (PLANNED,)
    list_select_related = ("report__assignment__ministry", "rule", "mail")
    ordering = ("-pk",)
    fields = ("report", "rule", DUE, "recipient", "user", "mail", PLANNED)
    readonly_fields = (DUE, PLANNED)

    @admin.display(description="府省庁")
    def ministry(self, reminder: Reminder) -> str:
        return reminder.report.assignment.ministry.name

    @admin.display(description="メールの状態")
    def mail_state(self, reminder: Reminder) -> str:
        return reminder.mail.get_state_display()


@admin.register(SpecialDay)
class SpecialDayAdmin(StaffAdmin):
    deletable = True
    list_display = ("day", "name", "is_closed")
    ordering = ("-day",)
