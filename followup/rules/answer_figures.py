"""Figures of the answers: per question how many answered what; and the reach among members.

Answers are counted by the key of their question over all versions of the form; what was not
answered is counted nowhere, and zero counts as an answer. How rows are counted is in answer_tally.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from followup.rules.percentages import percentage
from followup.rules.questions import CHOICES, NUMBERS, Answer, QuestionSpec, QuestionType

MEMBER_COUNT = "member_count"
REACHED_MEMBER_COUNT = "reached_member_count"

YES, NO = "yes", "no"
YES_NO_LABELS = {YES: "はい", NO: "いいえ"}

TEXTS = frozenset({QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT})

Kept = tuple[str, str]
"""What a question is counted under over all versions of the form: its key, and its kind of answer."""


@dataclass(frozen=True)
class ChoiceCount:
    """How many rows chose one code."""

    code: str
    label: str
    count: int


@dataclass(frozen=True)
class QuestionFigures:
    """One question over all rows: how many answered, and either choices or a sum.

    `is_former` tells the answers to versions of the form in which the question was of another kind;
    what they say cannot be added to the newer ones.
    """

    key: str
    scope: str
    type: str
    label: str
    unit: str
    answered: int
    choices: tuple[ChoiceCount, ...] = ()
    total: Decimal | None = None
    is_former: bool = False


@dataclass(frozen=True)
class MemberReach:
    """Members reached, over bodies that gave both numbers only (延べ)."""

    bodies: int = 0
    members: int = 0
    reached: int = 0

    @property
    def rate(self) -> float | None:
        return percentage(self.reached, self.members)

    def __add__(self, other: MemberReach) -> MemberReach:
        return MemberReach(
            self.bodies + other.bodies, self.members + other.members, self.reached + other.reached
        )


@dataclass(frozen=True)
class AnswerFigures:
    """What the latest submissions of a round answer.

    `bodies` are the rows with at least one answer. `member_reach` is None when no version of the form
    asks for both numbers (設問なし); `member_reach_of` holds it by report id.
    """

    bodies: int
    questions: tuple[QuestionFigures, ...]
    member_reach: MemberReach | None
    member_reach_of: dict[int, MemberReach]

    def question(self, key: str) -> QuestionFigures | None:
        """Return the figures of a question; None when no version of the form asks it (設問なし)."""
        return next((row for row in self.questions if row.key == key and not row.is_former), None)


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


def labels_of(question: QuestionSpec) -> dict[str, str]:
    """Return the code and label of everything that may be chosen."""
    if question.type == QuestionType.BOOLEAN:
        return YES_NO_LABELS
    return {choice.code: choice.label for choice in question.choices}


def is_summable(question: QuestionSpec) -> bool:
    """Say whether a sum means anything: percentages of different wholes do not add up."""
    return question.type in NUMBERS and question.type != QuestionType.PERCENT


def kept_under(question: QuestionSpec) -> Kept:
    """Return what a question's answers are counted under: those of one kind add up, others do not."""
    if is_summable(question):
        return question.key, "number"
    if question.type in CHOICES:
        return question.key, "choice"
    return question.key, "text" if question.type in TEXTS else question.type


def merge_versions(versions: Iterable[Iterable[QuestionSpec]]) -> dict[Kept, QuestionSpec]:
    """Return every question of all versions once a kind of answer, worded as in the newest that asks it.

    Versions come oldest first. Choices that a later version dropped are kept at the end, so that no
    answer is lost.
    """
    merged: dict[Kept, QuestionSpec] = {}
    for questions in versions:
        for question in questions:
            kept = kept_under(question)
            merged[kept] = _with_old_choices(question, merged.get(kept))
    return merged


def newest_kinds(versions: Iterable[Iterable[QuestionSpec]]) -> frozenset[Kept]:
    """Return under what the newest wording of each question is counted; versions come oldest first."""
    newest = {question.key: kept_under(question) for questions in versions for question in questions}
    return frozenset(newest.values())


def _with_old_choices(new: QuestionSpec, old: QuestionSpec | None) -> QuestionSpec:
    codes = {choice.code for choice in new.choices}
    dropped = tuple(choice for choice in (old.choices if old else ()) if choice.code not in codes)
    return replace(new, choices=new.choices + dropped) if dropped else new
