"""Figures as of now for pages and interfaces, from kept counts, and the upkeep of these.

A frozen result reads the same counts within its own consistent read (`figures.count_figures`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from followup.models import Round
from followup.rules.figures import Figures, Progress
from followup.rules.status import RoundStatus
from followup.services.answer_counts import forms_of
from followup.services.figures import figures_of, progress_of, round_answers
from followup.services.kept_answers import keep_answers, kept_tallies
from followup.services.kept_ledger import keep_ledgers, kept_ledger
from followup.services.rulings import standing_rulings


@dataclass(frozen=True)
class LiveProgress:
    """Where a round stands; `counted_at` tells since when bodies are not counted again, None for now."""

    progress: Progress
    counted_at: datetime | None


@dataclass(frozen=True)
class LiveFigures:
    """Everything that is counted of a round; `counted_at` as in LiveProgress."""

    figures: Figures
    counted_at: datetime | None


def live_progress(*, round: Round, now: datetime) -> LiveProgress:
    """Return what the ledger and the statuses say, without the answers."""
    kept = kept_ledger(round=round, now=now)
    progress = progress_of(round=round, ledgers=kept.ledgers, distinct=kept.distinct, now=now)
    return LiveProgress(progress, kept.counted_at)


def live_figures(*, round: Round, now: datetime) -> LiveFigures:
    """Return everything that is counted of a round."""
    live = live_progress(round=round, now=now)
    forms = forms_of(round)
    tallies = kept_tallies(round=round, forms=forms, now=now)
    rulings = standing_rulings(round=round)
    answers = round_answers(round=round, forms=forms, tallies=tallies, rulings=rulings)
    return LiveFigures(figures_of(progress=live.progress, answers=answers, rulings=rulings), live.counted_at)


def keep_counts(*, now: datetime) -> int:
    """Count again what is stale in every round that is not fixed; return how many counts that took."""
    open_rounds = Round.objects.exclude(status=RoundStatus.FIXED).order_by("-pk")
    return sum(keep_counts_of(round=collection, now=now) for collection in open_rounds)


def keep_counts_of(*, round: Round, now: datetime) -> int:
    """Count again what is stale in a round; return how many counts that took."""
    counted = keep_ledgers(round=round, now=now)
    return counted + keep_answers(round=round, now=now)
