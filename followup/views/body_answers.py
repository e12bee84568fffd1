"""The pages behind the link of a 回答依頼: a body answers for itself, without an account.

Opening the link only takes its token out of the address, as with invitations: a mail scanner uses
nothing up, and the token does not stay where a log or a Referer could show it. A link that does not
open gets the same page whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope, scopes_disabled

from followup.forms.body_requests import ProposalForm, RespondentForm
from followup.models import BodyRequest, ProposedAnswer
from followup.rules.body_requests import read_by_form
from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.services.body_links import LinkClosed, find_body_request
from followup.services.body_request_mails import letter_title, letter_titles
from followup.services.contents import form_of, rows_of
from followup.services.proposal_comparison import told_answers
from followup.services.proposals import (
    AnsweredElsewhere,
    last_proposal,
    mark_opened,
    submit_proposal,
)
from followup.views.rates import is_too_often
from outreach import clock
from outreach.services.errors import Refusal

SESSION_KEY = "body_request_token"
PAGES_PER_ADDRESS = 300
PAGES_PER_LINK = 60

View = Callable[[HttpRequest, BodyRequest], HttpResponse]


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Put the token away in the session and show the page without it."""
    if is_too_often(what="answer opening", whose=_address(request), most=PAGES_PER_ADDRESS):
        return render(request, "429.html", status=429)
    request.session[SESSION_KEY] = token
    return redirect("answer")


def by_link(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Give a view the request that the session's link opens, in the scope of its ministry.

    Too many pages are answered with 429, any link that does not open with 410.
    """

    @login_not_required
    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        token = str(request.session.get(SESSION_KEY, ""))
        if _is_too_often(request, token):
            return render(request, "429.html", status=429)
        try:
            with scopes_disabled():
                body_request = find_body_request(token=token, today=clock.today())
            with scope(ministry=body_request.report.assignment.ministry):
                return view(request, body_request)
        except LinkClosed:
            return render(request, "answer/closed.html", status=410)

    return wrapper


def _is_too_often(request: HttpRequest, token: str) -> bool:
    address = _address(request)
    return is_too_often(what="answer address", whose=address, most=PAGES_PER_ADDRESS) or is_too_often(
        what="answer link", whose=token or address, most=PAGES_PER_LINK
    )


def _address(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def answer(request: HttpRequest, body_request: BodyRequest) -> HttpResponse:
    """Show a body its own questions; on POST keep what it answers."""
    last = last_proposal(body_request)
    if request.method == "POST":
        return _answered(request, body_request, last)
    mark_opened(body_request=body_request, now=clock.now())
    if last and last.is_accepted:
        return redirect("answer_sent")
    return _show(request, body_request, last, _form(body_request, last), _respondent_form(body_request, last))


def _spec(body_request: BodyRequest) -> FormSpec:
    """Return what the body is asked; a link to a row that nothing is asked of any more does not open."""
    report = body_request.report
    rows = rows_of(report, form_of(report), only=[body_request.notification_id])
    spec = rows[0].open_form() if rows else FormSpec(())
    if not spec.of(Scope.BODY):
        raise LinkClosed
    return spec


def _form(body_request: BodyRequest, last: ProposedAnswer | None, **values: Any) -> ProposalForm:
    spec = _spec(body_request)
    before = read_by_form(spec, last.answers).answers if last else {}
    number = last.number if last else None
    return ProposalForm(spec, Scope.BODY, version=number, prefix="row", **{"answers": before} | values)


def _mark(body_request: BodyRequest) -> str:
    """Return what tells the pages of two links apart; a part of the hash, which opens nothing."""
    return body_request.token_hash[:16]


def _respondent_form(
    body_request: BodyRequest, last: ProposedAnswer | None, data: Any = None
) -> RespondentForm:
    initial = {"link": _mark(body_request)}
    if last:
        initial |= {
            "name": last.respondent_name,
            "department": last.respondent_department,
            "contact": last.respondent_contact,
        }
    return RespondentForm(data, initial=initial, prefix="respondent")


def _answered(request: HttpRequest, body_request: BodyRequest, last: ProposedAnswer | None) -> HttpResponse:
    form = _form(body_request, last, data=request.POST)
    respondent = _respondent_form(body_request, last, request.POST)
    if request.POST.get(respondent.add_prefix("link")) != _mark(body_request):
        raise LinkClosed  # another body's link was opened in this browser since: this is not its answer
    if not all([form.is_valid(), respondent.is_valid()]):
        return _show(request, body_request, last, form, respondent, status=400)
    try:
        submit_proposal(
            body_request=body_request,
            seen_number=form.version_seen,
            answers=form.answers_entered,
            respondent=respondent.respondent(),
            now=clock.now(),
        )
    except AnsweredElsewhere as elsewhere:
        return _show_elsewhere(request, body_request, form, respondent, elsewhere)
    except LinkClosed:
        raise
    except Refusal as refusal:
        return _show(request, body_request, last, form, respondent, status=409, refusal=refusal)
    return redirect("answer_sent")


def _show_elsewhere(
    request: HttpRequest,
    body_request: BodyRequest,
    form: ProposalForm,
    respondent: RespondentForm,
    elsewhere: AnsweredElsewhere,
) -> HttpResponse:
    """Show what was sent from another screen; the fields keep what was typed, to be sent once more."""
    last = last_proposal(body_request)
    again = _form(body_request, last, answers=form.answers_entered)
    return _show(
        request, body_request, last, again, respondent,
        status=409, elsewhere=elsewhere, answers=_texts(last),
    )  # fmt: skip


def _texts(last: ProposedAnswer | None) -> list[tuple[QuestionSpec, str]]:
    return [pair for _version, texts in told_answers([last] if last else []) for pair in texts]


def _show(
    request: HttpRequest,
    body_request: BodyRequest,
    last: ProposedAnswer | None,
    form: ProposalForm,
    respondent: RespondentForm,
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    context |= _heading(body_request) | {"form": form, "respondent": respondent, "last": last}
    return render(request, "answer/form.html", context, status=status)


def _heading(body_request: BodyRequest) -> dict[str, object]:
    """Return who asks whom about what: all that a body sees beside its own answers."""
    return {
        "ask": body_request,
        "ministry": body_request.report.assignment.ministry,
        "body": body_request.notification.body,
        "issued_on": body_request.notification.issued_on,
        "title": letter_title(body_request, letter_titles(body_request.report)),
    }


@require_safe
@by_link
def sent(request: HttpRequest, body_request: BodyRequest) -> HttpResponse:
    """Confirm what was answered, to be printed."""
    last = last_proposal(body_request)
    if last is None:
        return redirect("answer")
    context = _heading(body_request) | {"last": last, "answers": _texts(last)}
    return render(request, "answer/sent.html", context)
