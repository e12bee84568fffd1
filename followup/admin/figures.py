"""Pages of the figures of a round, live and frozen: tables and charts, the rows behind, comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from followup.forms.figure_comparison import ComparisonForm, Side
from followup.forms.figure_rows import FigureRowsForm
from followup.models import CouncilReport, Round
from followup.rules.figure_changes import changes_between, tables_of
from followup.rules.figure_rows import RowKind
from followup.rules.figure_tables import Table, numbers_of
from followup.rules.figures import Figures
from followup.rules.outcomes import Remark
from followup.rules.stored_figures import from_json
from followup.services.figure_rows import total_of
from followup.services.live_figures import live_figures
from followup.staff.figure_charts import charts_of
from followup.staff.figure_lists import figure_list
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page
from outreach.models import BodyCategory, User, WorkState
from outreach.services.errors import Refusal
from outreach.views.paging import LongPaginator

PER_PAGE = 50
REMARKS_SHOWN = 20
SERIES = ("発出済み", "未発出")
CATEGORIES: dict[str, str] = dict(BodyCategory.choices)
RIGHTS = {
    RowKind.MINISTRIES: "followup.view_report",
    RowKind.VERSIONS: "followup.view_submission",
    RowKind.NOTIFICATIONS: "outreach.view_notification",
    RowKind.BODIES: "outreach.view_notification",
    RowKind.BODY_ANSWERS: "followup.view_submission",
    RowKind.MINISTRY_ANSWERS: "followup.view_submission",
    RowKind.RULINGS: "followup.view_figureruling",
}
"""Who may see the rows of each kind, beside the figures themselves."""
VIEW, VIEW_FROZEN = "followup.view_round", "followup.view_councilreport"


def tables(figures: Figures) -> tuple[Table, ...]:
    return tables_of(figures, CATEGORIES)


def page_of(figures: Figures, *, round: Round, user: User, snapshot: CouncilReport | None) -> dict[str, Any]:
    """Return what the page of figures shows; the same for live figures and for a snapshot."""
    kinds = {kind for kind, right in RIGHTS.items() if user.has_perm(right)}
    shown = tables(figures)
    may_see_remarks = user.has_perm("followup.view_submission")
    return {
        "round": round,
        "round_id": round.pk,
        "snapshot": snapshot,
        "snapshot_id": snapshot.pk if snapshot else None,
        "figures": figures,
        "tables": shown,
        "charts": charts_of(figures, shown),
        "open_kinds": kinds,
        "series": SERIES,
        "may_see_reports": user.has_perm("followup.view_report"),
        "may_see_remarks": may_see_remarks,
        "remarks": _remarks(figures) if may_see_remarks else [],
        "may_see_snapshots": user.has_perm(VIEW_FROZEN),
    }


def _remarks(figures: Figures) -> list[tuple[str, list[Remark], int]]:
    """Return practices and obstacles: how they are called, the first of them, how many more there are."""
    counts = {"practice": figures.outcomes.practices, "obstacle": figures.outcomes.obstacles}
    found = []
    for kind, title in (("practice", "好事例"), ("obstacle", "支障")):
        shown = [row for row in figures.remarks if row.kind == kind][:REMARKS_SHOWN]
        found.append((title, shown, (counts[kind] or 0) - len(shown)))
    return found


class RoundFigures(StaffAdmin):
    """The pages of a round's figures, beside the page of the round."""

    def get_urls(self) -> list[Any]:
        def guard(view: Any) -> Any:
            return self.admin_site.admin_view(require_safe(view))

        own = [
            path("<int:object_id>/figures/", guard(self.figures_view), name="followup_round_figures"),
            path("<int:object_id>/rows/<str:kind>/", guard(self.rows_view), name="followup_round_rows"),
            path("<int:object_id>/compare/", guard(self.compare_view), name="followup_round_compare"),
        ]
        return [*own, *super().get_urls()]

    def figures_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the figures as they are now."""
        user, collection = _opened(request, object_id)
        now = clock.now()
        live = live_figures(round=collection, now=now)
        context = page_of(live.figures, round=collection, user=user, snapshot=None)
        page = {"title": "数値（現在）", "original": collection, "as_of": now, "counted_at": live.counted_at}
        return staff_page(request, self, "admin/figures.html", context | page)

    def rows_view(self, request: HttpRequest, object_id: int, kind: str) -> HttpResponse:
        """List the rows that a number counts, as they are now."""
        user, collection = _opened(request, object_id)
        if kind not in set(RowKind) - {RowKind.RULINGS}:
            raise Http404
        behind = _Behind(request, collection, RowKind(kind), user)
        response = staff_page(request, self, "admin/figure_rows.html", behind.context())
        response.status_code = 200 if behind.form.is_valid() else 400
        return response

    def compare_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """List the snapshots of a round, and what changed between two sets of figures."""
        user, collection = _opened(request, object_id)
        if not user.has_perm(VIEW_FROZEN):
            raise PermissionDenied
        form = ComparisonForm(request.GET or None, round=collection)
        context = {
            "title": "取りまとめの一覧と比較",
            "original": collection,
            "form": form,
            "errors": form.errors,
            "snapshots": LongPaginator(_snapshots(collection), PER_PAGE).get_page(request.GET.get("page")),
        }
        if form.is_valid():
            context |= _compared(form)
        response = staff_page(request, self, "admin/figure_comparison.html", context)
        response.status_code = 400 if form.errors else 200
        return response


def _opened(request: HttpRequest, round_id: int) -> tuple[User, Round]:
    user = cast("StaffRequest", request).user
    if not user.has_perm(VIEW):
        raise PermissionDenied
    return user, get_object_or_404(Round.objects.select_related("request", "council"), pk=round_id)


def _snapshots(collection: Round) -> Any:
    """Return the finished snapshots of a round, newest first, without their long figures."""
    found = CouncilReport.objects.filter(round=collection, state=WorkState.DONE)
    return found.select_related("requested_by").defer("figures").order_by("-pk")


def _compared(form: ComparisonForm) -> dict[str, Any]:
    before, after = form.cleaned_data["before"], form.cleaned_data["after"]
    try:
        found = changes_between(
            _figures_of(before), _figures_of(after), CATEGORIES, days=before.round == after.round
        )
    except Refusal as refusal:
        return {"refusal": refusal.message}
    return {"before": before, "after": after, "changes": found, "is_compared": True}


def _figures_of(side: Side) -> Figures:
    if side.snapshot:
        return from_json(side.snapshot.figures)
    return live_figures(round=side.round, now=clock.now()).figures


@dataclass
class _Behind:
    """The rows behind a number, for one request."""

    request: HttpRequest
    collection: Round
    kind: RowKind
    user: User

    def __post_init__(self) -> None:
        if not self.user.has_perm(RIGHTS[self.kind]):
            raise PermissionDenied
        self.form = FigureRowsForm(self.request.GET, round=self.collection, kind=self.kind)

    @cached_property
    def figures(self) -> Figures:
        return live_figures(round=self.collection, now=clock.now()).figures

    def context(self) -> dict[str, Any]:
        context = {
            "title": f"内訳：{self.kind.label}",
            "original": self.collection,
            "kind": self.kind,
            "form": self.form,
            "errors": self.form.errors,
        }
        if not self.form.is_valid():
            return context
        given = self.form.conditions()
        found = figure_list(self.kind, round=self.collection, figures=lambda: self.figures, given=given)
        page = LongPaginator(found.rows, PER_PAGE, is_search=bool(given["q"])).get_page(
            self.request.GET.get("page")
        )
        return context | {
            "page": page,
            "columns": found.columns,
            "rows": [list(zip(found.columns, found.show(row), strict=True)) for row in page],
            "told": found.told,
            "totals": [
                (question, total_of(round=self.collection, rows=found.rows, question_key=question.key))
                for question in found.summed
            ],
            "frozen": self._frozen(page.paginator.count),
        }

    def _frozen(self, count: int) -> dict[str, Any] | None:
        """Return the snapshot that the number was read in, and what it was then."""
        if not (key := self.form.cleaned_data.get("snapshot")):
            return None
        if not self.user.has_perm(VIEW_FROZEN):
            raise PermissionDenied
        snapshot = get_object_or_404(CouncilReport, pk=key, round=self.collection, state=WorkState.DONE)
        numbers = numbers_of(tables(from_json(snapshot.figures)))
        was = None if self.form.cleaned_data.get("q") else numbers.get(self.form.selection())
        return {"snapshot": snapshot, "was": was, "is_other": was is not None and was != count}


class SnapshotFigures(StaffAdmin):
    """The page of frozen figures, beside the page of a council report."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.figures_view))
        own = [path("<int:object_id>/figures/", view, name="followup_councilreport_figures")]
        return [*own, *super().get_urls()]

    def figures_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the figures as they were frozen."""
        user = cast("StaffRequest", request).user
        if not user.has_perm(VIEW_FROZEN):
            raise PermissionDenied
        reports = CouncilReport.objects.select_related("round__request", "round__council")
        report = get_object_or_404(reports, pk=object_id, state=WorkState.DONE)
        try:
            figures = from_json(report.figures)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("admin:followup_councilreport_changelist"))
        context = page_of(figures, round=report.round, user=user, snapshot=report)
        page = {"title": "数値（取りまとめ）", "original": report, "as_of": report.as_of}
        return staff_page(request, self, "admin/figures.html", context | page)
