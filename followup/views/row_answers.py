"""団体別回答: the rows of a report, fifty a page, filtered, saved together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from followup.forms.answers import AnswerForm, Remarks, texts_of_theirs
from followup.models import Report
from followup.rules.answers import check_answers
from followup.rules.questions import Answer, Scope
from followup.rules.versions import Change, merge
from followup.services.contents import Content, Row, report_content
from followup.services.drafts import ConflictingAnswers, save_answers
from followup.services.summaries import Returned, returned_points
from followup.views.reports import reports_of
from outreach import clock
from outreach.rules.names import matching_key
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required

PAGE_SIZE = 50
BLANK, PROBLEM, RETURNED = "blank", "problem", "returned"
FILTERS = {"": "すべて", BLANK: "未入力のみ", PROBLEM: "不足・誤りのある行のみ", RETURNED: "指摘のある行のみ"}


@dataclass(frozen=True)
class Entry:
    """One body on the page."""

    row: Row
    form: AnswerForm
    points: list[str]

    @property
    def state(self) -> tuple[str, str]:
        """Return what the row's tag says, and its tone."""
        if self.form.is_bound and self.form.errors:
            return "要修正", "error"
        return ("入力あり", "success") if self.row.answers else ("未入力", "neutral")


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_rows(request: OfficerRequest, pk: int) -> HttpResponse:
    """Answer for the notified bodies. All rows of a page are saved, or none.

    A page is known by the ids that it was made with (`row`), so that bodies notified meanwhile or a
    filter that no longer fits move nothing; an id that is not of this report gives 404.
    """
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    returned = returned_points(report)
    if request.method != "POST":
        page = _page(request, content, returned)
        entries = [_entry(row, returned, check=_checks(request, row)) for row in page.object_list]
        return _show(request, report, content, entries, page=page)
    entries = [_entry(row, returned, data=request.POST) for row in _posted_rows(request, content)]
    if any(entry.form.errors for entry in entries):
        return _show(request, report, content, entries, status=400)
    return _save(request, report, content, entries)


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
    points = returned.at(row.notification.pk) if returned else {}
    form = AnswerForm(
        row.form,
        Scope.BODY,
        answers=row.answers if answers is None else answers,
        version=row.version,
        data=data,
        prefix=f"row-{row.notification.pk}",
        check=check,
        remarks=Remarks(points=points, theirs=theirs or {}),
    )
    return Entry(row, form, points.get("", []))


def _page(request: OfficerRequest, content: Content, returned: Returned | None) -> Page[Row]:
    words = matching_key(request.GET.get("q", ""))
    only = request.GET.get("row", "")
    keep = _filter(request.GET.get("show", ""), returned)
    found = [
        row
        for row in content.rows
        if keep(row) and words in row.notification.body.name_key and only in {"", str(row.notification.pk)}
    ]
    return Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))


def _filter(show: str, returned: Returned | None) -> Callable[[Row], bool]:
    if show == BLANK:
        return lambda row: not row.answers
    if show == PROBLEM:
        return lambda row: bool(check_answers(row.form, Scope.BODY, row.answers))
    if show == RETURNED:
        return lambda row: bool(returned and returned.at(row.notification.pk))
    return lambda _row: True


def _posted_rows(request: OfficerRequest, content: Content) -> list[Row]:
    by_pk = {str(row.notification.pk): row for row in content.rows}
    asked = list(dict.fromkeys(request.POST.getlist("row")))
    if not asked or set(asked) - set(by_pk):
        raise Http404
    return [by_pk[pk] for pk in asked]


def _save(request: OfficerRequest, report: Report, content: Content, entries: list[Entry]) -> HttpResponse:
    """Save the rows that the officer changed, on top of what a colleague saved in other fields."""
    edits: dict[int, tuple[int | None, dict[str, Answer]]] = {}
    clashes: dict[int | None, list[Change]] = {}
    for entry in entries:
        form, row = entry.form, entry.row
        merged, found = merge(form.answers_seen, form.answers_entered, row.answers)
        if found:
            clashes[row.notification.pk] = found
        elif form.answers_entered != form.answers_seen:
            edits[row.notification.pk] = (row.version, merged)
    try:
        if clashes:
            raise ConflictingAnswers(clashes)
        save_answers(
            report=report,
            expected_version=None,
            ministry_answers=None,
            body_answers=edits,
            actor=request.user,
            now=clock.now(),
        )
    except ConflictingAnswers as conflict:
        return _show_conflict(request, report.pk, entries, conflict)
    except Refusal as refusal:
        return _show(request, report, content, entries, status=409, refusal=refusal)
    if edits:
        messages.success(request, f"団体別の回答を下書きとして保存しました（変更した団体 {len(edits)}件）。")
    else:
        messages.info(request, "変更はありません。")
    return redirect(request.get_full_path())


def _show_conflict(
    request: OfficerRequest, pk: int, entries: list[Entry], conflict: ConflictingAnswers
) -> HttpResponse:
    """Show both answers of each field in conflict; the fields keep one's own, the rest is up to date."""
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    returned = returned_points(report)
    current = {row.notification.pk: row for row in content.rows}
    again = []
    for entry in entries:
        row = current[entry.row.notification.pk]
        merged, clashes = merge(entry.form.answers_seen, entry.form.answers_entered, row.answers)
        theirs = texts_of_theirs(row.form, clashes, row.answers)
        again.append(_entry(row, returned, answers=merged, theirs=theirs))
    return _show(request, report, content, again, status=409, conflict=conflict)


def _show(
    request: OfficerRequest,
    report: Report,
    content: Content,
    entries: list[Entry],
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    return render(
        request,
        "portal/reports/rows.html",
        {
            "report": report,
            "entries": entries,
            "has_errors": any(entry.form.is_bound and entry.form.errors for entry in entries),
            "total": len(content.rows),
            "blank": sum(not row.answers for row in content.rows),
            "filters": FILTERS,
            "show": request.GET.get("show", ""),
            "q": request.GET.get("q", ""),
        }
        | context,
        status=status,
    )
