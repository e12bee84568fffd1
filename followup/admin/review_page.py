"""The page on which one report is reviewed: comparison, doubts, points, replies, and who is at it.

What its buttons do is review_presses.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from followup.admin.review_presses import PRESSES
from followup.admin.review_rows import SHOWN, Review
from followup.forms.replies import RepliesForm
from followup.forms.review import PointForm
from followup.models import Submission
from followup.rules.doubts import DoubtCode
from followup.rules.status import ReportStatus
from followup.services.points import gather_point, gathered_points, point_texts
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page
from outreach.services.errors import Refusal, StaleWrite

VIEW, CHANGE = "followup.view_report", "followup.change_report"
RULE = "followup.add_figureruling"


class ReviewPage(StaffAdmin):
    """The page of a review, beside the page of the report; its buttons post to itself."""

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        own = [
            path("<int:pk>/review/", guard(self.review_view), name="followup_report_review"),
            path("<int:pk>/review/point/", guard(self.point_view), name="followup_report_point"),
        ]
        return [*own, *super().get_urls()]

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        staff, submission = self._opened(request, pk)
        if request.method != "POST":
            return self._review(staff, submission)
        press = PRESSES.get(request.POST.get("action", ""))
        if press is None:
            raise Http404
        extra = {"texts": point_texts(submission)} if press.form is RepliesForm else {}
        form = press.form(request.POST, **extra)
        if not form.is_valid():
            told = next(message for messages in form.errors.values() for message in messages)
            return self._review(staff, submission, refusal=str(told), status=400)
        try:
            messages.success(request, press.perform(staff, submission, form))
        except Refusal as refusal:
            return self._refused(staff, pk, refusal)
        return HttpResponseRedirect(request.get_full_path())

    def _refused(self, request: StaffRequest, pk: int, refusal: Refusal) -> HttpResponse:
        """Show the page as things are now, with why the press did nothing."""
        status = 409 if isinstance(refusal, StaleWrite) else 400
        return self._review(request, _latest(pk), refusal=refusal.message, status=status)

    def _opened(self, request: HttpRequest, pk: int) -> tuple[StaffRequest, Submission]:
        staff = cast("StaffRequest", request)
        if not staff.user.has_perm(VIEW if request.method in {"GET", "HEAD"} else CHANGE):
            raise PermissionDenied
        return staff, _latest(pk)

    def _review(
        self, request: StaffRequest, submission: Submission, *, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        show = request.GET.get("show", "")
        review = Review(submission, show if show in SHOWN else "", request.GET.get("q", "")[:120])
        page = review.page(request.GET.get("page"))
        context = self._around(request, submission) | {
            "refusal": refusal,
            "review": review,
            "shown": SHOWN,
            "page": page,
            "ministry_section": review.ministry_section(),
            "doubts_on_whole": review.doubts_on_whole(),
            "sections": review.row_sections(page),
            "removed": review.removed(),
            "earlier_points": point_texts(review.before.submission) if review.before else [],
        }
        response = staff_page(request, self, "admin/review.html", context)
        response.status_code = status
        return response

    def _around(self, request: StaffRequest, submission: Submission) -> dict[str, Any]:
        """Return what stands around the answers: doubts by rule, points, and what may be done."""
        report, now = submission.report, clock.now()
        texts = point_texts(submission)
        may_change = request.user.has_perm(CHANGE)
        return {
            "title": "報告の確認",
            "original": report,
            "report": report,
            "submission": submission,
            "reviewer": report.reviewer_at(now),
            "kinds": _kinds(submission),
            "is_examined": submission.examinations.exists(),
            "gathered": gathered_points(submission=submission, actor=request.user),
            "replies": RepliesForm(texts=texts),
            "has_replies": any(text.replies for text in texts),
            "may_change": may_change,
            "may_decide": may_change and report.status == ReportStatus.SUBMITTED,
            "may_rule": request.user.has_perm(RULE),
            "may_gather": may_change and report.status in {ReportStatus.SUBMITTED, ReportStatus.ACCEPTED},
            "may_reply": may_change and report.status in {ReportStatus.SUBMITTED, ReportStatus.RETURNED},
        }

    def point_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a point on one question, one row, or one cell; it is kept until it is sent."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "POST"])
        staff, submission = self._opened(request, pk)
        if not staff.user.has_perm(CHANGE):
            raise PermissionDenied
        form = PointForm(
            request.POST or None, initial={**request.GET.dict(), "seen_number": submission.number}
        )
        status = 200
        if request.method == "POST" and form.is_valid():
            try:
                gather_point(
                    report=submission.report,
                    point=form.point,
                    seen_number=form.cleaned_data["seen_number"],
                    actor=staff.user,
                    now=clock.now(),
                )
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
                status = 409 if isinstance(refusal, StaleWrite) else 400
            else:
                messages.success(request, "指摘に加えました。まだ府省庁には届いていません。")
                return HttpResponseRedirect(reverse("admin:followup_report_review", args=[pk]))
        return self._point(staff, submission, form, status=400 if form.errors and status == 200 else status)  # noqa: PLR2004

    def _point(
        self, request: StaffRequest, submission: Submission, form: PointForm, *, status: int
    ) -> HttpResponse:
        context = {
            "title": "指摘を書く",
            "original": submission.report,
            "submission": submission,
            "form": form,
            "errors": form.errors,
            "place": _place(submission, form),
            "review_url": reverse("admin:followup_report_review", args=[submission.report_id]),
        }
        response = staff_page(request, self, "admin/point.html", context)
        response.status_code = status
        return response


def _latest(pk: int) -> Submission:
    """Return the newest version of a report; 404 where nothing was submitted."""
    return get_object_or_404(
        Submission.objects.newest().select_related(
            "form_version", "report__assignment__ministry", "report__round__request", "report__reviewer"
        ),
        report__pk=pk,
    )


def _kinds(submission: Submission) -> list[dict[str, Any]]:
    """Return how many doubts each rule raised, and how many of them are open, in the rules' order."""
    counted = (
        submission.doubts.order_by()
        .values("code")
        .annotate(all=Count("pk"), open=Count("pk", filter=Q(dismissal=None)))
    )
    by_code = {row["code"]: row for row in counted}
    return [by_code[code] | {"label": code.label} for code in DoubtCode if code in by_code]


def _place(submission: Submission, form: PointForm) -> list[str]:
    """Return what a point is on, in words; nothing for what is not in the version."""
    key, row = (form[name].value() for name in ("question", "row"))
    names: list[str] = []
    if (text := str(row or "")).isascii() and text.isdigit() and len(text) < 16:  # noqa: PLR2004
        names += submission.rows.filter(notification=int(text)).values_list("body_name", flat=True)
    question = submission.form_version.spec().by_key.get(key or "")
    return names + ([question.label] if question else [])
