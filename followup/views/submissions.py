"""提出: each version as it was submitted, to read and print, and what changed between two."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from followup.models import ReturnPoint, Submission, SubmittedAnswer
from followup.rules.answer_texts import answer_text, key_label, value_text
from followup.rules.questions import Answers, FormSpec, QuestionSpec, Scope
from followup.rules.versions import Change, differences
from followup.services.points import point_texts
from outreach.views.access import OfficerRequest, officer_required
from outreach.views.paging import LongPaginator

PAGE_SIZE = 50


@dataclass(frozen=True)
class ChangeText:
    """One changed answer as people read it."""

    label: str
    old: str
    new: str


def submissions_of(request: OfficerRequest) -> QuerySet[Submission]:
    found: QuerySet[Submission] = Submission.objects.visible_to(request.user).select_related(
        "report__round__council", "report__round__request", "report__assignment__ministry", "form_version"
    )
    return found


@officer_required
@require_safe
def submission_detail(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show one version with its receipt; `all` puts every row on one page, for printing."""
    submission = get_object_or_404(submissions_of(request), pk=pk)
    form = submission.form_version.spec()
    rows = submission.rows.order_by("template_number", "body_name", "pk")
    paginator = LongPaginator(rows, max(rows.count(), 1) if "all" in request.GET else PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "submission": submission,
        "report": submission.report,
        "answers": _texts(form, Scope.MINISTRY, submission.answers),
        "page": page,
        "rows": [
            (row, _texts(form.for_category(row.body_category), Scope.BODY, row.answers))
            for row in page.object_list
        ],
        "points": point_texts(submission),
        "is_returned": ReturnPoint.objects.returns().filter(submission=submission).exists(),
        "versions": submission.report.submissions.order_by("-number"),
    }
    return render(request, "portal/reports/submission.html", context)


def _texts(form: FormSpec, scope: str, answers: Answers) -> list[tuple[QuestionSpec, str]]:
    return [(question, answer_text(question, answers)) for question in form.asked(scope, answers)]


@officer_required
@require_safe
def submission_compare(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show what changed from an earlier version (`base`, its number; else the one before)."""
    submission = get_object_or_404(submissions_of(request), pk=pk)
    base = _base(submission, request.GET.get("base", str(submission.number - 1)))
    forms = (base.form_version.spec(), submission.form_version.spec())
    old_rows, new_rows = _rows(base), _rows(submission)
    found = differences(
        (base.answers, {pk: row.answers for pk, row in old_rows.items()}),
        (submission.answers, {pk: row.answers for pk, row in new_rows.items()}),
        keys=forms[1].by_key,
    )
    context = {
        "submission": submission,
        "report": submission.report,
        "base": base,
        "found": found,
        "answers": _change_texts(forms, found.answers),
        "added": [new_rows[pk] for pk in found.added],
        "removed": [old_rows[pk] for pk in found.removed],
        "changed": [(new_rows[pk], _change_texts(forms, rows)) for pk, rows in found.changed.items()],
        "reasons": (base.no_body_reason, submission.no_body_reason),
        "earlier": submission.report.submissions.filter(number__lt=submission.number).order_by("-number"),
    }
    return render(request, "portal/reports/compare.html", context)


def _base(submission: Submission, number: str) -> Submission:
    """Return an earlier version of the same report; 404 for anything else."""
    if not (number.isascii() and number.isdigit() and len(number) < 6):  # noqa: PLR2004
        raise Http404
    earlier = submission.report.submissions.select_related("form_version")
    return get_object_or_404(earlier, number=int(number), number__lt=submission.number)


def _rows(submission: Submission) -> dict[int, SubmittedAnswer]:
    return {
        row.notification_id: row for row in submission.rows.order_by("template_number", "body_name", "pk")
    }


def _change_texts(forms: tuple[FormSpec, FormSpec], changes: list[Change]) -> list[ChangeText]:
    """Return changes as text; the text of その他 goes with its question."""
    old_form, new_form = forms
    texts = []
    for change in changes:
        key = change.key.split("__")[0]
        old, new = old_form.by_key.get(key), new_form.by_key.get(key)
        question = new or old
        if question is None:
            continue
        texts.append(
            ChangeText(
                key_label(question, change.key),
                value_text(old or question, change.key, change.old),
                value_text(new or question, change.key, change.new),
            )
        )
    return texts
