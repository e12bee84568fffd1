"""The link of a reminder: notes that it was opened, and leads to where the obligation is met."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from followup.models import Reminder
from followup.services.reminder_facts import path_of
from followup.services.reminder_openings import note_opening
from outreach import clock
from outreach.views.access import OfficerRequest, officer_required


@officer_required
@require_safe
@never_cache
def reminder_open(request: OfficerRequest, pk: int) -> HttpResponse:
    found = Reminder.objects.visible_to(request.user).select_related("obligation")
    reminder = get_object_or_404(found, pk=pk)
    note_opening(
        reminder=reminder,
        user=request.user,
        method=request.method or "",
        meta=request.META,
        now=clock.now(),
    )
    return HttpResponseRedirect(path_of(reminder.obligation, to_staff=False))
