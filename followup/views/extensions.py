"""延長の申出: an officer asks for more time, and takes the wish back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from followup.forms.extension import ExtensionForm
from followup.models import ExtensionRequest
from followup.services.extensions import ask_extension, objection_to_asking, withdraw_extension
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_extension(request: OfficerRequest, pk: int) -> HttpResponse:
    """Ask for a later due date; where that is not possible, say why."""
    report = get_object_or_404(reports_of(request), pk=pk)
    form = ExtensionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ask_extension(report=report, actor=request.user, now=clock.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "回答期限の延長を申し出ました。審査の結果はメールでお知らせします。")
            return redirect("portal:report_detail", pk=pk)
    context = {
        "report": report,
        "form": form,
        "objection": objection_to_asking(report, now=clock.now()),
    }
    return render(request, "portal/reports/extension.html", context, status=400 if form.errors else 200)


@editor_required
@require_POST
def extension_withdraw(request: OfficerRequest, pk: int) -> HttpResponse:
    mine = ExtensionRequest.objects.visible_to(request.user).select_related("report")
    extension = get_object_or_404(mine, pk=pk)
    try:
        withdraw_extension(extension=extension, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "延長の申出を取り下げました。")
    return redirect("portal:report_detail", pk=extension.report_id)
