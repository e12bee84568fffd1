"""確認のお願い: what staff ask about a submitted version, and the ministry's word on it (コメント)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from followup.forms.replies import RepliesForm
from followup.models import Report
from followup.rules.status import RoundStatus
from followup.services.comments import reply_to_points
from followup.services.steps import steps_open_to
from followup.services.summaries import returned_points
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal, StaleWrite
from outreach.views.access import OfficerRequest, officer_required


@officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_points(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show what is asked, with the replies so far; send the comments of all points together."""
    report = get_object_or_404(reports_of(request), pk=pk)
    returned = returned_points(report)
    form = RepliesForm(request.POST or None, texts=returned.texts if returned else [])
    if request.method != "POST":
        return _show(request, report, form)
    if not form.is_valid():
        return _show(request, report, form, status=400)
    try:
        reply_to_points(report=report, replies=form.replies, actor=request.user, now=clock.now())
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _show(request, report, form, status=409 if isinstance(refusal, StaleWrite) else 400)
    messages.success(request, "コメントを送りました。")
    return redirect("portal:report_points", pk=pk)


def _show(request: OfficerRequest, report: Report, form: RepliesForm, *, status: int = 200) -> HttpResponse:
    context = {
        "report": report,
        "form": form,
        "returned": returned_points(report),
        "may_reply": request.user.can_edit and report.round.status != RoundStatus.FIXED,
        "verbs": {step.verb for step in steps_open_to(report, request.user)},
    }
    return render(request, "portal/reports/replies.html", context, status=status)
