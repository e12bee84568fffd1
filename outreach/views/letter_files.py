"""要請文 as files: a Word document for one body, a zip for several."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from outreach import clock
from outreach.documents.letter import DOCX, LIMIT, ZIP, LetterTo, letter_docx, letters_zip
from outreach.models import Assignment, Body, Letter
from outreach.rules.file_names import safe_file_name
from outreach.rules.letter_layout import lay_out
from outreach.services.audit import record_audit
from outreach.services.letters import letter_for, placeholder_values
from outreach.views.access import OfficerRequest, officer_required
from outreach.views.files import attachment
from outreach.views.requests import assignments_of
from outreach.views.selection import matching_bodies


@officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_download(request: OfficerRequest, pk: int) -> HttpResponse:
    """Hand out the letters to the chosen bodies; the table posts here, a link to one body gets."""
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    bodies = matching_bodies(request, assignment)
    if not 0 < len(bodies) <= LIMIT:
        messages.error(request, _problem(len(bodies)))
        return redirect(f"{reverse('portal:notification_list')}?assignment={assignment.pk}")
    now = clock.now()
    letters = _letters(assignment, bodies, today=now.date())
    record_audit(
        action="要請文を出力",
        now=now,
        actor=request.user,
        obj=assignment,
        ministry=assignment.ministry,
        after={"団体": [body.name for body in bodies]},
    )
    if len(letters) == 1:
        return attachment(letter_docx(letters[0], now=now), name=letters[0].file_name, content_type=DOCX)
    name = safe_file_name(f"要請文_{len(letters)}団体_{now:%Y%m%d}", ".zip")
    return attachment(letters_zip(letters, now=now), name=name, content_type=ZIP)


def _problem(count: int) -> str:
    if count == 0:
        return "要請文を出力する団体を選んでください。"
    return (
        f"一度に出力できるのは{LIMIT}団体までです（{count}団体が選ばれています）。"
        "区分などで絞り込み、何回かに分けて出力してください。"
    )


def _letters(assignment: Assignment, bodies: list[Body], *, today: date) -> list[LetterTo]:
    """Return the letters: by the template chosen, else proposed; dated as recorded, else today."""
    own = {
        template.number: letter_for(assignment=assignment, template=template)
        for template in assignment.request.letter_templates.all()
    }
    chosen = {
        row.body_id: row
        for row in assignment.notifications.filter(body__in=bodies).select_related("template")
    }
    return [
        _letter(
            own[chosen[body.pk].template.number if body.pk in chosen else body.proposed_template_number],
            body,
            (chosen[body.pk].issued_on if body.pk in chosen else None) or today,
        )
        for body in bodies
    ]


def _letter(letter: Letter, body: Body, issued_on: date) -> LetterTo:
    values = placeholder_values(letter=letter, body=body, issued_on=issued_on)
    return LetterTo(
        body_name=body.name,
        sender=letter.assignment.ministry.name,
        subject=letter.subject,
        lines=lay_out(letter.text, subject=letter.subject, values=values),
    )
