"""連絡会議, and the frozen result for it (取りまとめ): ordered from its round, downloaded here."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from followup.admin.filters import RoundFilter
from followup.models import Council, CouncilReport
from followup.services.council_reports import FileKind, council_report_file
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, status_tag, wareki
from outreach.models import WorkState
from outreach.services.errors import Refusal

TONES = {
    WorkState.QUEUED: ("info", "waiting"),
    WorkState.RUNNING: ("info", "progress"),
    WorkState.DONE: ("success", ""),
    WorkState.FAILED: ("error", ""),
}
UNFINISHED = (WorkState.QUEUED, WorkState.RUNNING)

AS_OF = wareki("as_of", "時点")
REQUESTED = wareki("requested_at", "作成依頼日時")
FINISHED = wareki("finished_at", "完成日時")


@admin.register(Council)
class CouncilAdmin(StaffAdmin):
    list_display = ("number", "name", "held_on")
    list_display_links = ("name",)


@admin.register(CouncilReport)
class CouncilReportAdmin(ReadOnly, StaffAdmin):
    """The page looks again by itself while a report is in the making."""

    list_display = ("round", AS_OF, "state_tag", "files", "requested_by")
    list_filter = ("state", ("round", RoundFilter))
    list_select_related = ("round__request", "round__council", "requested_by")
    ordering = ("-pk",)
    fields = (
        "round",
        AS_OF,
        "state_tag",
        "files",
        "error",
        (REQUESTED, "requested_by", FINISHED),
        "data_sha256",
        "paper_sha256",
        "audit_link",
    )
    readonly_fields = (AS_OF, "state_tag", "files", REQUESTED, FINISHED, "audit_link")
    change_list_template = "admin/work_list.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        own = [
            path("<int:object_id>/<str:kind>.xlsx", view, name="followup_councilreport_file"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        waiting = CouncilReport.objects.filter(state__in=UNFINISHED).exists()
        return super().changelist_view(request, {"is_waiting": waiting, **(extra_context or {})})

    def file_view(self, request: HttpRequest, object_id: int, kind: str) -> HttpResponseBase:
        """Hand out one of the two files; who took it is recorded."""
        report = self.get_object(request, str(object_id))
        if report is None or kind not in set(FileKind):
            raise Http404
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        actor = cast("StaffRequest", request).user
        try:
            found = council_report_file(report=report, kind=kind, actor=actor, now=clock.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:followup_councilreport_changelist"))
        response = FileResponse(found.file.open("rb"), content_type="application/octet-stream")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return response

    @admin.display(description="状態", ordering="state")
    def state_tag(self, report: CouncilReport) -> SafeString:
        percent = f"（{report.progress}％）" if report.state == WorkState.RUNNING else ""
        label = f"{report.get_state_display()}{percent}"
        return status_tag(label, *TONES[WorkState(report.state)])

    @admin.display(description="ファイル")
    def files(self, report: CouncilReport) -> SafeString | str:
        if report.state != WorkState.DONE:
            return report.error or "－"
        links = (
            (reverse("admin:followup_councilreport_file", args=[report.pk, kind]), kind.label)
            for kind in FileKind
        )
        return format_html_join("　", '<a href="{}">{}</a>', links)
