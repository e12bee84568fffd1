"""報告: the list, the overview of one report, and the ministry's own answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from followup.forms.answers import AnswerForm, Remarks, texts_of_theirs
from followup.models import Report
from followup.rules.questions import Scope
from followup.rules.versions import merge
from followup.services.contents import Content, report_content
from followup.services.drafts import ConflictingAnswers, save_answers
from followup.services.steps import steps_open_to
from followup.services.summaries import progress_of, returned_points
from outreach import clock
from outreach.models import Notification
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required, officer_required


def reports_of(request: OfficerRequest) -> QuerySet[Report]:
    """Return the reports of the officer's ministry, with what every page shows of them."""
    found: QuerySet[Report] = Report.objects.visible_to(request.user).select_related(
        "round__request",
        "round__council",
        "assignment__ministry",
        "form_version",
        "updated_by",
        "approved_by",
    )
    return found


@officer_required
@require_safe
def report_list(request: OfficerRequest) -> HttpResponse:
    now = clock.now()
    reports = reports_of(request).prefetch_related("submissions").order_by("-round__pk", "pk")
    rows = [(report, report.round.is_open and report.is_overdue(now)) for report in reports]
    return render(request, "portal/reports/list.html", {"rows": rows})


@officer_required
@require_safe
def report_detail(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show where a report stands, what to do next, and every version submitted."""
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    planned = Notification.objects.filter(assignment=report.assignment_id).planned().count()
    context = {
        "report": report,
        "content": content,
        "progress": progress_of(content),
        "returned": returned_points(report),
        "submissions": report.submissions.order_by("-number"),
        "verbs": {step.verb for step in steps_open_to(report, request.user)},
        "is_overdue": report.round.is_open and report.is_overdue(clock.now()),
        "takes_late": report.takes_late(),
        "is_extended": report.due != report.round.due,
        "planned": planned,
    }
    return render(request, "portal/reports/detail.html", context)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_edit(request: OfficerRequest, pk: int) -> HttpResponse:
    """Answer the ministry's own questions; a draft may be incomplete, but not unreadable."""
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    if request.method != "POST":
        form = _form(report, content, check="check" in request.GET)
        return _show(request, report, form)
    form = _form(report, content, data=request.POST)
    if not form.is_valid():
        return _show(request, report, form, status=400)
    try:
        save_answers(
            report=report,
            expected_version=form.version_seen,
            ministry_answers=form.answers_entered,
            body_answers={},
            actor=request.user,
            now=clock.now(),
        )
    except ConflictingAnswers as conflict:
        return _show_conflict(request, pk, form, conflict)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _show(request, report, form, status=409)
    messages.success(request, "府省庁の回答を下書きとして保存しました。")
    return redirect("portal:report_rows" if "next" in request.POST else "portal:report_detail", pk=pk)


def _form(report: Report, content: Content, *, data: Any = None, check: bool = False) -> AnswerForm:
    returned = returned_points(report)
    return AnswerForm(
        content.form,
        Scope.MINISTRY,
        answers=content.answers,
        version=report.version,
        data=data,
        check=check,
        remarks=Remarks(points=returned.at(None) if returned else {}, from_ledger=content.from_ledger),
    )


def _show(
    request: OfficerRequest, report: Report, form: AnswerForm, *, status: int = 200, **context: object
) -> HttpResponse:
    return render(
        request, "portal/reports/edit.html", {"report": report, "form": form} | context, status=status
    )


def _show_conflict(
    request: OfficerRequest, pk: int, form: AnswerForm, conflict: ConflictingAnswers
) -> HttpResponse:
    """Show both answers of each field in conflict; the fields keep one's own, the rest is up to date."""
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    merged, _clashes = merge(form.answers_seen, form.answers_entered, content.answers)
    again = AnswerForm(
        content.form,
        Scope.MINISTRY,
        answers=merged,
        version=report.version,
        remarks=Remarks(
            theirs=texts_of_theirs(content.form, conflict.conflicts[None], content.answers),
            from_ledger=content.from_ledger,
        ),
    )
    return _show(request, report, again, status=409, conflict=conflict)
