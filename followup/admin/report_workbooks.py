"""回答用ブック at the staff's door: brought in on a ministry's behalf (代行入力), from the report's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followup.models import AnswerImport, Report, WorkbookDownload
from followup.views.import_pages import ImportPages
from outreach.admin.base import StaffAdmin, staff_page
from outreach.views.access import UserRequest

PERMISSION = "followup.add_answerimport"
TITLE = "府省庁に代わって取り込む"
URLS = {
    "report": "admin:followup_report_change",
    "offer": "admin:followup_report_workbook",
    "download": "admin:followup_report_workbook_download",
    "making": "admin:followup_report_workbook_making",
    "file": "admin:followup_report_workbook_file",
    "show": "admin:followup_report_import",
    "cancel": "admin:followup_report_import_cancel",
    "marked": "admin:followup_report_import_marked",
}
OF_ITEM = frozenset({"making", "file", "show", "cancel", "marked"})


class StaffImportPages(ImportPages):
    on_behalf = True
    frame = "admin/import_frame.html"

    def __init__(self, model_admin: StaffAdmin) -> None:
        self.model_admin = model_admin

    def url(self, name: str, report: Report, item: AnswerImport | WorkbookDownload | None = None) -> str:
        return reverse(URLS[name], args=[report.pk, item.pk] if item and name in OF_ITEM else [report.pk])

    def imports(self, request: UserRequest, report: Report) -> Any:
        return super().imports(request, report).by_staff()

    def render(
        self, request: UserRequest, template: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        shown = context | {"title": TITLE, "original": context["report"]}
        response = staff_page(request, self.model_admin, template, shown)
        response.status_code = status
        return response


class WorkbooksAdmin(StaffAdmin):
    """The pages of workbooks below the page of a report."""

    def get_urls(self) -> list[Any]:
        pages = StaffImportPages(self)
        either = require_http_methods(["GET", "HEAD", "POST"])
        of_import = "<int:object_id>/workbook/<int:import_id>/"
        of_download = "<int:object_id>/workbook/download/<int:download_id>/"
        own = [
            self._path("<int:object_id>/workbook/", either(_of_report(pages.offer)), "workbook"),
            self._path(
                "<int:object_id>/workbook/download/",
                require_POST(_of_report(pages.download)),
                "workbook_download",
            ),
            self._path(of_download, require_safe(_of_download(pages, pages.making)), "workbook_making"),
            self._path(f"{of_download}file/", require_safe(_of_download(pages, pages.file)), "workbook_file"),
            self._path(of_import, either(_of_import(pages, pages.show)), "import"),
            self._path(f"{of_import}cancel/", require_POST(_of_import(pages, pages.cancel)), "import_cancel"),
            self._path(f"{of_import}marked/", require_safe(_of_import(pages, pages.marked)), "import_marked"),
        ]
        return [*own, *super().get_urls()]

    def _path(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> Any:
        return path(route, self.admin_site.admin_view(view), name=f"followup_report_{name}")

    @admin.display(description="回答用ブック")
    def workbook_link(self, report: Report) -> SafeString:
        url = reverse("admin:followup_report_workbook", args=[report.pk])
        return format_html('<a href="{}">{}</a>', url, TITLE)


def _of_report(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def view(request: HttpRequest, object_id: int) -> HttpResponseBase:
        return page(request, _report(request, object_id))

    return view


def _of_import(
    pages: StaffImportPages, page: Callable[..., HttpResponseBase]
) -> Callable[..., HttpResponseBase]:
    """Make the view of a page of one import, which must be the member of staff's own upload."""

    def view(request: UserRequest, object_id: int, import_id: int) -> HttpResponseBase:
        report = _report(request, object_id)
        return page(request, report, get_object_or_404(pages.imports(request, report), pk=import_id))

    return view


def _of_download(
    pages: StaffImportPages, page: Callable[..., HttpResponseBase]
) -> Callable[..., HttpResponseBase]:
    """Make the view of a page of one workbook in the making, which the member of staff must have ordered."""

    def view(request: UserRequest, object_id: int, download_id: int) -> HttpResponseBase:
        report = _report(request, object_id)
        return page(request, report, get_object_or_404(pages.downloads(request, report), pk=download_id))

    return view


def _report(request: HttpRequest, pk: int) -> Report:
    """Return the report; refuse staff without the right to enter for a ministry."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    reports = Report.objects.select_related(
        "round__request", "round__council", "assignment__ministry", "form_version"
    )
    try:
        return get_object_or_404(reports, pk=pk)
    except OverflowError as error:  # an id beyond the integers of SQLite is of no row
        raise Http404 from error
