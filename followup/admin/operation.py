"""稼働状況: whether the system works, in words; and the runs of its background tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from followup.rules.system_status import judge, overall
from followup.services.system_facts import system_facts
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, staff_page, status_tag, wareki
from outreach.models import OutgoingMail, TaskRun
from outreach.rules.task_table import LONGEST, TASKS

STARTED = wareki("started_at", "開始日時")
ENDED = wareki("ended_at", "終了日時")
VIEW = "outreach.view_taskrun"
LISTS = {
    "plan": (TaskRun, "task=plan_reminders"),
    "runs": (TaskRun, "outcome=failed"),
    "outbox": (OutgoingMail, "state__exact=queued"),
    "unsent": (OutgoingMail, "state__exact=failed"),
}
"""The list behind a part, and the filter of it."""


class TaskFilter(admin.SimpleListFilter):
    title = "仕事"
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, plan.label) for name, plan in TASKS.items()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(task=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "結果"
    parameter_name = "outcome"
    conditions = {
        "failed": models.Q(ended_at__isnull=False) & ~models.Q(error=""),
        "unfinished": models.Q(ended_at=None),
        "busy": models.Q(done__gt=0),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "失敗"), ("unfinished", "終わりの記録がない"), ("busy", "1件以上行った")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        condition = self.conditions.get(self.value() or "")
        return queryset.filter(condition) if condition else queryset


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnly, StaffAdmin):
    list_display = (STARTED, "label", "state", "done", "took", "host")
    list_filter = (TaskFilter, OutcomeFilter)
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("label", "state", STARTED, ENDED, "took", "done", "error", "host")
    readonly_fields = fields
    change_list_template = "admin/task_runs.html"

    @admin.display(description="仕事")
    def label(self, run: TaskRun) -> str:
        return str(run)

    @admin.display(description="状態")
    def state(self, run: TaskRun) -> SafeString:
        if run.error:
            return status_tag(f"失敗（{run.error}）", "error")
        if run.ended_at:
            return status_tag("終了", "success")
        if run.started_at < clock.real_now() - LONGEST:
            return status_tag("終わりの記録がない", "warning")
        return status_tag("実行中", "info", "progress")

    @admin.display(description="掛かった時間")
    def took(self, run: TaskRun) -> str:
        if run.ended_at is None:
            return "－"
        return f"{(run.ended_at - run.started_at) / timedelta(seconds=1):,.1f}秒"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.status_view))
        return [path("status/", view, name="outreach_taskrun_status"), *super().get_urls()]

    def status_view(self, request: HttpRequest) -> HttpResponse:
        """Show how every part of the system is, and what to do where it is not well."""
        user = cast("StaffRequest", request).user
        if not user.has_perm(VIEW):
            raise PermissionDenied
        now = clock.real_now()
        checks = judge(system_facts(now=clock.now(), real_now=now))
        context = {
            "title": "稼働状況",
            "checks": [(check, _list_behind(user, check.key)) for check in checks],
            "overall": overall(checks),
            "as_of": now,
        }
        return staff_page(request, self, "admin/system_status.html", context)


def _list_behind(user: Any, key: str) -> str:
    """Return the address of a list that the user may see; empty where there is none."""
    if key not in LISTS:
        return ""
    model, query = LISTS[key]
    name = model._meta.model_name
    if not user.has_perm(f"outreach.view_{name}"):
        return ""
    return f"{reverse(f'admin:outreach_{name}_changelist')}?{query}"
