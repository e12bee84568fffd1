"""要請文: a ministry's own wording, beside the official text, and the letters as files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from outreach import clock
from outreach.forms.letters import LetterForm, LetterResetForm
from outreach.models import Assignment, Letter, LetterTemplate
from outreach.rules.letter_layout import lay_out
from outreach.rules.letter_text import PLACEHOLDERS, line_difference
from outreach.services.errors import Refusal, StaleWrite
from outreach.services.letters import (
    LetterFields,
    fact_findings,
    letter_for,
    missing_values,
    placeholder_values,
    reset_letter,
    save_letter,
)
from outreach.views.access import OfficerRequest, editor_required, officer_required
from outreach.views.bodies import bodies_of
from outreach.views.conflicts import show_conflict, show_refusal
from outreach.views.requests import assignments_of
from outreach.views.selection import chosen_bodies


def _assignment_and_template(
    request: OfficerRequest, pk: int, number: int
) -> tuple[Assignment, LetterTemplate]:
    assignment = get_object_or_404(assignments_of(request), pk=pk)
    return assignment, get_object_or_404(assignment.request.letter_templates, number=number)


@officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_edit(request: OfficerRequest, pk: int, number: int) -> HttpResponse:
    """Show the ministry's letter and its difference from the official text; a viewer only reads it."""
    assignment, template = _assignment_and_template(request, pk, number)
    letter = letter_for(assignment=assignment, template=template)
    form = LetterForm(request.POST or None, initial=_initial(letter, request))
    context = {"form": form, "assignment": assignment, "template": template}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            save_letter(
                assignment=assignment,
                template=template,
                expected_version=form.cleaned_data["version"],
                fields=form.fields_entered(),
                actor=request.user,
                now=clock.now(),
            )
        except StaleWrite as stale:
            letter, status = letter_for(assignment=assignment, template=template), 409
            context |= show_conflict(form, stale, version=letter.version)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"{template}の要請文を保存しました。")
            return redirect("portal:letter_edit", pk, number)
    context |= _comparison(letter)
    return render(request, "portal/letters/edit.html", context, status=400 if form.errors else status)


def _initial(letter: Letter, request: OfficerRequest) -> dict[str, Any]:
    """Return the letter's values; for one that is not saved yet, the officer is proposed as the sender."""
    values: dict[str, Any] = {**asdict(LetterFields.of(letter)), "version": letter.version}
    if letter.version == 0 and not letter.contact_name:
        user = request.user
        values |= {
            "division": user.department,
            "contact_name": user.name,
            "contact_phone": user.phone,
            "contact_email": user.email,
        }
    return values


def _comparison(letter: Letter) -> dict[str, Any]:
    return {
        "letter": letter,
        "difference": line_difference(letter.template.text, letter.text),
        "findings": fact_findings(letter=letter, today=clock.today()),
        "placeholders": PLACEHOLDERS,
    }


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_reset(request: OfficerRequest, pk: int, number: int) -> HttpResponse:
    """Ask, then put the wording back to the official one."""
    assignment, template = _assignment_and_template(request, pk, number)
    letter = get_object_or_404(Letter.objects.filter(assignment=assignment, template=template))
    form = LetterResetForm(request.POST or None, initial={"version": letter.version})
    context = {"assignment": assignment, "template": template, "form": form, **_comparison(letter)}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            reset_letter(letter=letter, expected_version=version, actor=request.user, now=clock.now())
        except StaleWrite as stale:
            context |= {"form": LetterResetForm(initial={"version": letter.version}), "stale": stale}
            return render(request, "portal/letters/reset.html", context, status=409)
        messages.success(request, f"{template}の件名と本文を原文に戻しました。")
        return redirect("portal:letter_edit", pk, number)
    return render(request, "portal/letters/reset.html", context, status=400 if form.errors else 200)


@officer_required
@require_safe
def letter_preview(request: OfficerRequest, pk: int, number: int) -> HttpResponse:
    """Show the letter as it goes to one body (`body`), else to the first one on the list."""
    assignment, template = _assignment_and_template(request, pk, number)
    letter = letter_for(assignment=assignment, template=template)
    bodies = list(bodies_of(request).active().listed())
    bodies.sort(key=lambda body: body.proposed_template_number != number)
    body = next(iter(chosen_bodies(request)), None) or next(iter(bodies), None)
    context = {"assignment": assignment, "template": template, "bodies": bodies, "body": body}
    if body:
        values = placeholder_values(letter=letter, body=body, issued_on=clock.today())
        context["lines"] = lay_out(letter.text, subject=letter.subject, values=values)
        context["missing"] = missing_values(letter=letter)
    return render(request, "portal/letters/preview.html", context)
