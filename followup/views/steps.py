"""The steps an officer takes with a report: 該当なし, 部内確認, submit, revise."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from followup.forms.steps import NoBodyForm, SendBackForm, VersionForm
from followup.models import Report
from followup.rules.answer_texts import answer_text
from followup.rules.questions import Scope
from followup.services.contents import report_content
from followup.services.reports import (
    approve_report,
    ask_review,
    declare_no_body_report,
    revise_report,
    send_back,
    who_asked_review,
)
from followup.services.steps import steps_open_to
from followup.services.submissions import AlreadySubmitted, submit_report
from followup.services.summaries import progress_of
from followup.views.reports import reports_of
from outreach import clock
from outreach.services.errors import Refusal, StaleWrite
from outreach.views.access import OfficerRequest, editor_required

PROBLEMS_SHOWN = 100


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_no_body(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    content = report_content(report)
    form = NoBodyForm(
        request.POST or None, initial={"reason": content.no_body_reason, "version": report.version}
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            declare_no_body_report(
                report=report,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                actor=request.user,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            status = 409 if isinstance(refusal, StaleWrite) else 400
        else:
            messages.success(request, "該当なしの内容を保存しました。")
            return redirect("portal:report_detail", pk=pk)
    if form.errors and status == 200:  # noqa: PLR2004
        status = 400
    return render(request, "portal/reports/no_body.html", {"report": report, "form": form}, status=status)


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_submit(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show everything once more with what is missing; submit by the button."""
    report = get_object_or_404(reports_of(request), pk=pk)
    if request.method != "POST":
        return _show(request, report)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _show(request, report, status=400)
    try:
        submission = submit_report(
            report=report,
            expected_version=form.cleaned_data["version"],
            actor=request.user,
            now=clock.now(),
        )
    except AlreadySubmitted as first:
        messages.warning(request, first.message)
        return redirect("portal:submission_detail", pk=first.submission.pk)
    except Refusal as refusal:
        return _show_refusal(request, pk, refusal)
    messages.success(request, f"提出しました。受付番号は {submission.receipt_number} です。")
    return redirect("portal:submission_detail", pk=submission.pk)


@editor_required
@require_POST
def report_ask_review(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _show(request, report, status=400)
    try:
        ask_review(
            report=report,
            expected_version=form.cleaned_data["version"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        return _show_refusal(request, pk, refusal)
    messages.success(request, "取りまとめ担当に部内確認を依頼しました。")
    return redirect("portal:report_detail", pk=pk)


@editor_required
@require_POST
def report_approve(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _show(request, report, status=400)
    try:
        approve_report(
            report=report,
            expected_version=form.cleaned_data["version"],
            actor=request.user,
            now=clock.now(),
        )
    except Refusal as refusal:
        return _show_refusal(request, pk, refusal)
    messages.success(request, "部内確認を承認しました。続けて提出できます。")
    return redirect("portal:report_submit", pk=pk)


@editor_required
@require_POST
def report_send_back(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _show(request, report, status=400, send_back_form=form)
    try:
        send_back(report=report, comment=form.cleaned_data["comment"], actor=request.user, now=clock.now())
    except Refusal as refusal:
        return _show_refusal(request, pk, refusal)
    messages.success(request, "コメントを付けて担当者へ戻しました。")
    return redirect("portal:report_detail", pk=pk)


@editor_required
@require_POST
def report_revise(request: OfficerRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(reports_of(request), pk=pk)
    try:
        revise_report(report=report, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, "修正を始めました。修正が終わったら、もう一度提出してください。")
    return redirect("portal:report_detail", pk=pk)


def _show_refusal(request: OfficerRequest, pk: int, refusal: Refusal) -> HttpResponse:
    """Show the page as the report is now, with why the step was refused."""
    report = get_object_or_404(reports_of(request), pk=pk)
    status = 409 if isinstance(refusal, StaleWrite) else 400
    return _show(request, report, status=status, refusal=refusal)


def _show(request: OfficerRequest, report: Report, *, status: int = 200, **context: object) -> HttpResponse:
    content = report_content(report)
    problems = content.problems()
    answers = [
        (question, answer_text(question, content.answers))
        for question in content.form.asked(Scope.MINISTRY, content.answers)
    ]
    shown = {
        "report": report,
        "content": content,
        "answers": answers,
        "progress": progress_of(content),
        "problems": problems[:PROBLEMS_SHOWN],
        "more_problems": max(0, len(problems) - PROBLEMS_SHOWN),
        "verbs": {step.verb for step in steps_open_to(report, request.user)},
        "send_back_form": SendBackForm(),
        "asked_by": who_asked_review(report),
    }
    return render(request, "portal/reports/submit.html", shown | context, status=status)
