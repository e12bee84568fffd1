"""回答用ブック at the officers' door: download, upload, preview, confirmation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followup.models import AnswerImport, Report, WorkbookDownload
from followup.views.import_pages import ImportPages
from followup.views.reports import reports_of
from outreach.views.access import OfficerRequest, editor_required

OF_ITEM = frozenset({"making", "file", "show", "cancel", "marked"})
URLS = {
    "report": "portal:report_detail",
    "offer": "portal:report_workbook",
    "download": "portal:report_workbook_download",
    "making": "portal:report_workbook_making",
    "file": "portal:report_workbook_file",
    "show": "portal:report_import",
    "cancel": "portal:report_import_cancel",
    "marked": "portal:report_import_marked",
}


class OfficerImportPages(ImportPages):
    frame = "portal/import_frame.html"

    def url(self, name: str, report: Report, item: AnswerImport | WorkbookDownload | None = None) -> str:
        return reverse(URLS[name], args=[report.pk, item.pk] if item and name in OF_ITEM else [report.pk])

    def render(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        return render(request, template, context, status=status)


PAGES = OfficerImportPages()


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_workbook(request: OfficerRequest, pk: int) -> HttpResponseBase:
    return PAGES.offer(request, get_object_or_404(reports_of(request), pk=pk))


@editor_required
@require_POST
def report_workbook_download(request: OfficerRequest, pk: int) -> HttpResponseBase:
    return PAGES.download(request, get_object_or_404(reports_of(request), pk=pk))


def _of_import(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make the view of a page of one import, which must be the officer's own upload."""

    def view(request: OfficerRequest, pk: int, import_pk: int) -> HttpResponseBase:
        report = get_object_or_404(reports_of(request), pk=pk)
        return page(request, report, get_object_or_404(PAGES.imports(request, report), pk=import_pk))

    return view


def _of_download(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make the view of a page of one workbook in the making, which the officer must have ordered."""

    def view(request: OfficerRequest, pk: int, download_pk: int) -> HttpResponseBase:
        report = get_object_or_404(reports_of(request), pk=pk)
        return page(request, report, get_object_or_404(PAGES.downloads(request, report), pk=download_pk))

    return view


report_workbook_making = editor_required(require_safe(_of_download(PAGES.making)))
report_workbook_file = editor_required(require_safe(_of_download(PAGES.file)))


report_import = editor_required(require_http_methods(["GET", "HEAD", "POST"])(_of_import(PAGES.show)))
report_import_cancel = editor_required(require_POST(_of_import(PAGES.cancel)))
report_import_marked = editor_required(require_safe(_of_import(PAGES.marked)))
