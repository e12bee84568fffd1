"""該当なし: the answer that a ministry has no body to notify."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from outreach import clock
from outreach.forms.notifications import NoBodyForm
from outreach.services.errors import Refusal
from outreach.services.notifications import declare_no_body, withdraw_no_body
from outreach.views.access import OfficerRequest, editor_required, officer_required
from outreach.views.conflicts import show_refusal
from outreach.views.notifications import to_list
from outreach.views.requests import assignments_of


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def no_body(request: OfficerRequest, pk: int) -> HttpResponse:
    """Ask for the reason and declare 該当なし."""
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    form = NoBodyForm(request.POST or None, initial={"reason": assignment.no_body_reason})
    if request.method == "POST" and form.is_valid():
        try:
            declare_no_body(
                assignment=assignment,
                reason=form.cleaned_data["reason"],
                actor=request.user,
                now=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "「該当なし」を登録しました。")
            return redirect("portal:request_detail", pk)
    context = {"assignment": assignment, "form": form}
    return render(request, "portal/notifications/no_body.html", context, status=400 if form.errors else 200)


@officer_required
@require_POST
def no_body_withdraw(request: OfficerRequest, pk: int) -> HttpResponse:
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    withdraw_no_body(assignment=assignment, actor=request.user, now=clock.now())
    messages.success(request, "「該当なし」を取り消しました。")
    return to_list(assignment)
