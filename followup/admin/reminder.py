"""督促の規則, their ledger, and the days that differ from the law's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from followup.admin.reminder_simulation import SimulationPages
from followup.models import Reminder, ReminderRule
from followup.resources.reminders import ReminderResource
from followup.rules.obligations import KINDS, kind_choices
from followup.rules.reminder_text import placeholders_of
from followup.services.reminder_facts import path_of
from followup.services.reminder_openings import note_opening
from followup.services.reminder_preview import preview_rule
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, staff_page, wareki
from outreach.admin.lists import month_filter
from outreach.admin.spreadsheets import ExportAdmin
from outreach.rules.wareki import format_wareki_at

PREVIEWED = ("kind", "offset_days", "audience", "subject", "text")
"""The fields that the preview depends on."""

DUE = wareki("due_on", "起算日")
PLANNED = wareki("planned_on", "計画日")
OPENED = wareki("opened_at", "リンクを開いた日時")


@admin.register(ReminderRule)
class ReminderRuleAdmin(SimulationPages, StaffAdmin):
    change_list_template = "admin/reminder_rules.html"
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


OF_REPORT = "obligation__report__id__exact"
"""The history of one report, asked for from its page."""


class KindFilter(admin.SimpleListFilter):
    title = "督促の対象"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return kind_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder] | None:
        return queryset.filter(obligation__kind=self.value()) if self.value() else None


class OpenedFilter(admin.SimpleListFilter):
    title = "リンク"
    parameter_name = "opened"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "開いた"), ("no", "開いていない")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reminder]) -> QuerySet[Reminder] | None:
        return queryset.filter(opened_at__isnull=self.value() == "no") if self.value() else None


@admin.register(Reminder)
class ReminderAdmin(ReadOnly, ExportAdmin, StaffAdmin):
    """The history: what was sent, to whom, why, and when its link was opened."""

    resource_classes = (ReminderResource,)
    list_display = ("ministry", "why", "recipient", PLANNED, "sent", OPENED)
    list_filter = (
        KindFilter,
        month_filter("planned_on", "計画した月"),
        "mail__state",
        OpenedFilter,
        "obligation__ministry",
    )
    sortable_by = (PLANNED,)
    list_select_related = ("obligation__ministry", "rule", "mail")
    ordering = ("-pk",)
    fields = (
        ("ministry", "why", DUE),
        ("recipient", "user"),
        ("mail", "mail_state", "sent_at"),
        (PLANNED, OPENED, "opened_by"),
    )
    readonly_fields = ("ministry", "why", "mail_state", "sent_at", DUE, PLANNED, OPENED)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(never_cache(self.open_view)))
        return [path("<int:pk>/open/", view, name="followup_reminder_open"), *super().get_urls()]

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead from the link of a mail to staff to what it is about, and note the first opening."""
        reminder = get_object_or_404(Reminder.objects.select_related("obligation"), pk=pk)
        user = cast("StaffRequest", request).user
        note_opening(
            reminder=reminder, user=user, method=request.method or "", meta=request.META, now=clock.now()
        )
        return HttpResponseRedirect(path_of(reminder.obligation, to_staff=True))

    @admin.display(description="府省庁")
    def ministry(self, reminder: Reminder) -> str:
        return reminder.obligation.ministry.name

    @admin.display(description="理由")
    def why(self, reminder: Reminder) -> str:
        return f"{reminder.rule.kind_words.label}：{reminder.rule}"

    @admin.display(description="メールの状態")
    def mail_state(self, reminder: Reminder) -> str:
        return reminder.mail.get_state_display()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == OF_REPORT or super().lookup_allowed(lookup, value, request)

    @admin.display(description="送信")
    def sent(self, reminder: Reminder) -> str:
        return self.sent_at(reminder) if reminder.mail.sent_at else self.mail_state(reminder)

    @admin.display(description="送信日時")
    def sent_at(self, reminder: Reminder) -> str:
        return format_wareki_at(reminder.mail.sent_at) if reminder.mail.sent_at else "－"
