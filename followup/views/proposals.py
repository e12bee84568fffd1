"""One body's 回答依頼: its link, what it answered beside what is stored, and the decision on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from followup.forms.answers import AnswerForm
from followup.forms.body_requests import DeclineForm, ResendForm, SeenForm
from followup.models import BodyRequest, ProposedAnswer
from followup.rules.body_requests import ProposalState, RequestState
from followup.rules.questions import Scope
from followup.services.body_request_lists import state_of
from followup.services.body_requests import resend_request, withdraw_request
from followup.services.contents import Row, form_of, rows_of
from followup.services.drafts import ConflictingAnswers
from followup.services.proposal_comparison import compared, told_answers
from followup.services.proposal_decisions import (
    AlreadyDecided,
    decline_proposal,
    row_with,
    take_proposal,
)
from followup.views.body_requests import TONES
from outreach import clock
from outreach.services.errors import Refusal
from outreach.views.access import OfficerRequest, editor_required, officer_required
from outreach.views.conflicts import show_refusal


def _requests_of(request: OfficerRequest) -> QuerySet[BodyRequest]:
    found: QuerySet[BodyRequest] = BodyRequest.objects.visible_to(request.user).select_related(
        "report__round__request", "report__round__council", "report__assignment__ministry",
        "report__form_version", "notification__body", "notification__template", "created_by", "mail",
    )  # fmt: skip
    return found


@dataclass(frozen=True)
class Asked:
    """One request with its row of the report and every version of the body's answers."""

    body_request: BodyRequest
    row: Row | None
    proposals: list[ProposedAnswer]
    can_change: bool

    @property
    def waiting(self) -> ProposedAnswer | None:
        """Return the version that is to be decided on."""
        return next((one for one in self.proposals if one.state == ProposalState.PENDING), None)


def _asked(request: OfficerRequest, pk: int) -> Asked:
    body_request = get_object_or_404(_requests_of(request), pk=pk)
    report = body_request.report
    rows = rows_of(report, form_of(report), only=[body_request.notification_id])
    proposals = list(body_request.proposals.select_related("form_version", "decided_by").order_by("-number"))
    for proposal in proposals:
        proposal.body_request = body_request
    return Asked(
        body_request,
        next(iter(rows), None),
        proposals,
        report.is_editable and request.user.can_edit,
    )


@officer_required
@require_safe
def body_request_detail(request: OfficerRequest, pk: int) -> HttpResponse:
    return _show(request, _asked(request, pk))


