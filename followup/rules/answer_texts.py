"""Answers as people read them."""

from __future__ import annotations

from datetime import date

from followup.rules.questions import Answer, Answers, QuestionSpec, QuestionType
from outreach.rules.wareki import format_wareki


def answer_text(question: QuestionSpec, answers: Answers) -> str:
    """Return an answer with labels, unit, 和暦 and the text of その他; "" where there is none."""
    answer = answers.get(question.key)
    if answer is None:
        return ""
    other = answers.get(question.other_key)
    return _text(question, answer) + (f"（{other}）" if other else "")


def key_label(question: QuestionSpec, key: str) -> str:
    """Return what a stored key stands for: the question, or the text of its その他."""
    return question.label if key == question.key else f"{question.label}（その他の内容）"


def value_text(question: QuestionSpec, key: str, value: Answer | None) -> str:
    """Return what is stored under one key of a question; "" for nothing."""
    if value is None:
        return ""
    return answer_text(question, {key: value}) if key == question.key else str(value)


def _text(question: QuestionSpec, answer: object) -> str:
    if isinstance(answer, bool):
        return "はい" if answer else "いいえ"
    if isinstance(answer, list):
        return "、".join(question.label_of(code) for code in answer)
    if isinstance(answer, int | float):
        unit = question.unit or ("％" if question.type == QuestionType.PERCENT else "")
        return f"{answer:,}{unit}"
    if question.type == QuestionType.DATE:
        return format_wareki(date.fromisoformat(str(answer)))
    if question.type == QuestionType.SINGLE:
        return question.label_of(answer)
    return str(answer)
