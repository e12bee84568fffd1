"""団体別回答: the rows of a report, fifty a page, filtered, saved together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from followup.forms.answers import AnswerForm, Remarks, texts_of_theirs
from followup.forms.row_filters import PAGE_SIZE, PROBLEM, RowFilterForm
from followup.models import Report
from followup.rules.questions import Answer, Scope
from followup.rules.versions import merge
from followup.services.contents import ROW_ORDER, Row, form_of, notices_of, rows_of
from followup.services.drafts import ConflictingAnswers
from followup.services.edits import Edit, Place, save_edits
from followup.services.summaries import Returned, RowState, count_rows, returned_points, row_state
from followup.views.autosave import autosave
from followup.views.problems import to_next_problem
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required
from outreach.views.paging import LongPaginator
from outreach.views.selection import id_of

COUNTED_ROWS = 1000
"""What rows there are by state is counted up to so many; it takes reading and checking every answer."""


@dataclass(frozen=True)
class Entry:
    """One body on the page."""

    row: Row
    form: AnswerForm
    points: list[str]

    @property
    def state(self) -> RowState:
        if self.form.is_bound and self.form.errors:
            return RowState.WRONG
        return row_state(self.row.form, self.row.answers)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_rows(request: OfficerRequest, pk: int) -> HttpResponse:
    """Answer for the notified bodies. By the button all rows of a page are saved, or none.

    While the officer types, a row posts itself (htmx) and what can be read is saved. A page is known
    by the ids that it was made with (`row`), so that bodies notified meanwhile or a filter that no
    longer fits move nothing; an id that is not of this report gives 404.
    """
    report = get_object_or_404(reports_of(request), pk=pk)
    returned = returned_points(report)
    if request.method != "POST":
        return _show_page(request, report, returned)
    entries = [_entry(row, returned, data=request.POST) for row in _posted_rows(request, report)]
    if request.htmx:
        return autosave(request, report, {entry.row.pk: entry.form for entry in entries})
    if any(entry.form.errors for entry in entries):
        return _show(request, report, entries, status=400)
    return _save(request, report, entries)


def _show_page(request: OfficerRequest, report: Report, returned: Returned | None) -> HttpResponse:
    filters = RowFilterForm(request.GET)
    is_long = notices_of(report).count() > COUNTED_ROWS
    if is_long and not filters.reads_answers():
        page, counts = _page_of_many(request, report, filters, returned), None
    else:
        rows = rows_of(report, form_of(report))
        page, counts = _page(request, filters.apply(rows, returned)), count_rows(rows)
    entries = [_entry(row, returned, check=_checks(request, row)) for row in page.object_list]
    return _show(request, report, entries, page=page, filters=filters, counts=counts, is_long=is_long)


def _page(request: OfficerRequest, rows: list[Row]) -> Page[Row]:
    """Return a page of rows, or with `row` only that one."""
    if "row" in request.GET:
        only = id_of(request.GET["row"])
        rows = [row for row in rows if row.pk == only]
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def _page_of_many(
    request: OfficerRequest, report: Report, filters: RowFilterForm, returned: Returned | None
) -> Page[Row]:
    """Return the same page without reading the answers of all other rows."""
    notices = filters.narrow(notices_of(report), returned)
    if "row" in request.GET:
        notices = notices.filter(pk=id_of(request.GET["row"]))
    keys = notices.order_by(*ROW_ORDER).values_list("pk", flat=True)
    page: Page[Any] = LongPaginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = rows_of(report, form_of(report), only=list(page.object_list))
    return page


def _checks(request: OfficerRequest, row: Row) -> bool:
    """Say whether what is missing or wrong is shown: always in a row begun, in a blank one on request."""
    return bool(row.answers) or "check" in request.GET or request.GET.get("show") == PROBLEM


def _entry(
    row: Row,
    returned: Returned | None,
    *,
    data: Any = None,
    check: bool = False,
    answers: Mapping[str, Answer] | None = None,
    theirs: Mapping[str, str] | None = None,
) -> Entry:
    points = returned.at(row.pk) if returned else {}
    form = AnswerForm(
        row.form,
        Scope.BODY,
        answers=row.answers if answers is None else answers,
        version=row.version,
        data=data,
        prefix=f"row-{row.pk}",
        check=check,
        remarks=Remarks(points=points, theirs=theirs or {}),
        seen=row.answers,
        asked=row.asked_keys,
    )
    return Entry(row, form, points.get("", []))


def _posted_rows(request: OfficerRequest, report: Report) -> list[Row]:
    asked = {id_of(text) for text in request.POST.getlist("row")}
    rows = rows_of(report, form_of(report), only=asked)
    if not asked or len(rows) != len(asked):
        raise Http404
    return rows


def _save(request: OfficerRequest, report: Report, entries: list[Entry]) -> HttpResponse:
    """Save the rows that the officer changed, on top of what a colleague saved in other fields."""
    edits: dict[Place, Edit] = {entry.row.pk: entry.form.edit for entry in entries}
    try:
        saved = save_edits(report=report, edits=edits, actor=request.user, now=clock.now())
    except ConflictingAnswers as conflict:
        return _show_conflict(request, report, entries, conflict)
    except Refusal as refusal:
        return _show(request, report, entries, status=409, refusal=refusal)
    if saved.written:
        count = len(saved.written)
        messages.success(request, f"団体別の回答を下書きとして保存しました（変更した団体 {count}件）。")
    else:
        messages.info(request, "変更はありません。")
    if request.POST.get("next") == "problem":
        return to_next_problem(report.pk, after=request.POST.get("after", ""))
    return redirect(request.get_full_path())


def _show_conflict(
    request: OfficerRequest, report: Report, entries: list[Entry], conflict: ConflictingAnswers
) -> HttpResponse:
    """Show both answers of each field in conflict; the fields keep one's own, the rest is up to date."""
    report = get_object_or_404(reports_of(request), pk=report.pk)
    returned = returned_points(report)
    forms = {entry.row.pk: entry.form for entry in entries}
    again = []
    for row in rows_of(report, form_of(report), only=forms):
        form = forms[row.pk]
        merged, clashes = merge(form.answers_seen, form.answers_entered, row.answers)
        theirs = texts_of_theirs(row.form, clashes, row.answers)
        again.append(_entry(row, returned, answers=merged, theirs=theirs))
    return _show(request, report, again, status=409, conflict=conflict)


def _show(
    request: OfficerRequest, report: Report, entries: list[Entry], *, status: int = 200, **context: object
) -> HttpResponse:
    shown = {
        "report": report,
        "entries": entries,
        "has_errors": any(entry.form.is_bound and entry.form.errors for entry in entries),
        "filters": RowFilterForm(request.GET),
        "after": request.GET.get("at", ""),
    }
    return render(request, "portal/reports/rows.html", shown | context, status=status)
