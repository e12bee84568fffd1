"""団体への回答依頼: the officers' list of a report, asking bodies, and reminding them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followup.forms.body_requests import AddresseeForm, RequestFilterForm, WordingForm
from followup.models import Report
from followup.rules.body_requests import RequestState, proposed_due_date
from followup.services.body_request_lists import AskedRow, asked_rows, counted
from followup.services.body_request_mails import compose, letter_title, letter_titles
from followup.services.body_requests import (
    MOST_AT_ONCE,
    ask_bodies,
    draft_request,
    remind_bodies,
    remindable,
)
from followup.services.contents import notices_of
from followup.services.opening_days import opening_days
from followup.services.proposal_decisions import take_all_proposals
from followup.views.reports import reports_of
from outreach import clock
from outreach.models import User
from outreach.services.errors import Refusal
from outreach.services.letters import letter_for
from outreach.views.access import OfficerRequest, editor_required, officer_required
from outreach.views.conflicts import show_refusal
from outreach.views.selection import id_of

PAGE_SIZE = 50
TONES = {
    RequestState.NOT_ASKED: "neutral",
    RequestState.ASKED: "info",
    RequestState.OPENED: "info",
    RequestState.ANSWERED: "warning",
    RequestState.ACCEPTED: "success",
    RequestState.DECLINED: "neutral",
    RequestState.EXPIRED: "error",
    RequestState.WITHDRAWN: "neutral",
}


@officer_required
@require_safe
def body_request_list(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show every notified body with what it was asked and has answered."""
    report = get_object_or_404(reports_of(request), pk=pk)
    today = clock.today()
    rows = asked_rows(report, today=today)
    filters = RequestFilterForm(request.GET)
    page = Paginator(filters.apply(rows), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "report": report,
        "filters": filters,
        "page": page,
        "entries": [(one, TONES[one.state]) for one in page],
        "counts": counted(rows),
        "pending": sum(one.state == RequestState.ANSWERED for one in rows),
        "to_remind": len(remindable(report, today=today)),
        "can_change": report.is_editable and request.user.can_edit,
        "most": MOST_AT_ONCE,
    }
    return render(request, "portal/body_requests/list.html", context)


