"""回答用ブック一式: ordered from its round, downloaded here."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from followup.admin.filters import RoundFilter
from followup.models import WorkbookBundle
from followup.services.workbook_bundles import bundle_file
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, status_tag, wareki
from outreach.models import WorkState
from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.errors import Refusal

TONES = {
    WorkState.QUEUED: ("info", "waiting"),
    WorkState.RUNNING: ("info", "progress"),
    WorkState.DONE: ("success", ""),
    WorkState.FAILED: ("error", ""),
}

REQUESTED = wareki("requested_at", "作成依頼日時")
FINISHED = wareki("finished_at", "完成日時")
EXPIRES = wareki("expires_at", "ダウンロードの期限")


@admin.register(WorkbookBundle)
class WorkbookBundleAdmin(ReadOnly, StaffAdmin):
    """The page looks again by itself while a bundle is in the making."""

    list_display = ("round", REQUESTED, "state_tag", "workbook_count", "download_link", "requested_by")
    list_filter = ("state", ("round", RoundFilter))
    list_select_related = ("round__request", "requested_by")
    ordering = ("-pk",)
    fields = (
        "round",
        "state_tag",
        "workbook_count",
        "download_link",
        "error",
        (REQUESTED, "requested_by", FINISHED),
        EXPIRES,
        "sha256",
        "audit_link",
    )
    readonly_fields = ("state_tag", "download_link", REQUESTED, FINISHED, EXPIRES, "audit_link")
    change_list_template = "admin/work_list.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        own = [path("<int:object_id>/workbooks.zip", view, name="followup_workbookbundle_file")]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        waiting = WorkbookBundle.objects.in_the_making().exists()
        return super().changelist_view(request, {"is_waiting": waiting, **(extra_context or {})})

    def file_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """Hand out the zip; who took it is recorded."""
        bundle = self.get_object(request, str(object_id))
        if bundle is None:
            raise Http404
        if not self.has_view_permission(request, bundle):
            raise PermissionDenied
        try:
            actor = cast("StaffRequest", request).user
            file = bundle_file(bundle=bundle, actor=actor, now=clock.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:followup_workbookbundle_changelist"))
        made = instant_in_tokyo(bundle.requested_at)
        name = safe_file_name(f"回答用ブック一式_第{bundle.round.number}回_{made:%Y%m%d-%H%M}", ".zip")
        content = file.open("rb")
        return FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")

    @admin.display(description="状態", ordering="state")
    def state_tag(self, bundle: WorkbookBundle) -> SafeString:
        percent = f"（{bundle.progress}％）" if bundle.state == WorkState.RUNNING else ""
        label = f"{bundle.get_state_display()}{percent}"
        return status_tag(label, *TONES[WorkState(bundle.state)])

    @admin.display(description="ファイル")
    def download_link(self, bundle: WorkbookBundle) -> SafeString | str:
        if bundle.state != WorkState.DONE:
            return bundle.error or "－"
        if not bundle.file:
            return "期限切れ"
        url = reverse("admin:followup_workbookbundle_file", args=[bundle.pk])
        return format_html('<a href="{}">ダウンロード</a>', url)
