"""What the submissions of a round answered together: questions, outcomes by ministry, and remarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from followup.rules import outcomes as outcome_keys
from followup.rules.answer_figures import (
    MEMBER_COUNT,
    REACHED_MEMBER_COUNT,
    YES,
    AnswerFigures,
    ChoiceCount,
    Kept,
    MemberReach,
    QuestionFigures,
    is_summable,
    labels_of,
    merge_versions,
    newest_kinds,
)
from followup.rules.answer_tally import QuestionTally, RemarkTally, SubmissionTally, add_up
from followup.rules.outcomes import (
    REMARKS_KEPT,
    MinistryOutcomes,
    OutcomeCounts,
    Outcomes,
    Remark,
    RemarkKind,
    Summed,
)
from followup.rules.questions import QuestionSpec


@dataclass(frozen=True)
class Submitted:
    """What one ministry of the round answered last; `tally` is None where it has not submitted."""

    ministry_id: int
    ministry: str
    report_id: int
    tally: SubmissionTally | None
    excluded: int = 0
    corrected: int = 0
    to_check: int = 0


class RoundAnswers:
    """The latest submissions of a round, in 建制順, and every published version of its form."""

    def __init__(self, versions: Iterable[Iterable[QuestionSpec]], submitted: Iterable[Submitted]) -> None:
        asked = [tuple(questions) for questions in versions]
        self._questions, self._newest = merge_versions(asked), newest_kinds(asked)
        self._rows = tuple(submitted)

    @cached_property
    def _tallies(self) -> Sequence[tuple[Submitted, SubmissionTally]]:
        return [(row, row.tally) for row in self._rows if row.tally is not None]

    def answers(self) -> AnswerFigures:
        whole = add_up(tally for _row, tally in self._tallies)
        reach_of = {row.report_id: tally.reach for row, tally in self._tallies if tally.reach.bodies}
        return AnswerFigures(
            bodies=sum(tally.bodies for _row, tally in self._tallies),
            questions=tuple(self._question(kept, whole.get(kept)) for kept in self._questions),
            member_reach=sum(reach_of.values(), MemberReach()) if asks_reach(self._questions) else None,
            member_reach_of=reach_of,
        )

    def _question(self, kept: Kept, tally: QuestionTally | None) -> QuestionFigures:
        question, tally = self._questions[kept], tally or QuestionTally(*kept)
        return QuestionFigures(
            key=question.key,
            scope=question.scope,
            type=question.type,
            label=question.label,
            unit=question.unit,
            answered=tally.answered,
            choices=tuple(
                ChoiceCount(code, label, tally.codes.get(code, 0))
                for code, label in labels_of(question).items()
            ),
            total=tally.total if is_summable(question) else None,
            is_former=kept not in self._newest,
        )

    def outcomes(self) -> Outcomes:
        by_ministry = tuple(_ministry(row) for row in self._rows)
        nothing = outcome_counts(self._questions, SubmissionTally())
        left_out = {kind: self._counted(kind) - len(self._kept(kind)) for kind in KINDS}
        return Outcomes(
            **{field.name: _total(field.name, nothing, by_ministry) for field in fields(OutcomeCounts)},
            by_ministry=by_ministry,
            practices_left_out=left_out["practice"],
            obstacles_left_out=left_out["obstacle"],
        )

    def remarks(self) -> tuple[Remark, ...]:
        """Return practices, then obstacles, each in 建制順; those that may be published first."""
        return (*self._kept("practice"), *self._kept("obstacle"))

    def _counted(self, kind: RemarkKind) -> int:
        return sum(_remarks(tally, kind).count for _row, tally in self._tallies)

    def _kept(self, kind: RemarkKind) -> tuple[Remark, ...]:
        written = [_remarks(tally, kind).kept for _row, tally in self._tallies]
        shares = fair_shares([len(kept) for kept in written], REMARKS_KEPT)
        return tuple(
            Remark(row.ministry_id, row.ministry, said.body, kind, said.text, said.is_public)
            for (row, _tally), kept, share in zip(self._tallies, written, shares, strict=True)
            for said in kept[:share]
        )


KINDS: tuple[RemarkKind, ...] = ("practice", "obstacle")


def _remarks(tally: SubmissionTally, kind: RemarkKind) -> RemarkTally:
    return {"practice": tally.practices, "obstacle": tally.obstacles}[kind]


def fair_shares(wanted: Sequence[int], places: int) -> list[int]:
    """Share places out in turns, so that one with very many leaves room for the others."""
    shares = [0] * len(wanted)
    left, order = places, sorted(range(len(wanted)), key=wanted.__getitem__)
    for served, index in enumerate(order):
        shares[index] = min(wanted[index], left // (len(order) - served))
        left -= shares[index]
    return shares


def asks_reach(asked: Mapping[Kept, object]) -> bool:
    return {(MEMBER_COUNT, "number"), (REACHED_MEMBER_COUNT, "number")} <= asked.keys()


def outcome_counts(asked: Mapping[Kept, object], tally: SubmissionTally) -> dict[str, Any]:
    """Return the fields of OutcomeCounts that follow from the answers; None for what is not asked."""
    counted = _Counted(asked, tally)
    return {
        "answered_bodies": tally.bodies,
        "spread_answered": counted.answered(outcome_keys.REACH_STATUS, "choice"),
        "spread": counted.chose(outcome_keys.REACH_STATUS, "choice", outcome_keys.SPREAD),
        "forwarded": counted.chose(outcome_keys.FORWARDED, "boolean", YES),
        "member_reach": tally.reach if asks_reach(asked) else None,
        "reached_staff": counted.summed(outcome_keys.REACHED_STAFF),
        "insurance_ministries": counted.promoted(outcome_keys.INSURANCE_METHODS),
        "insurance_staff": counted.summed(outcome_keys.INSURANCE_STAFF),
        "account_ministries": counted.promoted(outcome_keys.ACCOUNT_METHODS),
        "account_staff": counted.summed(outcome_keys.ACCOUNT_STAFF),
        "onsite_bodies": counted.positive(outcome_keys.ONSITE),
        "onsite_times": counted.summed(outcome_keys.ONSITE),
        "practices": counted.answered(outcome_keys.PRACTICE, "text"),
        "public_practices": counted.public(outcome_keys.PRACTICE_PUBLIC, tally.practices),
        "obstacles": counted.answered(outcome_keys.OBSTACLE, "text"),
        "public_obstacles": counted.public(outcome_keys.OBSTACLE_PUBLIC, tally.obstacles),
    }


class _Counted:
    """A tally, asked for one figure at a time; None where the form does not ask."""

    def __init__(self, asked: Mapping[Kept, object], tally: SubmissionTally) -> None:
        self._asked, self._questions = asked, tally.by_question

    def _of(self, key: str, kind: str) -> QuestionTally | None:
        kept = key, kind
        return self._questions.get(kept, QuestionTally(key, kind)) if kept in self._asked else None

    def answered(self, key: str, kind: str) -> int | None:
        question = self._of(key, kind)
        return None if question is None else question.answered

    def chose(self, key: str, kind: str, code: str) -> int | None:
        question = self._of(key, kind)
        return None if question is None else question.codes.get(code, 0)

    def summed(self, key: str) -> Summed | None:
        question = self._of(key, "number")
        return None if question is None else Summed(question.answered, question.total)

    def positive(self, key: str) -> int | None:
        question = self._of(key, "number")
        return None if question is None else question.positive

    def promoted(self, key: str) -> int | None:
        question = self._of(key, "choice")
        if question is None:
            return None
        return int(any(code != outcome_keys.NOT_PROMOTED for code in question.codes))

    def public(self, key: str, remarks: RemarkTally) -> int | None:
        return remarks.public if (key, "boolean") in self._asked else None


def _ministry(row: Submitted) -> MinistryOutcomes:
    tally = row.tally
    asked = tally.by_question if tally else {}
    return MinistryOutcomes(
        ministry_id=row.ministry_id,
        ministry=row.ministry,
        has_submitted=tally is not None,
        excluded=row.excluded,
        corrected=row.corrected,
        to_check=row.to_check,
        **outcome_counts(asked, tally or SubmissionTally()),
    )


def _total(name: str, nothing: Mapping[str, Any], rows: Iterable[OutcomeCounts]) -> Any:
    """Add up one field; None where no version of the form asks."""
    start = nothing.get(name, 0)
    values = [value for row in rows if (value := getattr(row, name)) is not None]
    return sum(values, start) if start is not None else None
