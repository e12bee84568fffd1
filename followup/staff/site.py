"""The admin site of the staff: its first page shows what needs attention, its pages are our own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from followup.staff.dashboard import dashboard
from outreach import clock

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("依頼と発出", ("OutreachRequest", "Topic", "Assignment", "Letter", "Notification", "Body")),
    (
        "フォローアップ",
        (
            "Round",
            "FormVersion",
            "Report",
            "ExtensionRequest",
            "Submission",
            "FigureRuling",
            "WorkbookBundle",
            "CouncilReport",
            "ExportSchedule",
            "ExportRun",
            "ExportLink",
            "Council",
        ),
    ),
    ("連絡と督促", ("OutgoingMail", "Reminder", "ReminderRule", "SpecialDay")),
    ("府省庁と利用者", ("Ministry", "User", "Invitation", "Handover", "Group", "ApiToken")),
    ("記録と稼働", ("AuditEntry", "TaskRun")),
    ("設定", ("IssuingOffice", "Channel")),
)


class StaffSite(admin.AdminSite):
    site_title = "周知依頼トラッカー"
    site_header = "周知依頼トラッカー　管理画面"
    empty_value_display = "－"
    index_title = "管理画面"
    site_url = None
    enable_nav_sidebar = True

    def register(
        self, model_or_iterable: Any, admin_class: type[admin.ModelAdmin] | None = None, **options: Any
    ) -> None:
        """Take pages of our own only: those that libraries bring would go past the services.

        Our own say so (`is_ours`); to import them here would register them before the site exists.
        """
        if getattr(admin_class, "is_ours", False):
            super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context = {"dashboard": dashboard(request.user, now=clock.now()), **(extra_context or {})}
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the pages by subject, not by the app they happen to be in."""
        if app_label:
            return super().get_app_list(request, app_label)
        known = {
            model["object_name"]: model for app in super().get_app_list(request) for model in app["models"]
        }
        groups = [(name, [known[model] for model in models if model in known]) for name, models in GROUPS]
        return [_group(number, name, models) for number, (name, models) in enumerate(groups) if models]


def _group(number: int, name: str, models: Iterable[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "app_label": f"group-{number}",
        "app_url": reverse("admin:index"),
        "has_module_perms": True,
        "models": list(models),
    }
