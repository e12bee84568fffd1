"""確認待ちの報告: the queue of staff, and the bulk accept of what has nothing open."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from followup.forms.review import QueueFilterForm, read_choices
from followup.models import Submission
from followup.services.review import accept_reports
from followup.services.review_queue import CLEAR, QueueEntry, queue_entries, queued_versions, review_queue
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page

VIEW, CHANGE = "followup.view_report", "followup.change_report"
PER_PAGE = 50
QUEUE = "admin:followup_report_queue"


class ReviewQueue(StaffAdmin):
    """The pages of the queue, beside the list of reports."""

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        own = [
            path("queue/", guard(require_safe(self.queue_view)), name="followup_report_queue"),
            path("queue/accept/", guard(require_POST(self.accept_view)), name="followup_report_accept_all"),
        ]
        return [*own, *super().get_urls()]

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        if not cast("StaffRequest", request).user.has_perm(VIEW):
            raise PermissionDenied
        form = QueueFilterForm(_with_defaults(request.GET))
        found = review_queue(form.wanted(), today=clock.today())
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        entries = queue_entries(list(page), now=clock.now())
        context = {
            "title": "確認待ちの報告",
            "filters": form,
            "page": page,
            "entries": entries,
            "clear": [choice_of(entry) for entry in entries if entry.is_clear],
            "may_accept": cast("StaffRequest", request).user.has_perm(CHANGE),
        }
        return staff_page(request, self, "admin/review_queue.html", context)

    def accept_view(self, request: HttpRequest) -> HttpResponse:
        """Show what was chosen once more, then accept it; each report stands or falls by itself."""
        staff = cast("StaffRequest", request)
        if not staff.user.has_perm(CHANGE):
            raise PermissionDenied
        name = "clear" if request.POST.get("scope") == "clear" else "choice"
        chosen = read_choices(request.POST.getlist(name))
        if chosen is None:
            raise BadRequest
        if not chosen:
            messages.warning(request, "受理する報告を選んでください。")
            return HttpResponseRedirect(reverse(QUEUE))
        if "confirmed" in request.POST:
            return self._accept(staff, chosen)
        return self._confirm(request, chosen)

    def _confirm(self, request: HttpRequest, chosen: dict[int, int]) -> HttpResponse:
        found = (
            queued_versions()
            .filter(report__in=chosen)
            .select_related("report__assignment__ministry", "report__round__request", "report__reviewer")
        )
        now = [row.pk for row in found.filter(CLEAR) if chosen[row.report_id] == row.number]
        context = {
            "title": "まとめて受理する",
            "ready": [row for row in found.order_by("submitted_at", "pk") if row.pk in now],
            "others": [row for row in found.order_by("submitted_at", "pk") if row.pk not in now],
            "queue_url": reverse(QUEUE),
        }
        return staff_page(request, self, "admin/accept_all.html", context)

    def _accept(self, request: StaffRequest, chosen: dict[int, int]) -> HttpResponse:
        versions = (
            Submission.objects.newest()
            .filter(report__in=chosen)
            .select_related("report__assignment__ministry")
        )
        outcome = accept_reports(
            seen=[(row.report, chosen[row.report_id]) for row in versions.order_by("submitted_at", "pk")],
            actor=request.user,
            now=clock.now(),
        )
        if outcome.accepted:
            count = len(outcome.accepted)
            messages.success(
                request, f"{count}件の報告を受理しました。府省庁への連絡はまもなく送信されます。"
            )
        for report, why in outcome.skipped:
            messages.warning(request, f"{report.assignment.ministry}の報告は受理していません。{why}")
        return HttpResponseRedirect(reverse(QUEUE))


def choice_of(entry: QueueEntry) -> str:
    """Return the value that stands for a version in the form of the queue."""
    return f"{entry.submission.report_id}:{entry.submission.number}"


def _with_defaults(given: QueryDict) -> QueryDict:
    """Fill in what an address without filters means, so that the page shows it as chosen."""
    data = given.copy()
    data.setdefault("status", QueueFilterForm.base_fields["status"].choices[0][0])  # type: ignore[attr-defined]
    return data
