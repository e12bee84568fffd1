"""The pages of a workbook that is handed out, at whichever door: at once, or made by a worker first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from followup.models import AnswerImport, Report, WorkbookDownload
from followup.services.workbook_downloads import download_file, is_large, request_download
from followup.tasks import build_workbook_download, ring
from followup.workbooks.answer_download import make_workbook, workbook_name
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import UserRequest
from outreach.views.files import attachment

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class DownloadPages(ABC):
    """What both doors share; a subclass says in which frame and at which addresses.

    A workbook in the making is the one's who ordered it: to everybody else it is not there.
    """

    on_behalf = False
    frame: str

    @abstractmethod
    def url(self, name: str, report: Report, item: AnswerImport | WorkbookDownload | None = None) -> str:
        """Return the address of a page.

        Of a report: report, offer, download; of an import: show, cancel, marked; of a workbook in the
        making: making, file.
        """

    @abstractmethod
    def render(
        self, request: UserRequest, template: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        """Return a page in the door's own frame."""

    @abstractmethod
    def refused_download(self, request: UserRequest, report: Report, refusal: Refusal) -> HttpResponse:
        """Say why there is no workbook now (409)."""

    def download(self, request: UserRequest, report: Report) -> HttpResponseBase:
        """Hand out a new workbook, prefilled with what the report says now; order one that takes long."""
        now = clock.now()
        whose: dict[str, Any] = {"report": report, "actor": request.user, "on_behalf": self.on_behalf}
        try:
            if is_large(report=report):
                item = request_download(**whose, now=now)
                ring(build_workbook_download, item.pk)
                return redirect(self.url("making", report, item))
            content = make_workbook(**whose, now=now)
        except Refusal as refusal:
            return self.refused_download(request, report, refusal)
        return attachment(content, name=workbook_name(report, now=now), content_type=XLSX)

    def downloads(self, request: UserRequest, report: Report) -> Any:
        """Return the large workbooks of the report that the user ordered."""
        return (
            WorkbookDownload.objects.visible_to(request.user)
            .filter(report=report, requested_by=request.user)
            .select_related("report__assignment__ministry", "report__round")
        )

    def making(
        self,
        request: UserRequest,
        report: Report,
        item: WorkbookDownload,
        *,
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Show how far a workbook is; when it is done, where it is."""
        addresses = {name: self.url(name, report) for name in ("report", "offer", "download")}
        context = {
            "frame": self.frame,
            "report": report,
            "item": item,
            "refusal": refusal,
            "may_be_taken": refusal is None and item.may_be_taken(clock.now()),
            "urls": addresses | {name: self.url(name, report, item) for name in ("making", "file")},
        }
        return self.render(request, "imports/making.html", context, status)

    def file(self, request: UserRequest, report: Report, item: WorkbookDownload) -> HttpResponseBase:
        """Hand out a workbook that is done; who took it is recorded."""
        try:
            file = download_file(download=item, actor=request.user, now=clock.now())
        except Refusal as refusal:
            return self.making(request, report, item, refusal=refusal, status=409)
        name = workbook_name(report, now=item.finished_at or item.requested_at)
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
