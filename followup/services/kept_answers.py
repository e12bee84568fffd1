"""Kept counts of the answers: one tally a submission, which never changes, but for rulings on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import TypeAdapter

from followup.models import AnswerChange, AnswerCount, Round, Submission
from followup.rules.answer_tally import SubmissionTally
from followup.services.answer_counts import Forms, Tallies, count_tallies
from followup.services.rulings import standing_rulings

_SHAPE: TypeAdapter[SubmissionTally] = TypeAdapter(SubmissionTally)
COUNTED_TOGETHER = 20
"""How many submissions are counted in one transaction."""


def kept_tallies(*, round: Round, forms: Forms, now: datetime) -> Tallies:
    """Return what each report's latest submission answers, counting those that are stale."""
    newest = Submission.objects.filter(report__round=round).newest().order_by()
    report_of = dict(newest.values_list("pk", "report_id"))
    _count_stale(round, report_of, forms=forms, now=now)
    kept = AnswerCount.objects.filter(submission__report__round=round, submission__is_latest=True)
    return {report_of[row.submission_id]: _SHAPE.validate_python(row.tally) for row in kept}


def _count_stale(round: Round, submission_ids: Collection[int], *, forms: Forms, now: datetime) -> int:
    """Count those that changed or were never counted; return how many."""
    kept = set(_of(AnswerCount, submission_ids).values_list("submission_id", flat=True))
    marked = set(_of(AnswerChange, submission_ids).values_list("submission_id", flat=True))
    stale = [pk for pk in submission_ids if pk not in kept or pk in marked]
    for first in range(0, len(stale), COUNTED_TOGETHER):
        _count(round, stale[first : first + COUNTED_TOGETHER], forms=forms, now=now)
    return len(stale)


def _of(model: Any, submission_ids: Iterable[int]) -> Any:
    return model.objects.filter(submission__in=list(submission_ids)).order_by()


@transaction.atomic
def _count(round: Round, ids: list[int], *, forms: Forms, now: datetime) -> None:
    """Count and keep; rows are locked and marks taken away before anything is read, rulings too."""
    AnswerCount.objects.bulk_create(
        (AnswerCount(submission_id=pk, counted_at=now) for pk in ids), ignore_conflicts=True
    )
    locked = list(_of(AnswerCount, ids).order_by("pk").select_for_update())
    _of(AnswerChange, ids).delete()
    rulings = standing_rulings(round=round)
    tallies = count_tallies(Submission.objects.filter(pk__in=ids), forms=forms, rulings=rulings)
    report_of = dict(Submission.objects.filter(pk__in=ids).values_list("pk", "report_id"))
    for row in locked:
        row.tally = _SHAPE.dump_python(tallies[report_of[row.submission_id]], mode="json")
        row.counted_at = now
    AnswerCount.objects.bulk_update(locked, ["tally", "counted_at"])


def keep_answers(*, round: Round, forms: Forms, now: datetime) -> int:
    """Count again the latest submissions of a round that are stale; return how many."""
    newest = Submission.objects.filter(report__round=round).newest().order_by()
    ids = list(newest.values_list("pk", flat=True))
    return _count_stale(round, ids, forms=forms, now=now)
