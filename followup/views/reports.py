"""報告: the list, and the overview of one report; answering is views.own_answers and row_answers."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from followup.models import ExtensionRequest, Report
from followup.services.body_request_lists import request_counts
from followup.services.contents import report_content
from followup.services.extensions import objection_to_asking
from followup.services.on_behalf import entries_on_behalf, marked_versions
from followup.services.steps import steps_open_to
from followup.services.summaries import progress_of, returned_points
from outreach import clock
from outreach.models import Notification
from outreach.views.access import OfficerRequest, officer_required


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
        "submissions": marked_versions(report=report),
        "on_behalf": entries_on_behalf(report=report),
        "verbs": {step.verb for step in steps_open_to(report, request.user)},
        "is_overdue": report.round.is_open and report.is_overdue(clock.now()),
        "takes_late": report.takes_late(),
        "extensions": ExtensionRequest.objects.visible_to(request.user)
        .filter(report=report)
        .select_related("asked_by"),
        "may_ask_extension": not objection_to_asking(report, now=clock.now()),
        "is_extended": report.due != report.round.due,
        "planned": planned,
        "requests": request_counts(report),
    }
    return render(request, "portal/reports/detail.html", context)
