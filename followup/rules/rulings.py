"""集計上の取扱い: what staff ruled about single submitted values, as plain values.

A ruling leaves a value out of the figures or counts another in its place. It never touches what was
submitted, and it applies only while the latest submission still holds the value it was made for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db.models import TextChoices

from followup.rules.answer_figures import TEXTS
from followup.rules.questions import OTHER_SUFFIX, Answer, Answers, QuestionSpec

Place = tuple[int, int | None, str]
"""A report's id, a notification's id (None: the ministry's own answers), and a question's key."""


class RulingKind(TextChoices):
    EXCLUDED = "excluded", "除外"
    CORRECTED = "corrected", "補正"


@dataclass(frozen=True)
class Ruling:
    """What is to be counted instead of one submitted value; `corrected` is None for nothing."""

    report_id: int
    notification_id: int | None
    question_key: str
    kind: RulingKind
    submitted: Answer
    corrected: Answer | None
    reason: str
    ruled_on: date

    @property
    def place(self) -> Place:
        return self.report_id, self.notification_id, self.question_key


@dataclass(frozen=True)
class RulingNote:
    """One value that the figures leave out, or count as another, and why; as people read it.

    `body` is empty for the ministry's own answer; `corrected` is None for one that is left out.
    """

    ministry_id: int
    ministry: str
    body: str
    question_key: str
    question: str
    kind: Literal["excluded", "corrected"]
    submitted: str
    corrected: str | None
    reason: str
    ruled_on: date


def is_same_value(one: object, other: object) -> bool:
    """Say whether two stored answers are the same; 1 is not はい, and the order of choices counts."""
    return type(one) is type(other) and one == other


def may_be_corrected(question: QuestionSpec) -> bool:
    """Say whether another value may be counted: words are left out or left as they are."""
    return question.type not in TEXTS


def ruled_answers(answers: Answers, rulings: Iterable[Ruling]) -> Mapping[str, Any]:
    """Return the answers of one row as the figures count them; what was given stays as it is.

    With a value goes the text of its その他.
    """
    counted = dict(answers)
    for ruling in rulings:
        counted.pop(f"{ruling.question_key}{OTHER_SUFFIX}", None)
        if ruling.corrected is None:
            counted.pop(ruling.question_key, None)
        else:
            counted[ruling.question_key] = ruling.corrected
    return counted
