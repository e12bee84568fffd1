"""Which bodies a request of the browser names; a stranger's id refuses the whole (404)."""

from __future__ import annotations

from django.http import Http404

from outreach.forms.notifications import NotificationFilterForm
from outreach.models import Assignment, Body
from outreach.views.access import OfficerRequest

LONGEST_ID = 18


def chosen_bodies(request: OfficerRequest) -> list[Body]:
    """Return the bodies named by `body`, in the order of the list, each once."""
    values = request.POST if request.method == "POST" else request.GET
    keys = {id_of(text) for text in values.getlist("body")}
    bodies = Body.objects.visible_to(request.user).filter(pk__in=keys).listed()
    found = list(bodies)
    if len(found) != len(keys):
        raise Http404
    return found


def matching_bodies(request: OfficerRequest, assignment: Assignment) -> list[Body]:
    """Return the bodies chosen, or with `all_matching` all that the filters of the table keep."""
    if request.POST.get("all_matching") != "1":
        return chosen_bodies(request)
    filters = NotificationFilterForm(request.POST)
    found = filters.apply(Body.objects.visible_to(request.user), assignment)
    return list(found.listed())


def id_of(text: str) -> int:
    """Return an id as a number; what is none belongs to nothing (404)."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
        return int(text)
    raise Http404
