"""The officers' home: what is open, by due date, each with its next step."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from followup.services.summaries import obligations
from followup.views.results import results_of
from outreach import clock
from outreach.views.access import OfficerRequest, officer_required


@officer_required
@require_safe
def home(request: OfficerRequest) -> HttpResponse:
    context = {
        "obligations": obligations(request.user, now=clock.now()),
        "newest_result": results_of(request).order_by("-report").first(),
    }
    return render(request, "portal/home/home.html", context)
