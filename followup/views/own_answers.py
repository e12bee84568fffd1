"""府省庁の回答: a ministry's answers to its own questions, section by section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from followup.forms.answers import AnswerForm, Item, Remarks, texts_of_theirs
from followup.models import Report
from followup.rules.questions import Scope
from followup.rules.versions import merge
from followup.services.contents import OwnAnswers, own_answers
from followup.services.drafts import ConflictingAnswers
from followup.services.edits import save_edits
from followup.services.summaries import SectionProgress, returned_points, section_progress
from followup.views.autosave import autosave
from followup.views.problems import to_next_problem
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required


@dataclass(frozen=True)
class Section:
    """One section on the page."""

    progress: SectionProgress
    items: list[Item]


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_edit(request: OfficerRequest, pk: int) -> HttpResponse:
    """Answer the ministry's own questions; a draft may be incomplete, but not unreadable.

    The button saves all of it or nothing. While the officer types, the page posts itself (htmx) and
    what can be read is saved.
    """
    report = get_object_or_404(reports_of(request), pk=pk)
    own = own_answers(report)
    if request.method != "POST":
        return _show(request, report, own, _form(report, own, check="check" in request.GET))
    form = _form(report, own, data=request.POST)
    if request.htmx:
        return autosave(request, report, {None: form})
    if not form.is_valid():
        return _show(request, report, own, form, status=400)
    try:
        save_edits(report=report, edits={None: form.edit}, actor=request.user, now=clock.now())
    except ConflictingAnswers as conflict:
        return _show_conflict(request, pk, form, conflict)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _show(request, report, own, form, status=409)
    messages.success(request, "府省庁の回答を下書きとして保存しました。")
    return _go_on(request, pk)


def _go_on(request: OfficerRequest, pk: int) -> HttpResponse:
    goal = request.POST.get("next")
    if goal == "problem":
        return to_next_problem(pk, after=request.POST.get("after", ""))
    return redirect("portal:report_rows" if goal else "portal:report_detail", pk=pk)


def _form(report: Report, own: OwnAnswers, *, data: Any = None, check: bool = False) -> AnswerForm:
    returned = returned_points(report)
    return AnswerForm(
        own.form,
        Scope.MINISTRY,
        answers=own.answers,
        version=report.version,
        data=data,
        check=check,
        remarks=Remarks(points=returned.at(None) if returned else {}, from_ledger=own.from_ledger),
        asked=own.asked_keys,
    )


def _show(
    request: OfficerRequest,
    report: Report,
    own: OwnAnswers,
    form: AnswerForm,
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    progress = section_progress(own.form, own.answers)
    shown = {
        "report": report,
        "form": form,
        "sections": [
            Section(found, items) for found, (_title, items) in zip(progress, form.sections(), strict=True)
        ],
        "after": request.GET.get("at", ""),
    }
    return render(request, "portal/reports/edit.html", shown | context, status=status)


def _show_conflict(
    request: OfficerRequest, pk: int, form: AnswerForm, conflict: ConflictingAnswers
) -> HttpResponse:
    """Show both answers of each field in conflict; the fields keep one's own, the rest is up to date."""
    report = get_object_or_404(reports_of(request), pk=pk)
    own = own_answers(report)
    merged, _clashes = merge(form.answers_seen, form.answers_entered, own.answers)
    again = AnswerForm(
        own.form,
        Scope.MINISTRY,
        answers=merged,
        version=report.version,
        seen=own.answers,
        remarks=Remarks(
            theirs=texts_of_theirs(own.form, conflict.conflicts[None], own.answers),
            from_ledger=own.from_ledger,
        ),
        asked=own.asked_keys,
    )
    return _show(request, report, own, again, status=409, conflict=conflict)
