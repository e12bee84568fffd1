"""What the answer workbook asks for and where: fields, keys, headings, words. Written and read by this.

A field is one cell to be answered: a row of 府省庁回答, a column of 団体別回答. What is for people (the
heading) and what is for programs (the key) stand side by side, so that either finds the field again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from followup.rules.questions import ANSWERED, Answers, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.names import matching_key

GUIDE_SHEET = "記入要領"
MINISTRY_SHEET = "府省庁回答"
BODY_SHEET = "団体別回答"
SHEET_NAMES = {Scope.MINISTRY: MINISTRY_SHEET, Scope.BODY: BODY_SHEET}
EXAMPLE_SHEET = "記入例"
DEFINITION_SHEET = "_定義"
CORRECTION_SHEET = "修正のお願い"

TOKEN_PROPERTY = "answer_book"  # noqa: S105 - names a property
TOKEN_LABEL = "ブック番号"  # noqa: S105

MARK = "○"
NOT_ASKED = "－"
NOTES_MARK = "#notes"
"""Stands in the hidden column of 団体別回答 where a row is for reading, not for a body."""
YES, NO = "はい", "いいえ"
FROM_LEDGER = "発出の記録から転記"
SUBMITTED = "提出済み（変更不要）"
TYPES_WITH_LISTS = frozenset({QuestionType.BOOLEAN, QuestionType.SINGLE, QuestionType.MULTIPLE})

CATEGORY_LABELS: dict[str, str] = {value: str(label) for value, label in BodyCategory.choices}
TEMPLATE_LABELS: dict[int, str] = {number: f"ひな形{number}" for number in TemplateNumber.values}


@dataclass(frozen=True)
class Place:
    """A column that says which question or body a row is about; "#" cannot stand in a question's key."""

    key: str
    heading: str
    width: float


BODY_PLACES = (
    Place("#id", "識別番号", 8),
    Place("#number", "番号", 6),
    Place("#name", "名称", 28),
    Place("#category", "区分", 15),
    Place("#template", "ひな形", 9),
    Place("#issued_on", "発出日", 16),
)
MINISTRY_PLACES = (
    Place("#key", "キー", 8),
    Place("#number", "番号", 6),
    Place("#section", "区分", 20),
    Place("#label", "設問", 34),
    Place("#answer", "回答", 36),
    Place("#unit", "単位", 7),
    Place("#condition", "必須・条件", 24),
    Place("#help", "説明・記入例", 44),
    Place("#note", "備考", 20),
)
"""The first column of either sheet is hidden and holds what knows a row again wherever it moved."""


@dataclass(frozen=True)
class AnswerField:
    """One cell to be answered: a question, one choice of a 複数選択, or the text that goes with その他."""

    key: str
    label: str
    question: QuestionSpec
    choice: Choice | None = None

    @cached_property
    def is_other_text(self) -> bool:
        return self.key == self.question.other_key

    @cached_property
    def answer_key(self) -> str:
        """Return the key under which its answer is stored, and by which problems are told."""
        return self.key if self.is_other_text else self.question.key

    @property
    def heading(self) -> str:
        """Return what stands above its column."""
        return f"{self.label}（{self.unit}）" if self.unit else self.label

    @property
    def unit(self) -> str:
        if self.choice or self.is_other_text:
            return ""
        return self.question.unit or ("％" if self.question.type == QuestionType.PERCENT else "")

    def cell_value(self, answers: Answers) -> str | int | float | date | None:
        """Return what its cell holds when these are the answers."""
        answer = answers.get(self.answer_key)
        if answer is None or self.is_other_text:
            return None if answer is None else str(answer)
        if self.choice:
            return MARK if isinstance(answer, list) and self.choice.code in answer else None
        if isinstance(answer, bool):
            return YES if answer else NO
        if self.question.type == QuestionType.DATE:
            return date.fromisoformat(str(answer))
        if self.question.type == QuestionType.SINGLE:
            return self.question.label_of(answer)
        return answer if isinstance(answer, int | float) else str(answer)


def fields_of(form: FormSpec, scope: Scope) -> tuple[AnswerField, ...]:
    """Return the fields of a scope in the form's order, no two of one heading."""
    fields = [field for question in form.of(scope) for field in _fields_of_question(question)]
    return tuple(_with_own_labels(fields))


def _fields_of_question(question: QuestionSpec) -> Iterator[AnswerField]:
    if question.type == QuestionType.MULTIPLE:
        for choice in question.choices:
            label = f"{question.label}：{choice.label}"
            yield AnswerField(f"{question.key}={choice.code}", label, question, choice)
    else:
        yield AnswerField(question.key, question.label, question)
    if other := question.other_choice:
        yield AnswerField(question.other_key, f"{question.label}：{other.label}の内容", question)


def _with_own_labels(fields: Sequence[AnswerField]) -> Iterator[AnswerField]:
    """Number the labels that would be taken for one another, also without regard to width and case."""
    seen: dict[str, int] = {}
    for field in fields:
        key = matching_key(field.label)
        seen[key] = seen.get(key, 0) + 1
        yield field if seen[key] == 1 else replace(field, label=f"{field.label}［{seen[key]}］")


def field_requirement(form: FormSpec, field: AnswerField) -> str:
    """Return when a field must be filled in: as its question is, or once その他 was chosen."""
    other = field.question.other_choice
    if field.is_other_text and other:
        return f"「{other.label}」を選んだとき"
    return requirement_text(form, field.question)


def requirement_text(form: FormSpec, question: QuestionSpec) -> str:
    """Return who must answer a question, and when: 「必須（「周知状況」が「周知した」のとき）」."""
    conditions = [*filter(None, (category_text(question), condition_text(form, question)))]
    required = "必須" if question.required else "任意"
    return f"{required}（{'、'.join(conditions)}）" if conditions else required


def condition_text(form: FormSpec, question: QuestionSpec) -> str:
    """Return the condition (show when) in words; "" where there is none."""
    condition = form.by_key.get(question.show_when_key)
    if condition is None:
        return ""
    if ANSWERED in question.show_when_values:
        return f"「{condition.label}」に回答があるとき"
    values = "又は".join(f"「{_value_text(condition, value)}」" for value in question.show_when_values)
    return f"「{condition.label}」が{values}のとき"


def _value_text(question: QuestionSpec, value: str | bool) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return YES if value else NO
    return question.label_of(value)


def category_text(question: QuestionSpec) -> str:
    """Return which bodies are asked, in the shorter words; "" for all of them."""
    if not question.categories:
        return ""
    others = [label for code, label in CATEGORY_LABELS.items() if code not in question.categories]
    asked = [label for code, label in CATEGORY_LABELS.items() if code in question.categories]
    if others and len(others) < len(asked):
        return f"{'・'.join(others)}以外"
    return f"{'・'.join(asked)}のみ"


def kind_text(field: AnswerField) -> str:
    """Return in a word what is filled in: 「日付」, 「選択」, 「○」."""
    if field.choice:
        return MARK
    if field.is_other_text:
        return "文字"
    if field.question.type in TYPES_WITH_LISTS:
        return "選択"
    return {QuestionType.SHORT_TEXT: "文字", QuestionType.LONG_TEXT: "文字（改行可）"}.get(
        QuestionType(field.question.type), QuestionType(field.question.type).label.removesuffix("（％）")
    )


def places_of(scope: Scope) -> tuple[Place, ...]:
    return MINISTRY_PLACES if scope == Scope.MINISTRY else BODY_PLACES