@dataclass(frozen=True)
class Chosen:
    """One body that is about to be asked, and the form of its address."""

    asked: AskedRow
    form: AddresseeForm


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def body_request_send(request: OfficerRequest, pk: int) -> HttpResponse:
    """Ask what to send to the chosen bodies (`row`); show it as it goes out; with `send`, send it."""
    report = get_object_or_404(reports_of(request), pk=pk)
    rows = _chosen_rows(request, report)
    if not rows:
        messages.error(request, "回答を依頼する団体を選んでください。")
        return redirect("portal:body_request_list", pk=pk)
    entered = request.POST if request.method == "POST" else None
    form = WordingForm(entered, initial=_initial(report, request.user))
    chosen = _choose(report, rows, entered)
    is_valid = all([form.is_valid(), *(one.form.is_valid() for one in chosen)])
    if entered is None or not is_valid:
        status = 200 if entered is None else 400
        return _show(request, report, form, chosen, status=status)
    if "send" not in request.POST:
        return _show(request, report, form, chosen, preview=_preview(report, form, chosen[0]))
    try:
        asked = ask_bodies(
            report=report,
            addressees=[one.form.addressee(one.asked.row.pk) for one in chosen],
            wording=form.wording(),
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        show_refusal(form, refusal)
        return _show(request, report, form, chosen, status=409)
    messages.success(
        request, f"{len(asked)}団体に回答を依頼しました。メールは、まもなく1団体に1通ずつ届きます。"
    )
    return redirect("portal:body_request_list", pk=pk)


def _chosen_rows(request: OfficerRequest, report: Report) -> list[AskedRow]:
    """Return the bodies named by `row`, or with `all_matching` all of the filters that can be asked."""
    rows = asked_rows(report, today=clock.today())
    values = request.POST if request.method == "POST" else request.GET
    if values.get("all_matching") == "1":
        return [one for one in RequestFilterForm(values).apply(rows) if one.is_askable][:MOST_AT_ONCE]
    keys = {id_of(text) for text in values.getlist("row")[: MOST_AT_ONCE + 1]}
    found = [one for one in rows if one.row.pk in keys]
    if len(found) != len(keys):
        raise Http404
    return found


def _choose(report: Report, rows: list[AskedRow], entered: Any) -> list[Chosen]:
    """Return the rows, each with a form of its body's address, proposed as it is on record."""
    bodies = notices_of(report).filter(pk__in=[one.row.pk for one in rows])
    on_record = {
        pk: {"email": email, "name": addressee}
        for pk, email, addressee in bodies.values_list("pk", "body__email", "body__addressee")
    }
    return [
        Chosen(one, AddresseeForm(entered, initial=on_record[one.row.pk], prefix=f"to-{one.row.pk}"))
        for one in rows
    ]


def _initial(report: Report, user: User) -> dict[str, Any]:
    """Propose a due date, and as contact that of the ministry's letters, else the officer."""
    today = clock.today()
    template = report.assignment.request.letter_templates.order_by("number").first()
    letter = letter_for(assignment=report.assignment, template=template) if template else None
    values: dict[str, Any] = {
        "contact_name": f"{user.department}　{user.name}".strip("　"),
        "contact_phone": user.phone,
        "contact_email": user.email,
    }
    if letter and letter.contact_email:
        parts = (letter.bureau, letter.division, letter.contact_name)
        values = {
            "contact_name": "　".join(part for part in parts if part),
            "contact_phone": letter.contact_phone,
            "contact_email": letter.contact_email,
        }
    due_on = proposed_due_date(report.due_on or today, today=today, days=opening_days())
    return values | {"due_on": due_on}


def _preview(report: Report, form: WordingForm, first: Chosen) -> dict[str, str]:
    """Return the first body's mail as it goes out."""
    notice = notices_of(report).select_related("body").get(pk=first.asked.row.pk)
    draft = draft_request(
        report=report, notification=notice, addressee=first.form.addressee(notice.pk), wording=form.wording()
    )
    title = letter_title(draft, letter_titles(report))
    subject, text = compose("body_request", draft, title=title)
    return {"to": draft.email, "reply_to": draft.contact_email, "subject": subject, "text": text}


def _show(
    request: OfficerRequest,
    report: Report,
    form: WordingForm,
    chosen: list[Chosen],
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    context |= {"report": report, "form": form, "chosen": chosen}
    context["has_row_errors"] = any(one.form.is_bound and one.form.errors for one in chosen)
    return render(request, "portal/body_requests/send.html", context, status=status)


@editor_required
@require_POST
def body_request_remind(request: OfficerRequest, pk: int) -> HttpResponse:
    """Remind every body whose answer is awaited."""
    report = get_object_or_404(reports_of(request), pk=pk)
    try:
        reminded, left = remind_bodies(report=report, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        rest = f"残りの{left}団体には、もう一度押すと送ります。" if left else ""
        messages.success(request, f"回答のない{reminded}団体に、催促のメールを送りました。{rest}")
    return redirect("portal:body_request_list", pk=pk)


@editor_required
@require_POST
def body_request_take_all(request: OfficerRequest, pk: int) -> HttpResponse:
    """Take over every answer that changes no answer of the ministry."""
    report = get_object_or_404(reports_of(request), pk=pk)
    try:
        taken, left = take_all_proposals(report=report, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        rest = (
            f"残りの{left}件は、入力済みの内容と異なるか、確認が必要です。一つずつ開いて処理してください。"
            if left
            else ""
        )
        messages.success(request, f"{taken}件の回答案を採用し、報告の下書きに保存しました。{rest}")
    return redirect("portal:body_request_list", pk=pk)
