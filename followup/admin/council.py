"""連絡会議, and the frozen result for it (取りまとめ): ordered from its round, downloaded here."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from followup.admin.council_rebuild import REBUILD, ShowsRebuild
from followup.admin.figures import SnapshotFigures
from followup.admin.filters import RoundFilter
from followup.models import Council, CouncilFile, CouncilReport
from followup.services.council_files import open_council_file
from followup.services.result_releases import release_results
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, status_tag, wareki
from outreach.admin.steps import StepPage
from outreach.models import WorkState
from outreach.rules.wareki import format_wareki_at
from outreach.services.errors import Refusal

TONES = {
    WorkState.QUEUED: ("info", "waiting"),
    WorkState.RUNNING: ("info", "progress"),
    WorkState.DONE: ("success", ""),
    WorkState.FAILED: ("error", ""),
}
ORDER = "followup.add_councilreport"
UNFINISHED = (WorkState.QUEUED, WorkState.RUNNING)

AS_OF = wareki("as_of", "時点")
REQUESTED = wareki("requested_at", "作成依頼日時")
FINISHED = wareki("finished_at", "完成日時")


@admin.register(Council)
class CouncilAdmin(StaffAdmin):
    list_display = ("number", "name", "held_on")
    list_display_links = ("name",)


class ReleaseForm(forms.Form):
    """What is said to all ministries beside the result."""

    message = forms.CharField(
        label="府省庁への連絡事項",
        max_length=1000,
        required=False,
        help_text="メールと、府省庁の画面に表示します。",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )


def _release(request: StaffRequest, report: CouncilReport, form: forms.Form) -> str:
    message = form.cleaned_data["message"]
    release_results(report=report, message=message, actor=request.user, now=clock.now())
    return "結果を府省庁へ返しました。各府省庁にメールでお知らせします。"


@admin.register(CouncilReport)
class CouncilReportAdmin(ReadOnly, SnapshotFigures, ShowsRebuild):
    """The page looks again by itself while a report is in the making."""

    list_display = ("round", AS_OF, "state_tag", "files", "requester")
    list_filter = ("state", ("round", RoundFilter))
    list_select_related = ("round__request", "round__council", "requested_by", "release")
    ordering = ("-pk",)
    fields = (
        "round",
        AS_OF,
        "state_tag",
        "figures_link",
        "files",
        "error",
        (REQUESTED, "requester", FINISHED),
        "hashes",
        "rebuild_result",
        "released",
        "audit_link",
    )
    readonly_fields = (
        AS_OF, "state_tag", "figures_link", "files", "hashes", "rebuild_result", "released", REQUESTED,
        "requester", FINISHED, "audit_link",
    )  # fmt: skip
    change_list_template = "admin/work_list.html"
    steps: ClassVar = (
        StepPage(
            verb="release",
            label="府省庁へ返す",
            permission=ORDER,
            perform=_release,
            form=ReleaseForm,
            explanation=(
                "各府省庁が、自府省庁の数値を全体と並べた結果をポータルで見られるようになり、"
                "担当者にメールでお知らせします。ほかの府省庁の数値は見えません。この操作は取り消せません。"
            ),
            offered=lambda report: report.is_done and not hasattr(report, "release"),
            confirm="この内容で返す",
            template="admin/release.html",
        ),
        REBUILD,
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))
        own = [
            path("<int:object_id>/files/<str:kind>/", view, name="followup_councilreport_file"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        waiting = CouncilReport.objects.filter(state__in=UNFINISHED).exists()
        return super().changelist_view(request, {"is_waiting": waiting, **(extra_context or {})})

    def file_view(self, request: HttpRequest, object_id: int, kind: str) -> HttpResponseBase:
        """Hand out one file of a report; who took it is recorded."""
        report = self.get_object(request, str(object_id))
        file = report and report.files.of_staff().filter(kind=kind).select_related("report__round").first()
        if file is None:
            raise Http404
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        actor = cast("StaffRequest", request).user
        try:
            content = open_council_file(file=file, actor=actor, now=clock.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:followup_councilreport_change", args=[object_id]))
        return FileResponse(
            content, as_attachment=True, filename=file.name, content_type="application/octet-stream"
        )

    @admin.display(description="状態", ordering="state")
    def state_tag(self, report: CouncilReport) -> SafeString:
        percent = f"（{report.progress}％）" if report.state == WorkState.RUNNING else ""
        label = f"{report.get_state_display()}{percent}"
        return status_tag(label, *TONES[WorkState(report.state)])

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouncilReport]:
        """Bring the files along, without each ministry's own."""
        files = Prefetch("files", CouncilFile.objects.of_staff(), to_attr="staff_files")
        return super().get_queryset(request).prefetch_related(files)

    @admin.display(description="ファイル")
    def files(self, report: CouncilReport) -> SafeString | str:
        if not report.is_done:
            return report.error or "－"
        links = ((file_url(file), file.get_kind_display()) for file in _files_of(report))
        items = format_html_join("", '<li><a href="{}">{}</a></li>', links)
        return format_html('<ul class="staff-files">{}</ul>', items)

    @admin.display(description="数値")
    def figures_link(self, report: CouncilReport) -> SafeString | str:
        if not report.is_done:
            return "－"
        url = reverse("admin:followup_councilreport_figures", args=[report.pk])
        return format_html('<a href="{}">数値を図と表で見る</a>', url)

    @admin.display(description="作成者", ordering="requested_by")
    def requester(self, report: CouncilReport) -> str:
        return report.requested_by.name if report.requested_by else "（システム）"

    @admin.display(description="府省庁への返却")
    def released(self, report: CouncilReport) -> str:
        release = getattr(report, "release", None)
        return format_wareki_at(release.released_at) if release else "－"

    @admin.display(description="SHA-256")
    def hashes(self, report: CouncilReport) -> SafeString | str:
        rows = ((file.name, file.sha256) for file in _files_of(report))
        return format_html_join("", "<p>{}<br><code>{}</code></p>", rows) or "－"


def file_url(file: CouncilFile) -> str:
    return reverse("admin:followup_councilreport_file", args=[file.report_id, file.kind])


def _files_of(report: CouncilReport) -> list[CouncilFile]:
    """Return the files that the page has brought along."""
    files: list[CouncilFile] = vars(report)["staff_files"]
    return files
