"""代行入力: what staff brought in for a ministry is shown as such wherever its answers are."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from followup.models import AnswerImport, Report, Submission

SHOWN = 5


def entries_on_behalf(*, report: Report) -> list[AnswerImport]:
    """Return the last imports that staff stored for the ministry, the newest first."""
    stored = AnswerImport.objects.filter(report=report).stored().by_staff().without_contents()
    return list(stored.select_related("confirmed_by").order_by("-finished_at", "-pk")[:SHOWN])


def marked_versions(*, report: Report) -> QuerySet[Submission]:
    """Return the versions of a report, newest first; `has_entry_on_behalf` where staff had entered before."""
    before = AnswerImport.objects.stored().by_staff().filter(
        report=OuterRef("report"), finished_at__lte=OuterRef("submitted_at")
    )  # fmt: skip
    versions: QuerySet[Submission] = report.submissions.annotate(has_entry_on_behalf=Exists(before))
    return versions.order_by("-number")
