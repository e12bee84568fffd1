"""様式の変更: what a newer form changed for a draft, until an officer has confirmed it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from followup.forms.steps import SeenFormForm
from followup.services.form_changes import changes_of_report, confirm_form_changes
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required, officer_required

PAGE_SIZE = 50


@officer_required
@require_safe
def report_form_changes(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show old and new side by side, and every answer that is none any more."""
    report = get_object_or_404(reports_of(request).select_related("previous_form"), pk=pk)
    changes = changes_of_report(report)
    context = {
        "report": report,
        "changes": changes,
        "page": Paginator(changes.rows if changes else [], PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "portal/reports/form_changes.html", context)


@editor_required
@require_POST
def report_confirm_form_changes(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    form = SeenFormForm(request.POST)
    seen = form.cleaned_data["form"] if form.is_valid() else None
    try:
        confirm_form_changes(report=report, seen_form=seen, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.warning(request, refusal.message)
        return redirect("portal:report_form_changes", pk=pk)
    messages.success(request, "様式の変更を確認済みにしました。")
    return redirect("portal:report_detail", pk=pk)