def _show(request: OfficerRequest, asked: Asked, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show a request; the forms are those of the context, else fresh ones."""
    body_request = asked.body_request
    last = asked.proposals[0] if asked.proposals else None
    state = state_of(body_request, last, today=clock.today())
    shown: dict[str, Any] = {
        "asked": asked,
        "body_request": body_request,
        "report": body_request.report,
        "state": state,
        "tone": TONES[state],
        "earlier": told_answers([one for one in asked.proposals if one is not asked.waiting]),
    }
    if asked.can_change and body_request.withdrawn_at is None and state != RequestState.ACCEPTED:
        initial = {"email": body_request.email, "due_on": max(body_request.due_on, clock.today())}
        shown["resend"] = ResendForm(initial=initial)
    if asked.waiting and asked.row:
        shown |= _decision(asked.row, asked.waiting)
    return render(request, "portal/body_requests/detail.html", shown | context, status=status)


def _decision(row: Row, waiting: ProposedAnswer) -> dict[str, Any]:
    """Return the comparison and the forms to decide on a version."""
    return {
        "compared": compared(row, waiting),
        "seen": SeenForm(initial={"number": waiting.number, "version": row.version}),
        "edit": AnswerForm(
            row.form,
            Scope.BODY,
            answers=row_with(row, waiting),
            version=row.version,
            prefix="row",
            check=True,
            asked=row.asked_keys,
        ),
        "decline": DeclineForm(),
    }


@editor_required
@require_POST
def body_request_take(request: OfficerRequest, pk: int) -> HttpResponse:
    """Take over what the body answered as it is, or with `edited` as the officer changed it."""
    asked = _asked(request, pk)
    seen, waiting, row = SeenForm(request.POST), asked.waiting, asked.row
    if not (seen.is_valid() and waiting and row and waiting.number == seen.cleaned_data["number"]):
        return _show(request, asked, status=409, refusal=AlreadyDecided())
    edit = None
    if "edited" in request.POST:
        edit = AnswerForm(
            row.form,
            Scope.BODY,
            answers=row.answers,
            version=row.version,
            data=request.POST,
            prefix="row",
            asked=row.asked_keys,
        )
        if not edit.is_valid():
            return _show(request, asked, status=400, edit=edit)
    try:
        take_proposal(
            proposal=waiting,
            seen_version=seen.cleaned_data["version"],
            edited=edit.answers_entered if edit else None,
            actor=request.user,
            now=clock.now(),
        )
    except ConflictingAnswers as conflict:
        return _show_conflict(request, pk, edit, conflict)
    except Refusal as refusal:
        return _show(request, _asked(request, pk), status=409, refusal=refusal)
    name = asked.body_request.notification.body.name
    messages.success(request, f"{name}の回答を採用し、報告の下書きに保存しました。")
    return redirect("portal:body_request_list", pk=asked.body_request.report_id)


def _show_conflict(
    request: OfficerRequest, pk: int, edit: AnswerForm | None, conflict: ConflictingAnswers
) -> HttpResponse:
    """Show what a colleague saved meanwhile; what the officer edited stays in the fields."""
    asked = _asked(request, pk)
    context: dict[str, Any] = {"conflict": conflict}
    if edit and asked.row:
        context["edit"] = AnswerForm(
            asked.row.form,
            Scope.BODY,
            answers=edit.answers_entered,
            version=asked.row.version,
            prefix="row",
            check=True,
            asked=asked.row.asked_keys,
        )
    return _show(request, asked, status=409, **context)


@editor_required
@require_POST
def body_request_decline(request: OfficerRequest, pk: int) -> HttpResponse:
    """Decline what the body answered, with a reason."""
    asked = _asked(request, pk)
    seen, decline, waiting = SeenForm(request.POST), DeclineForm(request.POST), asked.waiting
    if not (seen.is_valid() and waiting and waiting.number == seen.cleaned_data["number"]):
        return _show(request, asked, status=409, refusal=AlreadyDecided())
    if not decline.is_valid():
        return _show(request, asked, status=400, decline=decline)
    try:
        decline_proposal(
            proposal=waiting,
            reason=decline.cleaned_data["reason"],
            tell_body=decline.cleaned_data["tell_body"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        return _show(request, _asked(request, pk), status=409, refusal=refusal)
    messages.success(request, f"{asked.body_request.notification.body.name}の回答を不採用にしました。")
    return redirect("portal:body_request_list", pk=asked.body_request.report_id)


@editor_required
@require_POST
def body_request_resend(request: OfficerRequest, pk: int) -> HttpResponse:
    """Send a new link; the old one is dead."""
    asked = _asked(request, pk)
    resend = ResendForm(request.POST)
    if not resend.is_valid():
        return _show(request, asked, status=400, resend=resend)
    try:
        resend_request(
            body_request=asked.body_request,
            email=resend.cleaned_data["email"],
            due_on=resend.cleaned_data["due_on"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        show_refusal(resend, refusal)
        return _show(request, asked, status=409, resend=resend)
    messages.success(request, "新しいリンクを送りました。前のリンクは使えなくなりました。")
    return redirect("portal:body_request_detail", pk=pk)


@editor_required
@require_POST
def body_request_withdraw(request: OfficerRequest, pk: int) -> HttpResponse:
    """End the link at once."""
    body_request = get_object_or_404(_requests_of(request), pk=pk)
    try:
        withdraw_request(body_request=body_request, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "回答依頼を取り消しました。送ったリンクは使えなくなりました。")
    return redirect("portal:body_request_detail", pk=pk)
