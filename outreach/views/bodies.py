"""団体: the ministry's own list of addressees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach import clock
from outreach.forms.bodies import BodyFilterForm, BodyForm
from outreach.models import Body, Notification
from outreach.models.body import BodyQuerySet
from outreach.services.bodies import BodyFields, create_body, set_body_active, update_body
from outreach.services.errors import Refusal, StaleWrite
from outreach.views.access import OfficerRequest, editor_required, ministry_of, officer_required
from outreach.views.conflicts import show_conflict, show_refusal
from outreach.views.paging import LongPaginator

PAGE_SIZE = 50


def bodies_of(request: OfficerRequest) -> BodyQuerySet:
    """Return the bodies on the officer's ministry's list."""
    return Body.objects.visible_to(request.user)


@officer_required
@require_safe
def body_list(request: OfficerRequest) -> HttpResponse:
    filters = BodyFilterForm(request.GET)
    found = filters.apply(bodies_of(request)).listed()
    page = LongPaginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    notified = _notified(page)
    return render(
        request,
        "portal/bodies/list.html",
        {
            "filters": filters,
            "page": page,
            "rows": [(body, notified.get(body.pk)) for body in page],
            "is_filtered": filters.has_changed(),
        },
    )


def _notified(bodies: Iterable[Body]) -> dict[int, tuple[int, date]]:
    """Return how often each body of a page was notified, and when last; without those that never were."""
    issued = Notification.objects.issued().filter(body__in=[body.pk for body in bodies])
    counted = issued.order_by().values_list("body").annotate(Count("pk"), Max("issued_on"))
    return {body: (count, last) for body, count, last in counted}


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def body_create(request: OfficerRequest) -> HttpResponse:
    form = BodyForm(request.POST or None, initial={"honorific": Body.Honorific.ONCHU, "version": 0})
    if request.method == "POST" and form.is_valid():
        try:
            body = create_body(
                ministry=ministry_of(request),
                fields=form.fields_entered(),
                actor=request.user,
                now=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"「{body.name}」を追加しました。")
            return redirect("portal:body_list")
    return render(request, "portal/bodies/edit.html", {"form": form}, status=400 if form.errors else 200)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def body_edit(request: OfficerRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(bodies_of(request), pk=pk)
    initial = {**asdict(BodyFields.of(body)), "version": body.version}
    form = BodyForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "body": body}
    if request.method == "POST" and form.is_valid():
        try:
            update_body(
                body=body,
                expected_version=form.cleaned_data["version"],
                fields=form.fields_entered(),
                actor=request.user,
                now=clock.now(),
            )
        except StaleWrite as stale:
            body.refresh_from_db()
            context |= show_conflict(form, stale, version=body.version)
            return render(request, "portal/bodies/edit.html", context, status=409)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"「{body.name}」を変更しました。")
            return redirect("portal:body_list")
    return render(request, "portal/bodies/edit.html", context, status=400 if form.errors else 200)


@officer_required
@require_POST
def body_activate(request: OfficerRequest, pk: int) -> HttpResponse:
    """Stop or resume the use of a body (`active` = 0 or 1)."""
    body = get_object_or_404(bodies_of(request), pk=pk)
    active = request.POST.get("active") == "1"
    set_body_active(body=body, active=active, actor=request.user, now=clock.now())
    messages.success(request, f"「{body.name}」の使用を{'再開' if active else '停止'}しました。")
    return redirect("portal:body_list")
