"""Lead from one problem of a report to the next, each at its field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from followup.forms.row_filters import PAGE_SIZE
from followup.models import Report
from followup.rules.questions import OTHER_SUFFIX, QuestionType
from followup.services.contents import Content, Problem, report_content
from followup.views.reports import reports_of
from outreach.views.access import OfficerRequest, editor_required


@dataclass(frozen=True)
class Finder:
    """The problems of a report in the order of its pages, and where each is mended."""

    report: Report
    content: Content

    def after(self, field_name: str) -> Problem | None:
        """Return the first problem after a field (by its name in the page), else the first of all."""
        problems = self.content.problems()
        place = self._place_of_name(field_name)
        later = (problem for problem in problems if self._place(problem) > place)
        return next(later, problems[0] if problems else None)

    def address(self, problem: Problem) -> str:
        """Return the page of a problem at its field; `at` lets the page go on from there."""
        if not problem.key:
            return reverse("portal:report_no_body", args=[self.report.pk])
        query = {"check": "1", "at": name_of(problem)}
        if problem.row is None:
            page = "portal:report_edit"
        else:
            page = "portal:report_rows"
            query["page"] = str(self._rows[problem.row.pk] // PAGE_SIZE + 1)
        return f"{reverse(page, args=[self.report.pk])}?{urlencode(query)}#{self.anchor(problem)}"

    def anchor(self, problem: Problem) -> str:
        """Return the id of what takes the focus: the field, or the first of its boxes."""
        question = self.content.form.by_key[problem.key.removesuffix(OTHER_SUFFIX)]
        is_boxes = question.type == QuestionType.MULTIPLE and problem.key == question.key
        return f"id_{name_of(problem)}" + ("_0" if is_boxes else "")

    def _place(self, problem: Problem) -> tuple[int, int]:
        """Return where a problem stands: the whole first, the ministry's questions, then row by row."""
        if not problem.key:
            return (-2, 0)
        row = self._rows[problem.row.pk] if problem.row else -1
        return (row, self._questions[problem.key.removesuffix(OTHER_SUFFIX)])

    def _place_of_name(self, name: str) -> tuple[int, int]:
        row, _dash, key = (
            name.removeprefix("row-").partition("-") if name.startswith("row-") else ("", "", name)
        )
        number = self._rows.get(int(row), -2) if row.isascii() and row.isdigit() else -1
        key = key.removesuffix(OTHER_SUFFIX)
        return (number, self._questions[key]) if key in self._questions else (-3, 0)

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {row.pk: place for place, row in enumerate(self.content.rows)}

    @cached_property
    def _questions(self) -> dict[str, int]:
        return {question.key: place for place, question in enumerate(self.content.form.questions)}


def name_of(problem: Problem) -> str:
    """Return the name of a problem's field in its page."""
    return f"row-{problem.row.pk}-{problem.key}" if problem.row else problem.key


def to_next_problem(pk: int, *, after: str) -> HttpResponseRedirect:
    return redirect(f"{reverse('portal:report_next_problem', args=[pk])}?{urlencode({'after': after})}")


@editor_required
@require_safe
def report_next_problem(request: OfficerRequest, pk: int) -> HttpResponse:
    """Go to the next field in order that is missing or wrong; to the submission when there is none."""
    report = get_object_or_404(reports_of(request), pk=pk)
    finder = Finder(report, report_content(report))
    problem = finder.after(request.GET.get("after", ""))
    if problem is None:
        messages.success(request, "入力の不足や誤りはありません。")
        return redirect("portal:report_submit", pk=pk)
    return redirect(finder.address(problem))
