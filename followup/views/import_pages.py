"""The pages of answer workbooks, at whichever door: download, upload, progress, preview, confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from followup.forms.answer_import import ConfirmImportForm, WorkbookUploadForm, spec_of
from followup.models import AnswerImport, ImportStage, Report
from followup.rules.answer_texts import key_label, value_text
from followup.rules.questions import OTHER_SUFFIX, FormSpec
from followup.services.answer_imports import (
    cancel_import,
    confirm_import,
    receive_import,
    record_import,
    refuse_upload,
)
from followup.services.import_work import stored_bytes, told_counts
from followup.services.steps import refuse_editing
from followup.tasks import read_answer_import, ring, store_answer_import
from followup.views.download_pages import XLSX, DownloadPages
from followup.workbooks.answer_import import is_small, read_import, store_import
from outreach import clock
from outreach.models import WorkState
from outreach.services.errors import Refusal
from outreach.views.access import UserRequest

PAGE_SIZE = 50
PROBLEMS_SHOWN = 500


@dataclass(frozen=True)
class Edit:
    """One answer that will change, in words."""

    label: str
    old: str
    new: str


class ImportPages(DownloadPages):
    """What both doors share; a subclass says whose imports, in which frame, and at which addresses.

    An import is its uploader's: to everybody else it is not there.
    """

    def offer(self, request: UserRequest, report: Report) -> HttpResponseBase:
        """Say how to answer by workbook; take one that comes back."""
        if request.method == "POST":
            return self._upload(request, report)
        return self._offer(request, report, WorkbookUploadForm())

    def refused_download(self, request: UserRequest, report: Report, refusal: Refusal) -> HttpResponse:
        return self._offer(request, report, WorkbookUploadForm(), refusal=refusal, status=409)

    def _upload(self, request: UserRequest, report: Report) -> HttpResponseBase:
        form = WorkbookUploadForm(request.POST, request.FILES)
        if not form.is_valid():
            self._record_refusal(request, report, form)
            return self._offer(request, report, form, status=400)
        try:
            item = receive_import(
                report=report,
                file_name=form.cleaned_data["file"].name,
                content=form.content,
                actor=request.user,
                now=clock.now(),
                on_behalf=self.on_behalf,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.message)
            return self._offer(request, report, form, status=409)
        if is_small(form.content):
            read_import(import_id=item.pk, now=clock.now())
        else:
            ring(read_answer_import, item.pk)
        return redirect(self.url("show", report, item))

    def _record_refusal(self, request: UserRequest, report: Report, form: WorkbookUploadForm) -> None:
        upload = request.FILES.get("file")
        if upload is not None:
            refuse_upload(
                report=report,
                file_name=upload.name or "",
                reason="".join(map(str, form.errors.get("file", []))),
                actor=request.user,
                now=clock.now(),
                on_behalf=self.on_behalf,
            )

    def _offer(
        self,
        request: UserRequest,
        report: Report,
        form: WorkbookUploadForm,
        *,
        status: int = 200,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        now = clock.now()
        made = self.downloads(request, report).at_hand(now)
        waiting = self.imports(request, report).awaiting_confirmation(now).without_contents()
        context = {
            "form": form,
            "refusal": refusal or self._why_not(request, report),
            "open_imports": [(item, self.url("show", report, item)) for item in waiting.order_by("-pk")[:5]],
            "downloads": [(item, self.url("making", report, item)) for item in made.order_by("-pk")[:5]],
        }
        return self._page(request, "offer", report, None, context, status=status)

    def _why_not(self, request: UserRequest, report: Report) -> Refusal | None:
        """Return why the report takes no workbook now; None when it does."""
        try:
            refuse_editing(report, request.user, on_behalf=self.on_behalf)
        except Refusal as refusal:
            return refusal
        return None

    def imports(self, request: UserRequest, report: Report) -> Any:
        """Return the imports of the report that are the user's own."""
        return (
            AnswerImport.objects.visible_to(request.user)
            .filter(report=report, requested_by=request.user)
            .select_related("report__assignment__ministry", "report__round", "workbook__form_version")
            .defer("workbook__answers", "workbook__rows")
        )

    def show(self, request: UserRequest, report: Report, item: AnswerImport) -> HttpResponseBase:
        """Show how far an import is; confirm it by POST."""
        if request.method == "POST":
            return self._confirm(request, report, item)
        return self._show(request, report, item)

    def _show(self, request: UserRequest, report: Report, item: AnswerImport) -> HttpResponse:
        """Show that it is being read or stored, was refused, is to be confirmed, or is stored."""
        if item.is_at_work:
            return self._page(request, "progress", report, item, {})
        if item.is_stored:
            return self._page(request, "stored", report, item, {"counts": _counts(item)})
        if not item.awaits_confirmation(clock.now()):
            return self._page(request, "ended", report, item, {})
        form = ConfirmImportForm(item, spec_of(report.form_version))
        return self._preview(request, report, item, form, refusal=self._why_not(request, report))

    def _confirm(self, request: UserRequest, report: Report, item: AnswerImport) -> HttpResponseBase:
        """Store what the preview showed; when that has changed since, show the new one instead."""
        form = ConfirmImportForm(item, spec_of(report.form_version), request.POST)
        if item.awaits_confirmation(clock.now()) and not form.is_valid():
            return self._preview(request, report, item, form, status=400)
        try:
            small = is_small(stored_bytes(item=item))
            item = confirm_import(
                item=item,
                digest=request.POST.get("digest", ""),
                choices=form.choices() if form.is_valid() else {},
                actor=request.user,
                now=clock.now(),
            )
        except Refusal as refusal:
            return self._refused(request, report, item, refusal)
        if not small:
            ring(store_answer_import, item.pk)
            return redirect(self.url("show", report, item))
        store_import(import_id=item.pk, now=clock.now())
        return self._stored(request, report, self.imports(request, report).get(pk=item.pk))

    def _stored(self, request: UserRequest, report: Report, item: AnswerImport) -> HttpResponseBase:
        """Lead back to the report, or show why it did not come to that."""
        if item.is_stored:
            told = "、".join(f"{label} {count}件" for label, count in _counts(item).items() if count != "0")
            messages.success(request, f"回答用ブックを取り込み、下書きとして保存しました（{told}）。")
            return redirect(self.url("report", report))
        response = self._show(request, report, item)
        if not item.is_at_work:
            response.status_code = HTTPStatus.CONFLICT
        return response

    def _refused(
        self, request: UserRequest, report: Report, item: AnswerImport, refusal: Refusal
    ) -> HttpResponseBase:
        """Show the import as it is now, with why this request changed nothing (409)."""
        current = self.imports(request, report).get(pk=item.pk)
        if current.awaits_confirmation(clock.now()):
            form = ConfirmImportForm(current, spec_of(report.form_version))
            return self._preview(request, report, current, form, refusal=refusal, status=409)
        messages.warning(request, refusal.message)
        response = self._show(request, report, current)
        response.status_code = HTTPStatus.CONFLICT
        return response

    def cancel(self, request: UserRequest, report: Report, item: AnswerImport) -> HttpResponseBase:
        if cancel_import(item=item, actor=request.user, now=clock.now()):
            messages.success(request, "取込みを取りやめました。何も保存していません。")
            return redirect(self.url("offer", report))
        messages.warning(request, "この取込みは、既に終わっています。")
        return redirect(self.url("show", report, item))

    def marked(self, request: UserRequest, _report: Report, item: AnswerImport) -> HttpResponseBase:
        """Hand out the uploaded workbook with its wrong cells marked."""
        if not item.marked_file:
            raise Http404
        try:
            file = item.marked_file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        record_import(item, action="誤りに印を付けたブックを取得", actor=request.user, now=clock.now())
        stem = item.file_name.removesuffix(".xlsx")
        name = f"{stem}_要修正.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)

    def _preview(
        self,
        request: UserRequest,
        report: Report,
        item: AnswerImport,
        form: ConfirmImportForm,
        *,
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> HttpResponse:
        spec = spec_of(report.form_version)
        page = Paginator(item.changes, PAGE_SIZE).get_page(request.GET.get("page"))
        workbook = item.workbook
        context = {
            "form": form,
            "refusal": refusal,
            "counts": _counts(item),
            "page": page,
            "groups": [_group(spec, group) for group in page],
            "problems": item.problems[:PROBLEMS_SHOWN],
            "more_problems": max(0, len(item.problems) - PROBLEMS_SHOWN),
            "has_older_form": workbook is not None and workbook.form_version_id != report.form_version_id,
            "is_older": workbook is not None and workbook.report_version < report.version,
            "has_something": bool(item.changes or item.conflicts or item.new_bodies),
        }
        return self._page(request, "preview", report, item, context, status=status)

    def _page(
        self,
        request: UserRequest,
        name: str,
        report: Report,
        item: AnswerImport | None,
        context: dict[str, Any],
        *,
        status: int = 200,
    ) -> HttpResponse:
        names = ("report", "offer", "download", *(("show", "cancel", "marked") if item else ()))
        shared = {
            "frame": self.frame,
            "report": report,
            "item": item,
            "is_on_behalf": self.on_behalf,
            "is_storing": item is not None and item.stage == ImportStage.STORE,
            "has_failed": item is not None and item.state == WorkState.FAILED,
            "urls": {name: self.url(name, report, item) for name in names},
        }
        return self.render(request, f"imports/{name}.html", shared | context, status)


def _counts(item: AnswerImport) -> dict[str, str]:
    return {label: f"{count:,}" for label, count in told_counts(item.counts).items()}


def _group(spec: FormSpec, group: dict[str, Any]) -> tuple[str, list[Edit]]:
    """Return the body of a group of changes ("" for the ministry's answers), and the changes in words."""
    edits = []
    for key, old, new in group["edits"]:
        question = spec.by_key[key.removesuffix(OTHER_SUFFIX)]
        edits.append(
            Edit(key_label(question, key), value_text(question, key, old), value_text(question, key, new))
        )
    return group["name"], edits
