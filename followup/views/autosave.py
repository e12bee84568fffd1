"""Answer a page that saves by itself (htmx): what it cannot save it is told beside the fields.

The page stays as the officer has it: only the notes of the fields sent, what the page takes for
saved, and the progress come back, each in its own place.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render

from followup.forms.answers import AnswerForm
from followup.models import Report
from followup.services.edits import Place, Saved, save_edits
from followup.services.summaries import row_state, section_progress
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest


def autosave(request: OfficerRequest, report: Report, forms: Mapping[Place, AnswerForm]) -> HttpResponse:
    """Save what can be read and nobody else changed; when the service declines, say why (409)."""
    for form in forms.values():
        form.is_valid()
    try:
        saved = save_edits(
            report=report,
            edits={place: form.edit for place, form in forms.items()},
            partly=True,
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        return HttpResponse(
            refusal.message, status=HTTPStatus.CONFLICT, content_type="text/plain; charset=utf-8"
        )
    return _tell(request, forms, saved)


def _tell(request: OfficerRequest, forms: Mapping[Place, AnswerForm], saved: Saved) -> HttpResponse:
    for place, form in forms.items():
        form.tell(saved, place)
    own = forms.get(None)
    context = {
        "forms": forms.values(),
        "sections": section_progress(own.spec, saved.answers[None]) if own else [],
        "states": [
            (place, row_state(form.spec, saved.answers[place]))
            for place, form in forms.items()
            if place is not None
        ],
    }
    response = render(request, "portal/reports/saved.html", context)
    response["Saved-At"] = clock.now().strftime("%H:%M")
    return response
