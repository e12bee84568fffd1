"""The latest submission of a report as its page shows it: answers, a page of rows, versions, points."""

from __future__ import annotations

from typing import Any

from followup.models import Report, Submission
from followup.rules.answer_texts import answer_text
from followup.rules.questions import Scope
from followup.services.points import point_texts
from outreach.views.paging import LongPaginator

ROWS_PER_PAGE = 50


def answers_context(report: Report, page: str | None) -> dict[str, Any]:
    """Return what the page of a report shows of its versions; the number of queries is fixed."""
    versions = list(report.submissions.select_related("form_version", "submitted_by").order_by("-number"))
    latest = versions[0] if versions else None
    return {"versions": versions} | (submission_context(latest, page) if latest else {})


def submission_context(submission: Submission, page: str | None) -> dict[str, Any]:
    """Return one version as questions with answers in words."""
    form = submission.form_version.spec()
    columns = form.of(Scope.BODY)
    rows = LongPaginator(submission.rows.order_by("pk"), ROWS_PER_PAGE).get_page(page)
    return {
        "submission": submission,
        "ministry_answers": [
            (question, answer_text(question, submission.answers))
            for question in form.asked(Scope.MINISTRY, submission.answers)
        ],
        "columns": columns,
        "rows": rows,
        "table": [(row, [answer_text(question, row.answers) for question in columns]) for row in rows],
        "points": point_texts(submission),
    }
