"""What a form asks (様式の設問), as plain values: types, scopes, choices, conditions, cross-checks.

How an answer is stored under the key of its question: 整数 int, 小数・割合 int or float,
はい／いいえ bool, 単一選択 the code, 複数選択 a list of codes in the form's order, 日付 ISO text,
短文・長文 text. The text that goes with その他 is stored under `<key>__other`. What was not answered
has no key: blank is never zero.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cached_property

from django.db.models import TextChoices

Answer = str | int | float | bool | list[str]
Answers = Mapping[str, Answer]

OTHER_SUFFIX = "__other"
ANSWERED = "*"
"""Among the values that show a question: whatever the other one was answered with (回答あり)."""


class QuestionType(TextChoices):
    INTEGER = "integer", "整数"
    DECIMAL = "decimal", "小数"
    PERCENT = "percent", "割合（％）"
    BOOLEAN = "boolean", "はい／いいえ"
    SINGLE = "single", "単一選択"
    MULTIPLE = "multiple", "複数選択"
    SHORT_TEXT = "short_text", "短文"
    LONG_TEXT = "long_text", "長文"
    DATE = "date", "日付"


NUMBERS = frozenset({QuestionType.INTEGER, QuestionType.DECIMAL, QuestionType.PERCENT})
CHOICES = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE})


class Scope(TextChoices):
    MINISTRY = "ministry", "府省庁"
    BODY = "body", "団体"


@dataclass(frozen=True)
class Choice:
    """One choice; `is_other` asks for a text of its own (その他)."""

    code: str
    label: str
    is_other: bool = False


@dataclass(frozen=True)
class QuestionSpec:
    """One question as asked in one version of a form."""

    key: str
    scope: str
    type: str
    label: str
    section: str = ""
    help: str = ""
    example: str = ""
    unit: str = ""
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int | None = None
    choices: tuple[Choice, ...] = ()
    show_when_key: str = ""
    show_when_values: tuple[str | bool, ...] = ()
    categories: tuple[str, ...] = ()
    """Categories of the bodies that are asked; empty for all of them."""
    prefill: str = ""

    @cached_property
    def other_key(self) -> str:
        """Return the key under which the text of その他 is stored."""
        return f"{self.key}{OTHER_SUFFIX}"

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(choice.code for choice in self.choices)

    @cached_property
    def other_choice(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.is_other), None)

    def is_shown_by(self, answer: Answer | None) -> bool:
        """Say whether the answer to the question that this one hangs on is one that shows it."""
        if ANSWERED in self.show_when_values and answer not in (None, "", []):
            return True
        if isinstance(answer, list):
            return any(value in self.show_when_values for value in answer)
        return answer in self.show_when_values

    def label_of(self, code: object) -> str:
        """Return the label of a choice; a code that the form no longer has stands for itself."""
        return next((choice.label for choice in self.choices if choice.code == code), str(code))


@dataclass(frozen=True)
class CheckSpec:
    """A comparison that must hold between two numbers of one row (相互チェック)."""

    left_key: str
    operator: str
    right_key: str
    message: str


@dataclass(frozen=True)
class FormSpec:
    """A whole form: its questions in order and its cross-checks."""

    questions: tuple[QuestionSpec, ...]
    checks: tuple[CheckSpec, ...] = ()
    instructions: str = ""

    @cached_property
    def by_key(self) -> dict[str, QuestionSpec]:
        return {question.key: question for question in self.questions}

    @cached_property
    def _by_category(self) -> dict[str, FormSpec]:
        return {}

    def for_category(self, category: str) -> FormSpec:
        """Return the form as a body of a category is asked: without the questions meant for others."""
        if category not in self._by_category:
            kept = tuple(row for row in self.questions if not row.categories or category in row.categories)
            narrowed = self if kept == self.questions else replace(self, questions=kept)
            self._by_category[category] = narrowed
        return self._by_category[category]

    def of(self, scope: str) -> tuple[QuestionSpec, ...]:
        """Return the questions of a scope, in the form's order."""
        return self._by_scope[scope]

    @cached_property
    def _by_scope(self) -> dict[str, tuple[QuestionSpec, ...]]:
        return {str(scope): tuple(row for row in self.questions if row.scope == scope) for scope in Scope}

    def asked(self, scope: str, answers: Answers) -> tuple[QuestionSpec, ...]:
        """Return the questions of a scope whose condition the answers meet (show when)."""
        return tuple(question for question in self.of(scope) if self.is_asked(question, answers))

    def is_asked(self, question: QuestionSpec, answers: Answers) -> bool:
        """Say whether a question is shown; one that hangs on a hidden question is hidden with it."""
        if not question.show_when_key:
            return True
        condition = self.by_key.get(question.show_when_key)
        if condition is None or not self.is_asked(condition, answers):
            return False
        return question.is_shown_by(answers.get(question.show_when_key))

    def content_hash(self) -> str:
        """Return the SHA-256 of everything that the form asks and says."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
