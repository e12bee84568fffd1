"""発出: which bodies are addressed, and what was sent to them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach import clock
from outreach.documents.letter import LIMIT
from outreach.forms.notifications import NotificationFilterForm, NotificationForm, RecordManyForm
from outreach.models import Assignment, Body, LetterTemplate, Notification, TemplateNumber
from outreach.models.notification import NotificationQuerySet
from outreach.services.errors import Refusal, StaleWrite
from outreach.services.letters import letter_for, missing_values
from outreach.services.notification_record import AlreadyRecorded, record_of
from outreach.services.notifications import (
    plan_notifications,
    record_notifications,
    update_notification,
    withdraw_notification,
)
from outreach.views.access import OfficerRequest, editor_required, officer_required
from outreach.views.bodies import PAGE_SIZE, bodies_of
from outreach.views.conflicts import show_conflict, show_refusal
from outreach.views.paging import LongPaginator
from outreach.views.requests import assignments_of
from outreach.views.selection import id_of, matching_bodies


def to_list(assignment: Assignment) -> HttpResponseRedirect:
    """Send back to the table of a request."""
    return redirect(f"{reverse('portal:notification_list')}?assignment={assignment.pk}")


def _notifications_of(request: OfficerRequest) -> NotificationQuerySet:
    found = Notification.objects.visible_to(request.user)
    return found.select_related("assignment__request", "assignment__ministry", "body", "template")


@officer_required
@require_safe
def notification_list(request: OfficerRequest) -> HttpResponse:
    """Show the table of one request (`assignment`), else of the newest."""
    assignments = assignments_of(request)
    if "assignment" in request.GET:
        assignment = get_object_or_404(assignments, pk=id_of(request.GET["assignment"]))
    elif newest := assignments.first():
        assignment = newest
    else:
        return render(request, "portal/notifications/none.html")
    filters = NotificationFilterForm(request.GET)
    own = assignment.notifications.select_related("template", "recorded_by").prefetch_related("channels")
    bodies = filters.apply(bodies_of(request), assignment).listed()
    bodies = bodies.prefetch_related(Prefetch("notifications", own, to_attr="notices"))
    return render(
        request,
        "portal/notifications/list.html",
        {
            "assignment": assignment,
            "assignments": assignments,
            "filters": filters,
            "page": LongPaginator(bodies, PAGE_SIZE).get_page(request.GET.get("page")),
            "counts": _counts(assignment),
            "incomplete": _incomplete_letters(assignment),
            "limit": LIMIT,
        },
    )


def _counts(assignment: Assignment) -> dict[str, int]:
    """Count what was chosen and what was issued by each template, in one query that an index answers."""
    groups = assignment.notifications.order_by().values_list("template__number")
    counted = {
        number: (chosen, issued)
        for number, chosen, issued in groups.annotate(Count("pk"), Count("issued_on"))
    }
    return {
        "chosen": sum(chosen for chosen, _issued in counted.values()),
        "issued": sum(issued for _chosen, issued in counted.values()),
        "issued_by_1": counted.get(TemplateNumber.BUSINESS, (0, 0))[1],
        "issued_by_2": counted.get(TemplateNumber.AGENCY, (0, 0))[1],
    }


def _incomplete_letters(assignment: Assignment) -> list[tuple[LetterTemplate, list[str]]]:
    """Return the templates whose letter would leave with gaps, and the names of the gaps."""
    letters = [
        letter_for(assignment=assignment, template=template)
        for template in assignment.request.letter_templates.all()
    ]
    return [(letter.template, missing) for letter in letters if (missing := missing_values(letter=letter))]


@officer_required
@require_POST
def notification_plan(request: OfficerRequest, pk: int) -> HttpResponse:
    """Choose bodies as addressees."""
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    bodies = matching_bodies(request, assignment)
    try:
        chosen = plan_notifications(assignment=assignment, bodies=bodies, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        already = len(bodies) - len(chosen)
        note = f"（{already}団体は選定済みでした）" if already else ""
        messages.success(request, f"{len(chosen)}団体を発出先に選びました{note}。")
    return to_list(assignment)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def notification_record(request: OfficerRequest, pk: int) -> HttpResponse:
    """Ask what to record for the chosen bodies; with `save`, record it."""
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    bodies = matching_bodies(request, assignment)
    if not bodies:
        messages.error(request, "発出を記録する団体を選んでください。")
        return to_list(assignment)
    entered = request.POST if "save" in request.POST else None
    form = RecordManyForm(assignment, bodies, entered, initial=_initial(assignment))
    status = 200
    if form.is_valid():
        try:
            _record(request, assignment, bodies, form)
        except AlreadyRecorded as refusal:
            status = 409
            show_refusal(form, refusal)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            return to_list(assignment)
    context = {
        "assignment": assignment,
        "form": form,
        "rows": [(body, form.template_numbers[body.pk]) for body in bodies],
        "template_choices": TemplateNumber.choices,
    }
    status = max(status, 400) if form.errors else status
    return render(request, "portal/notifications/record.html", context, status=status)


def _record(
    request: OfficerRequest, assignment: Assignment, bodies: list[Body], form: RecordManyForm
) -> None:
    rows = record_notifications(
        assignment=assignment,
        bodies=bodies,
        record=form.record(),
        template_numbers=form.template_numbers,
        actor=request.user,
        now=clock.now(),
    )
    messages.success(request, f"{len(rows)}団体への発出を記録しました。")


def _initial(assignment: Assignment) -> dict[str, Any]:
    """Propose today, and that the wording was changed when the ministry has its own."""
    own = assignment.letters.select_related("template")
    return {"issued_on": clock.today(), "wording_changed": any(letter.has_own_wording for letter in own)}


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def notification_edit(request: OfficerRequest, pk: int) -> HttpResponse:
    notification = get_object_or_404(_notifications_of(request).issued(), pk=pk)
    assignment = notification.assignment
    initial = {
        **vars(record_of(notification)),
        "template_number": notification.template.number,
        "version": notification.version,
    }
    form = NotificationForm(assignment, request.POST or None, initial=initial)
    context = {"notification": notification, "assignment": assignment, "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            update_notification(
                notification=notification,
                expected_version=form.cleaned_data["version"],
                record=form.record(),
                template_number=form.cleaned_data["template_number"],
                actor=request.user,
                now=clock.now(),
            )
        except StaleWrite as stale:
            status = 409
            notification.refresh_from_db()
            context |= show_conflict(form, stale, version=notification.version)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"「{notification.body}」への発出の記録を修正しました。")
            return to_list(assignment)
    if form.errors:
        status = 400
    return render(request, "portal/notifications/edit.html", context, status=status)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def notification_withdraw(request: OfficerRequest, pk: int) -> HttpResponse:
    """Ask, then remove a body from the addressees, with what was recorded."""
    notification = get_object_or_404(_notifications_of(request), pk=pk)
    assignment = notification.assignment
    context: dict[str, Any] = {"notification": notification, "assignment": assignment}
    if request.method == "POST":
        try:
            withdraw_notification(notification=notification, actor=request.user, now=clock.now())
        except Refusal as refusal:
            context["refusal"] = refusal.message
            return render(request, "portal/notifications/withdraw.html", context, status=409)
        messages.success(request, f"「{notification.body}」を発出先から外しました。")
        return to_list(assignment)
    return render(request, "portal/notifications/withdraw.html", context)
