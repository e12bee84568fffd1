"""担当者: who acts for the ministry, and who is away until when."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach import clock
from outreach.forms.absence import AbsenceForm
from outreach.models import Handover, Role, User
from outreach.models.user import UserQuerySet
from outreach.services.absences import end_absence, may_set_absence, set_absence
from outreach.services.errors import Refusal
from outreach.services.handovers import may_hand_over
from outreach.views.access import OfficerRequest, editor_required, ministry_of, officer_required
from outreach.views.conflicts import show_refusal

RANKS = {Role.COORDINATOR: 0, Role.CONTRIBUTOR: 1, Role.VIEWER: 2}


def members_of(request: OfficerRequest) -> UserQuerySet:
    """Return the officers of the officer's ministry, those who left included."""
    members: UserQuerySet = User.objects.visible_to(request.user).select_related("deputy", "successor")
    return members


@officer_required
@require_safe
def member_list(request: OfficerRequest) -> HttpResponse:
    today = clock.today()
    active = sorted(members_of(request).active().order_by("pk"), key=lambda member: RANKS[Role(member.role)])
    rows = [
        {
            "member": member,
            "is_away": member.is_away(today),
            "may_set": may_set_absence(user=member, actor=request.user) and request.user.can_edit,
            "may_hand_over": may_hand_over(predecessor=member, actor=request.user),
        }
        for member in active
    ]
    handovers = Handover.objects.visible_to(request.user).select_related("predecessor", "successor")
    context = {"rows": rows, "handovers": handovers[:20], "ministry": ministry_of(request)}
    return render(request, "portal/members/list.html", context)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_absence(request: OfficerRequest, pk: int) -> HttpResponse:
    """Enter from when to when a colleague, or the officer in person, is away."""
    member = get_object_or_404(members_of(request).active(), pk=pk)
    if not may_set_absence(user=member, actor=request.user):
        raise PermissionDenied
    form = AbsenceForm(request.POST if request.method == "POST" else None, obj=member)
    if form.is_valid():
        try:
            set_absence(user=member, actor=request.user, now=clock.now(), **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"{member.name}さんの不在を設定しました。")
            return redirect("portal:member_list")
    context = {"form": form, "member": member}
    return render(request, "portal/members/absence.html", context, status=400 if form.errors else 200)


@editor_required
@require_POST
def member_absence_end(request: OfficerRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(members_of(request).active(), pk=pk)
    try:
        end_absence(user=member, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{member.name}さんの不在を解除しました。")
    return redirect("portal:member_list")
