"""Counting the answers of one submission in one pass, and adding up what submissions answered.

A tally is by the version of the form that the submission answered; what a round answered is the sum
of its tallies, so that no row is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from followup.rules.answer_figures import (
    MEMBER_COUNT,
    REACHED_MEMBER_COUNT,
    TEXTS,
    Kept,
    MemberReach,
    codes_of,
    is_summable,
    kept_under,
)
from followup.rules.outcomes import OBSTACLE, OBSTACLE_PUBLIC, PRACTICE, PRACTICE_PUBLIC, REMARKS_KEPT
from followup.rules.questions import Answer, Answers, QuestionSpec, QuestionType


@dataclass(frozen=True)
class QuestionTally:
    """One question: how many answered, chose each code, gave a number above zero, and their sum."""

    key: str
    kind: str
    answered: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    positive: int = 0
    total: Decimal = Decimal(0)

    @property
    def kept(self) -> Kept:
        return self.key, self.kind

    def __add__(self, other: QuestionTally) -> QuestionTally:
        return QuestionTally(
            key=self.key,
            kind=self.kind,
            answered=self.answered + other.answered,
            codes=dict(Counter(self.codes) + Counter(other.codes)),
            positive=self.positive + other.positive,
            total=self.total + other.total,
        )


@dataclass(frozen=True)
class WrittenRemark:
    """One good practice or obstacle of a submission; `body` is empty for the ministry's own."""

    body: str
    text: str
    is_public: bool


@dataclass(frozen=True)
class RemarkTally:
    """How many remarks of a kind there are and may be published, and the first of them."""

    count: int = 0
    public: int = 0
    kept: tuple[WrittenRemark, ...] = ()


NO_REACH, NO_REMARKS = MemberReach(), RemarkTally()


@dataclass(frozen=True)
class SubmissionTally:
    """Everything that the figures need to know of one submission's answers.

    `bodies` are the rows with at least one answer.
    """

    bodies: int = 0
    questions: tuple[QuestionTally, ...] = ()
    reach: MemberReach = NO_REACH
    practices: RemarkTally = NO_REMARKS
    obstacles: RemarkTally = NO_REMARKS

    @property
    def by_question(self) -> dict[Kept, QuestionTally]:
        return {question.kept: question for question in self.questions}


class _Remarks:
    """Remarks of one kind; those that may be published are kept first."""

    def __init__(self, key: str, public_key: str) -> None:
        self._key, self._public_key = key, public_key
        self._written: dict[bool, list[WrittenRemark]] = {True: [], False: []}
        self._counts = {True: 0, False: 0}

    def add(self, answers: Answers, body: str) -> None:
        if text := answers.get(self._key):
            is_public = answers.get(self._public_key) is True
            self._counts[is_public] += 1
            if self._counts[is_public] <= REMARKS_KEPT:
                self._written[is_public].append(WrittenRemark(body, str(text), is_public))

    def tally(self) -> RemarkTally:
        kept = (*self._written[True], *self._written[False])[:REMARKS_KEPT]
        return RemarkTally(sum(self._counts.values()), self._counts[True], kept)


class AnswerCounter:
    """Counts the rows of one submission; what they say is worked out once, at the end."""

    def __init__(self, questions: Iterable[QuestionSpec]) -> None:
        self._questions = {question.key: question for question in questions}
        counted = [row.key for row in self._questions.values() if not _is_only_answered(row)]
        self._values: dict[str, dict[Any, int]] = {key: {} for key in counted}
        self._answered = {key: 0 for key in self._questions if key not in self._values}
        self._remarks = {
            "practices": _Remarks(PRACTICE, PRACTICE_PUBLIC),
            "obstacles": _Remarks(OBSTACLE, OBSTACLE_PUBLIC),
        }
        self._bodies = self._reach_bodies = self._members = self._reached = 0

    def add_ministry(self, answers: Answers) -> None:
        self._add(answers, "")

    def add_body(self, body: str, answers: Answers) -> None:
        if not answers:
            return
        self._bodies += 1
        self._add(answers, body)
        members, reached = answers.get(MEMBER_COUNT), answers.get(REACHED_MEMBER_COUNT)
        if isinstance(members, int) and isinstance(reached, int):
            self._reach_bodies += 1
            self._members += members
            self._reached += reached

    def _add(self, answers: Answers, body: str) -> None:
        for key, answer in answers.items():
            values = self._values.get(key)
            if values is not None:
                value = tuple(answer) if type(answer) is list else answer
                values[value] = values.get(value, 0) + 1
            elif key in self._answered:
                self._answered[key] += 1
        if PRACTICE in answers:
            self._remarks["practices"].add(answers, body)
        if OBSTACLE in answers:
            self._remarks["obstacles"].add(answers, body)

    def tally(self) -> SubmissionTally:
        return SubmissionTally(
            bodies=self._bodies,
            questions=tuple(self._question(question) for question in self._questions.values()),
            reach=MemberReach(self._reach_bodies, self._members, self._reached),
            practices=self._remarks["practices"].tally(),
            obstacles=self._remarks["obstacles"].tally(),
        )

    def _question(self, question: QuestionSpec) -> QuestionTally:
        key, kind = kept_under(question)
        if key not in self._values:
            return QuestionTally(key, kind, answered=self._answered[key])
        values = self._values[key]
        numbers = is_summable(question)
        return QuestionTally(
            key=key,
            kind=kind,
            answered=sum(values.values()),
            codes=_codes(question, values),
            positive=sum(count for value, count in values.items() if value > 0) if numbers else 0,
            total=sum((_decimal(value) * count for value, count in values.items()), Decimal(0))
            if numbers
            else Decimal(0),
        )


def _is_only_answered(question: QuestionSpec) -> bool:
    """Say whether it only counts that a question was answered: texts, days, and shares of wholes."""
    return question.type in TEXTS or question.type in {QuestionType.DATE, QuestionType.PERCENT}


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


def _codes(question: QuestionSpec, values: Mapping[Any, int]) -> dict[str, int]:
    codes: Counter[str] = Counter()
    for value, count in values.items():
        answer: Answer = list(value) if isinstance(value, tuple) else value
        for code in codes_of(question, answer):
            codes[code] += count
    return dict(codes)


def add_up(tallies: Iterable[SubmissionTally]) -> dict[Kept, QuestionTally]:
    """Return what all submissions together answered, each question by the kind of its answers."""
    whole: dict[Kept, QuestionTally] = {}
    for tally in tallies:
        for question in tally.questions:
            before = whole.get(question.kept)
            whole[question.kept] = before + question if before else question
    return whole
