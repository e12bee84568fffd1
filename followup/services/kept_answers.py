"""Kept counts of the answers: one tally a submission, which never changes, but for rulings on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from pydantic import TypeAdapter

from followup.models import AnswerChange, AnswerCount, Round, Submission
from followup.models.report import SubmissionQuerySet
from followup.rules.answer_tally import SubmissionTally
from followup.services.answer_counts import Forms, Tallies, count_tallies, forms_of
from followup.services.rulings import StandingRulings, standing_rulings

_SHAPE: TypeAdapter[SubmissionTally] = TypeAdapter(SubmissionTally)
COUNTED_TOGETHER = 20
"""How many submissions are counted in one transaction."""
_MARKS = AnswerChange.objects.filter(submission=OuterRef("pk"))


@dataclass(frozen=True)
class _Kept:
    """What is kept of one submission; `tally` is None where it was never counted."""

    submission_id: int
    report_id: int
    tally: Any
    is_marked: bool

    @property
    def is_current(self) -> bool:
        return self.tally is not None and not self.is_marked


def read_tallies(*, round: Round, forms: Forms, rulings: StandingRulings) -> Tallies:
    """Return what each report's latest submission answers, as of this read; nothing is written.

    What is kept is taken, and what is stale is counted anew.
    """
    kept = _kept(round)
    tallies = _read(row for row in kept if row.is_current)
    if stale := _stale(kept):
        tallies |= count_tallies(Submission.objects.filter(pk__in=stale), forms=forms, rulings=rulings)
    return tallies


def kept_tallies(*, round: Round, forms: Forms, now: datetime) -> Tallies:
    """Return what each report's latest submission answers, counting those that are stale."""
    kept = _kept(round)
    if stale := _stale(kept):
        _count_in_turns(round, stale, forms=forms, now=now)
        kept = _kept(round)
    return _read(kept)


def _kept(round: Round) -> list[_Kept]:
    """Read what is kept and what is marked, of every latest submission of a round, in one query."""
    rows = _newest(round).values_list("pk", "report_id", "answer_count__tally", Exists(_MARKS))
    return [_Kept(*row) for row in rows]


def _newest(round: Round) -> SubmissionQuerySet:
    return Submission.objects.filter(report__round=round).newest().order_by()


def _read(kept: Iterable[_Kept]) -> Tallies:
    return {row.report_id: _SHAPE.validate_python(row.tally) for row in kept if row.tally is not None}


def _stale(kept: Iterable[_Kept]) -> list[int]:
    return [row.submission_id for row in kept if not row.is_current]


def _count_in_turns(round: Round, stale: Sequence[int], *, forms: Forms, now: datetime) -> None:
    for first in range(0, len(stale), COUNTED_TOGETHER):
        _count(round, stale[first : first + COUNTED_TOGETHER], forms=forms, now=now)


def _of(model: Any, submission_ids: Iterable[int]) -> Any:
    return model.objects.filter(submission__in=list(submission_ids)).order_by()


@transaction.atomic
def _count(round: Round, ids: Sequence[int], *, forms: Forms, now: datetime) -> None:
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


def keep_answers(*, round: Round, now: datetime) -> int:
    """Count again the latest submissions of a round that are stale; return how many."""
    newest = _newest(round).filter(Q(answer_count=None) | Exists(_MARKS))
    if stale := list(newest.values_list("pk", flat=True)):
        _count_in_turns(round, stale, forms=forms_of(round), now=now)
    return len(stale)
