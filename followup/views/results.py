"""取りまとめの結果: what was given back to the ministry, to download."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from followup.models import CouncilFile
from followup.services.council_files import open_council_file
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, officer_required


def results_of(request: OfficerRequest) -> QuerySet[CouncilFile]:
    found: QuerySet[CouncilFile] = CouncilFile.objects.visible_to(request.user).select_related(
        "ministry", "report__round__request", "report__round__council", "report__release"
    )
    return found


@officer_required
@require_safe
def result_list(request: OfficerRequest) -> HttpResponse:
    return render(request, "portal/results/list.html", {"files": results_of(request).order_by("-report")})


@officer_required
@require_safe
def result_file(request: OfficerRequest, pk: int) -> HttpResponseBase:
    """Hand out the ministry's own sheet; who took it is recorded."""
    file = get_object_or_404(results_of(request), pk=pk)
    try:
        content = open_council_file(file=file, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("portal:result_list")
    return FileResponse(
        content, as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )
