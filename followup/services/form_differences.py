"""In words for people: what is different about the questions of two versions of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from followup.models import Question
from followup.rules.answer_texts import answer_text
from followup.rules.form_changes import QuestionChange, compare_forms
from followup.rules.prefill import PREFILL_LABELS
from followup.rules.questions import ANSWERED, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from outreach.models import BodyCategory

NAMES = {field.name: str(field.verbose_name) for field in Question._meta.concrete_fields}
CATEGORIES: dict[str, str] = {str(code): str(label) for code, label in BodyCategory.choices}


@dataclass(frozen=True)
class Difference:
    """One thing about a question that changed; "" where it was, or is, nothing."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangedQuestion:
    """A question that both versions have, with all that changed about it."""

    question: QuestionSpec
    differences: list[Difference]


@dataclass(frozen=True)
class FormDifferences:
    """What a version changes about the one before it, as the pages show it."""

    added: list[QuestionSpec]
    removed: list[QuestionSpec]
    changed: list[ChangedQuestion]
    checks_added: list[str]
    checks_removed: list[str]
    is_reordered: bool
    instructions: Difference | None

    def __bool__(self) -> bool:
        parts = (self.added, self.removed, self.changed, self.checks_added, self.checks_removed)
        return any(parts) or self.is_reordered or self.instructions is not None


def form_differences(old: FormSpec, new: FormSpec) -> FormDifferences:
    """Return what `new` changes about `old`, questions in the order in which officers meet them."""
    compared = compare_forms(old, new)
    return FormDifferences(
        added=[change.question for change in compared if change.is_added],
        removed=[change.question for change in compared if change.is_removed],
        changed=[
            ChangedQuestion(change.question, differences_of(change, old=old, new=new))
            for change in compared
            if change.is_changed
        ],
        checks_added=[check.message for check in new.checks if check not in old.checks],
        checks_removed=[check.message for check in old.checks if check not in new.checks],
        is_reordered=_common_keys(old, new) != _common_keys(new, old),
        instructions=None
        if old.instructions == new.instructions
        else Difference("記入要領", old.instructions, new.instructions),
    )


def _common_keys(form: FormSpec, other: FormSpec) -> list[tuple[str, str]]:
    return sorted(
        ((question.scope, question.key) for question in form.questions if question.key in other.by_key),
        key=lambda pair: pair[0],
    )


def differences_of(change: QuestionChange, *, old: FormSpec, new: FormSpec) -> list[Difference]:
    """Return what changed about a question that both versions have; empty for any other."""
    if change.old is None or change.new is None:
        return []
    before, after = question_texts(change.old, old), question_texts(change.new, new)
    plain = [Difference(name, before[name], after[name]) for name in before if before[name] != after[name]]
    return [*plain, *_choice_differences(change.old.choices, change.new.choices)]


def question_texts(question: QuestionSpec, form: FormSpec) -> dict[str, str]:
    """Return everything about a question but its choices, by the names that people know."""
    return {
        _name("label"): question.label,
        _name("scope"): Scope(question.scope).label,
        _name("type"): QuestionType(question.type).label,
        _name("section"): question.section,
        _name("help"): question.help,
        _name("example"): question.example,
        _name("unit"): question.unit,
        _name("required"): "必須" if question.required else "任意",
        _name("minimum"): _number(question.minimum),
        _name("maximum"): _number(question.maximum),
        _name("max_length"): f"{question.max_length:,}文字" if question.max_length else "",
        "表示の条件": condition_text(question, form),
        _name("categories"): "、".join(CATEGORIES.get(code, code) for code in question.categories),
        _name("prefill"): PREFILL_LABELS.get(question.prefill, question.prefill),
    }


def _name(field: str) -> str:
    return NAMES[field]


def _number(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():,f}"


def condition_text(question: QuestionSpec, form: FormSpec) -> str:
    """Return when a question is shown; "" for one that always is."""
    if not question.show_when_key:
        return ""
    condition = form.by_key.get(question.show_when_key)
    if condition is None:
        return f"「{question.show_when_key}」の回答による"
    if ANSWERED in question.show_when_values:
        return f"「{condition.label}」に回答があるとき"
    texts = (answer_text(condition, {condition.key: value}) for value in question.show_when_values)
    return f"「{condition.label}」が「{'」又は「'.join(texts)}」のとき"


def _choice_differences(old: Sequence[Choice], new: Sequence[Choice]) -> list[Difference]:
    before = {choice.code: _choice_text(choice) for choice in old}
    after = {choice.code: _choice_text(choice) for choice in new}
    gone = [text for code, text in before.items() if code not in after]
    come = [text for code, text in after.items() if code not in before]
    common = [code for code in before if code in after]
    moved = common != [code for code in after if code in before]
    return [
        *([Difference("選択肢の削除", "、".join(gone), "")] if gone else []),
        *([Difference("選択肢の追加", "", "、".join(come))] if come else []),
        *(
            Difference("選択肢の表示", before[code], after[code])
            for code in common
            if before[code] != after[code]
        ),
        *([Difference("選択肢の順", "、".join(before.values()), "、".join(after.values()))] if moved else []),
    ]


def _choice_text(choice: Choice) -> str:
    return f"{choice.label}（自由記入あり）" if choice.is_other else choice.label
