"""Figures of the answers: per question how many answered what; and the reach among members.

Answers are counted by the key of their question over all versions of the form; what was not
answered is counted nowhere, and zero counts as an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from followup.rules.questions import CHOICES, NUMBERS, Answer, Answers, QuestionSpec, QuestionType

MEMBER_COUNT = "member_count"
REACHED_MEMBER_COUNT = "reached_member_count"

YES, NO = "yes", "no"
YES_NO_LABELS = {YES: "はい", NO: "いいえ"}


@dataclass(frozen=True)
class ChoiceCount:
    """How many rows chose one code."""

    code: str
    label: str
    count: int


@dataclass(frozen=True)
class QuestionFigures:
    """One question over all rows: how many answered, and either choices or a sum."""

    key: str
    scope: str
    type: str
    label: str
    unit: str
    answered: int
    choices: tuple[ChoiceCount, ...] = ()
    total: Decimal | None = None


@dataclass(frozen=True)
class MemberReach:
    """Members reached, over bodies that gave both numbers only (延べ)."""

    bodies: int = 0
    members: int = 0
    reached: int = 0

    def plus(self, members: int, reached: int) -> MemberReach:
        return MemberReach(self.bodies + 1, self.members + members, self.reached + reached)


@dataclass(frozen=True)
class AnswerFigures:
    """What the latest submissions of a round answer.

    `member_reach` is None when no version of the form asks for both numbers (設問なし);
    `member_reach_of` holds it by report id.
    """

    bodies: int
    questions: tuple[QuestionFigures, ...]
    member_reach: MemberReach | None
    member_reach_of: dict[int, MemberReach]

    def question(self, key: str) -> QuestionFigures | None:
        """Return the figures of a question; None when no version of the form asks it (設問なし)."""
        return next((question for question in self.questions if question.key == key), None)


@dataclass
class _Tally:
    """What has been counted so far of one question."""

    answered: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    total: Decimal = Decimal(0)


class AnswerTally:
    """Counts answers row by row, in one pass."""

    def __init__(self, questions: Iterable[QuestionSpec]) -> None:
        self._questions = {question.key: question for question in questions}
        self._tallies = {key: _Tally() for key in self._questions}
        self._reach: dict[int, MemberReach] = {}
        self._bodies = 0

    def add_ministry(self, answers: Answers) -> None:
        self._add(answers)

    def add_body(self, report_id: int, answers: Answers) -> None:
        self._bodies += 1
        self._add(answers)
        members, reached = answers.get(MEMBER_COUNT), answers.get(REACHED_MEMBER_COUNT)
        if isinstance(members, int) and isinstance(reached, int):
            self._reach[report_id] = self._reach.get(report_id, MemberReach()).plus(members, reached)

    def _add(self, answers: Answers) -> None:
        for key, answer in answers.items():
            if (question := self._questions.get(key)) is not None:
                tally = self._tallies[key]
                tally.answered += 1
                tally.codes.update(codes_of(question, answer))
                tally.total += number_of(question, answer) or 0

    def figures(self) -> AnswerFigures:
        return AnswerFigures(
            bodies=self._bodies,
            questions=tuple(self._question(question) for question in self._questions.values()),
            member_reach=self._member_reach(),
            member_reach_of=dict(self._reach),
        )

    def _question(self, question: QuestionSpec) -> QuestionFigures:
        tally = self._tallies[question.key]
        return QuestionFigures(
            key=question.key,
            scope=question.scope,
            type=question.type,
            label=question.label,
            unit=question.unit,
            answered=tally.answered,
            choices=tuple(
                ChoiceCount(code, label, tally.codes[code]) for code, label in _labels(question).items()
            ),
            total=tally.total if _is_summable(question) else None,
        )

    def _member_reach(self) -> MemberReach | None:
        if not {MEMBER_COUNT, REACHED_MEMBER_COUNT} <= self._questions.keys():
            return None
        return MemberReach(
            bodies=sum(reach.bodies for reach in self._reach.values()),
            members=sum(reach.members for reach in self._reach.values()),
            reached=sum(reach.reached for reach in self._reach.values()),
        )


def codes_of(question: QuestionSpec, answer: Answer) -> list[str]:
    """Return the codes that an answer chose; none for a question without choices."""
    if question.type == QuestionType.BOOLEAN:
        return [YES if answer else NO]
    if question.type not in CHOICES:
        return []
    return list(answer) if isinstance(answer, list) else [str(answer)]


def number_of(question: QuestionSpec, answer: Answer) -> Decimal | None:
    """Return the answer of a number question; floats by the digits that they show."""
    return Decimal(str(answer)) if question.type in NUMBERS else None


def _labels(question: QuestionSpec) -> dict[str, str]:
    if question.type == QuestionType.BOOLEAN:
        return YES_NO_LABELS
    return {choice.code: choice.label for choice in question.choices}


def _is_summable(question: QuestionSpec) -> bool:
    """Say whether a sum means anything: percentages of different wholes do not add up."""
    return question.type in NUMBERS and question.type != QuestionType.PERCENT


def merge_versions(versions: Iterable[Iterable[QuestionSpec]]) -> tuple[QuestionSpec, ...]:
    """Return every question of all versions once, worded as in the newest that asks it.

    Versions come oldest first. Choices that a later version dropped are kept at the end, so that no
    answer is lost.
    """
    merged: dict[str, QuestionSpec] = {}
    for questions in versions:
        for question in questions:
            merged[question.key] = _with_old_choices(question, merged.get(question.key))
    return tuple(merged.values())


def _with_old_choices(new: QuestionSpec, old: QuestionSpec | None) -> QuestionSpec:
    codes = {choice.code for choice in new.choices}
    dropped = tuple(choice for choice in (old.choices if old else ()) if choice.code not in codes)
    return replace(new, choices=new.choices + dropped) if dropped else new
