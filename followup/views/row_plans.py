"""Many rows at once: give chosen bodies the same answers, or paste a block; looked at first, then saved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from followup.forms.answers import AnswerForm
from followup.forms.row_filters import PAGE_SIZE, RowFilterForm
from followup.forms.row_plans import FillModeForm, PasteForm
from followup.models import Report
from followup.rules.questions import FormSpec, Scope
from followup.services.contents import Row, form_of, rows_of
from followup.services.filling import FillPlan, fill_rows, plan_fill
from followup.services.pasting import PastePlan, paste_rows, plan_paste
from followup.services.row_plans import RowPlan, unconditional
from followup.services.summaries import returned_points, row_state
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required
from outreach.views.selection import id_of

CHANGES_SHOWN = 200


def _shown(plan: RowPlan) -> dict[str, Any]:
    """Return the first changes of a plan; a page with all of thousands would show nobody more."""
    changes = list(islice(plan.changes(), CHANGES_SHOWN + 1))
    return {
        "plan": plan,
        "changes": changes[:CHANGES_SHOWN],
        "more_changes": len(changes) > CHANGES_SHOWN,
        "digest": plan.digest(),
    }


@dataclass(frozen=True)
class Filling:
    """What an officer asked for: which bodies, what values, whether to replace; None: not asked yet."""

    report: Report
    form: FormSpec
    values: AnswerForm
    mode: FillModeForm
    chosen: list[int] | None

    @property
    def is_complete(self) -> bool:
        is_valid = self.values.is_valid() and self.mode.is_valid()
        return bool(is_valid and self.chosen and self.values.answers_entered)

    def plan(self, rows: list[Row]) -> FillPlan:
        return plan_fill(
            self.form,
            rows,
            bodies=self.chosen or [],
            values=self.values.answers_entered,
            overwrite=self.mode.overwrite,
        )


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_fill(request: OfficerRequest, pk: int) -> HttpResponse:
    """Choose bodies and values; then look at what becomes of them; with `save`, do it."""
    report = get_object_or_404(reports_of(request), pk=pk)
    form = form_of(report)
    rows = rows_of(report, form)
    posted = request.POST if request.method == "POST" else None
    values = AnswerForm(
        unconditional(form), Scope.BODY, answers={}, version=None, data=posted, prefix="value"
    )
    chosen = None if posted is None else _chosen(request, report, rows)
    filling = Filling(report, form, values, FillModeForm(posted), chosen)
    if not filling.is_complete:
        return _show_choice(request, filling, rows)
    if "save" not in request.POST:
        return _show_fill(request, filling, rows)
    try:
        plan = fill_rows(
            report=report,
            bodies=filling.chosen or [],
            values=values.answers_entered,
            overwrite=filling.mode.overwrite,
            expected_digest=filling.mode.cleaned_data["digest"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        return _show_fill(request, filling, rows_of(report, form), refusal=refusal)
    messages.success(request, f"{len(plan.rows)}団体にまとめて入力し、下書きとして保存しました。")
    return redirect("portal:report_rows", pk=pk)


def _chosen(request: OfficerRequest, report: Report, rows: list[Row]) -> list[int]:
    """Return the rows ticked, or with `all_matching` all that the filters keep; a stranger's gives 404."""
    if request.POST.get("all_matching") == "1":
        kept = RowFilterForm(request.POST).apply(rows, returned_points(report))
        return [row.pk for row in kept]
    asked = list(dict.fromkeys(id_of(text) for text in request.POST.getlist("row")))
    if set(asked) - {row.pk for row in rows}:
        raise Http404
    return asked


def _show_choice(request: OfficerRequest, filling: Filling, rows: list[Row]) -> HttpResponse:
    filters = RowFilterForm(request.POST if request.method == "POST" else request.GET)
    found = filters.apply(rows, returned_points(filling.report))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    ticked = set(filling.chosen or [])
    values = filling.values
    is_asked = filling.chosen is not None
    context = {
        "report": filling.report,
        "filters": filters,
        "page": page,
        "lines": [(row, row_state(row.form, row.answers), row.pk in ticked) for row in page.object_list],
        "values": values,
        "mode": filling.mode,
        "is_all": request.POST.get("all_matching") == "1",
        "lacks_bodies": filling.chosen == [],
        "lacks_values": is_asked and values.is_valid() and not values.answers_entered,
    }
    return render(request, "portal/reports/fill.html", context, status=400 if is_asked else 200)


def _show_fill(
    request: OfficerRequest, filling: Filling, rows: list[Row], *, refusal: Refusal | None = None
) -> HttpResponse:
    is_all = request.POST.get("all_matching") == "1"
    context = _shown(filling.plan(rows)) | {
        "report": filling.report,
        "values": filling.values,
        "mode": filling.mode,
        "is_all": is_all,
        "filters": RowFilterForm(request.POST),
        "chosen": [] if is_all else filling.chosen,
        "refusal": refusal,
    }
    return render(request, "portal/reports/fill_preview.html", context, status=409 if refusal else 200)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_paste(request: OfficerRequest, pk: int) -> HttpResponse:
    """Take a block from a spreadsheet; show what it changes and all that is wrong; with `save`, save it."""
    report = get_object_or_404(reports_of(request), pk=pk)
    form = form_of(report)
    rows = rows_of(report, form)
    entry = PasteForm(form, rows, request.POST or None)
    if not entry.is_valid():
        return _show_paste(request, report, entry, status=400 if entry.is_bound else 200)
    block, placing = entry.cleaned_data["block"], entry.placing()
    if "save" not in request.POST:
        plan = plan_paste(form, rows, block=block, placing=placing)
        return _show_paste(request, report, entry, plan, status=400 if plan.problems else 200)
    try:
        plan = paste_rows(
            report=report,
            block=block,
            placing=placing,
            expected_digest=entry.cleaned_data["digest"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        plan = plan_paste(form, rows_of(report, form), block=block, placing=placing)
        return _show_paste(request, report, entry, plan, status=409, refusal=refusal)
    if plan.problems:
        return _show_paste(request, report, entry, plan, status=400)
    messages.success(
        request, f"貼り付けた内容を下書きとして保存しました（変更した団体 {len(plan.rows)}件）。"
    )
    return redirect("portal:report_rows", pk=pk)


def _show_paste(
    request: OfficerRequest,
    report: Report,
    entry: PasteForm,
    plan: PastePlan | None = None,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """Show the form, below what it would do; a change of the block is looked at anew."""
    context = {"report": report, "form": entry, "refusal": refusal} | (_shown(plan) if plan else {})
    return render(request, "portal/reports/paste.html", context, status=status)
