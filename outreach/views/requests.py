"""依頼: what came from the issuing offices, and the note that the ministry has read it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from outreach import clock
from outreach.models import Assignment, KeyFact, TopicPoint
from outreach.services.requests import acknowledge
from outreach.views.access import OfficerRequest, officer_required


def assignments_of(request: OfficerRequest) -> QuerySet[Assignment]:
    """Return the requests to the officer's ministry, the newest first."""
    found: QuerySet[Assignment] = Assignment.objects.visible_to(request.user)
    return found.select_related("request", "ministry", "acknowledged_by").order_by("-created_at", "-pk")


@officer_required
@require_safe
def request_list(request: OfficerRequest) -> HttpResponse:
    assignments = assignments_of(request).annotate(
        chosen_count=Count("notifications"),
        issued_count=Count("notifications", filter=Q(notifications__issued_on__isnull=False)),
    )
    return render(request, "portal/requests/list.html", {"assignments": assignments})


@officer_required
@require_safe
def request_detail(request: OfficerRequest, pk: int) -> HttpResponse:
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    topics = assignment.request.topics.select_related("office").prefetch_related(
        Prefetch("points", TopicPoint.objects.order_by("order")),
        Prefetch("key_facts", KeyFact.objects.order_by("pk")),
    )
    return render(
        request,
        "portal/requests/detail.html",
        {
            "assignment": assignment,
            "topics": topics,
            "offices": assignment.request.offices.all(),
            "materials": assignment.request.materials.all(),
            "templates": assignment.request.letter_templates.all(),
            "letters": assignment.letters.select_related("template"),
            "today": clock.today(),
        },
    )


@officer_required
@require_POST
def request_acknowledge(request: OfficerRequest, pk: int) -> HttpResponse:
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    if acknowledge(assignment=assignment, actor=request.user, now=clock.now()):
        messages.success(request, "依頼の内容を確認したことを記録しました。")
    else:
        messages.info(request, f"{assignment.acknowledged_by}さんが確認済みです。")
    return redirect("portal:request_detail", pk)
