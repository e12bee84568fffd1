"""Answers of one row (a ministry or a body): read what was typed, and check what it amounts to.

Reading (`parse_answers`) refuses what cannot be a value of the question's type or lies outside of
its limits; it is asked at every save. Checking (`check_answers`) asks whether the row is complete
and consistent; it is asked before 部内確認 and submission, so that a draft may be incomplete.
Both give messages in Japanese by key; the text of その他 answers to `<key>__other`.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from followup.rules.questions import (
    Answer,
    Answers,
    CheckSpec,
    Choice,
    FormSpec,
    QuestionSpec,
    QuestionType,
)
from outreach.rules.names import NameTextError, clean_name
from outreach.rules.wareki import DayError, parse_day
from outreach.rules.widths import fold_width

Typed = Mapping[str, str | Sequence[str]]
"""What came from a form, by key: text, or several texts for 複数選択."""

SHORT_TEXT_LENGTH = 200
LONG_TEXT_LENGTH = 2000
NUMBER_LIMIT = Decimal(10) ** 13  # what limits and figures can hold, exactly, also as a JSON number

TRUE_WORDS = frozenset({"true", "1", "はい", "有", "○", "yes"})
FALSE_WORDS = frozenset({"false", "0", "いいえ", "無", "×", "no"})
_NUMBER = re.compile(r"-?([0-9]{1,20}|[0-9]{1,3}(,[0-9]{3}){1,6})(\.[0-9]{1,10})?")
MISREADABLE = re.compile(r"\d\s+\d|[²³¹⁰-₟⅐-↋①-⓿❶-➓㉈-㊰]")  # "1 2" is not 12, nor is 10² 102
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}


class AnswerError(ValueError):
    """What was typed is no answer to the question; the message is for the person who typed it."""


@dataclass(frozen=True)
class ParsedAnswers:
    """The answers of a row as stored, and by key what could not be read."""

    answers: dict[str, Answer]
    errors: dict[str, str] = field(default_factory=dict)


def parse_answers(form: FormSpec, scope: str, typed: Typed) -> ParsedAnswers:
    """Read a row in the form's order; what is blank or not asked (show when) leaves no answer."""
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for question in form.of(scope):
        if not form.is_asked(question, answers):
            continue
        try:
            _read(question, typed, answers)
        except AnswerError as error:
            errors[question.key] = str(error)
        try:
            _read_other(question, typed, answers)
        except AnswerError as error:
            errors[question.other_key] = str(error)
    return ParsedAnswers(answers, errors)


def check_answers(form: FormSpec, scope: str, answers: Answers) -> dict[str, str]:
    """Return by key what is missing or inconsistent in a row; empty when it may be submitted."""
    asked = form.asked(scope, answers)
    missing = {
        question.key: "回答を入力してください。"
        for question in asked
        if question.required and question.key not in answers
    }
    other = {
        question.other_key: f"「{choice.label}」の内容を入力してください。"
        for question in asked
        if (choice := question.other_choice)
        and _is_chosen(choice, answers.get(question.key))
        and question.other_key not in answers
    }
    return missing | other | crossed_answers(form, scope, answers)


def crossed_answers(form: FormSpec, scope: str, answers: Answers) -> dict[str, str]:
    """Return by key what contradicts another answer of the row; what is blank contradicts nothing."""
    keys = {question.key for question in form.asked(scope, answers)}
    return {
        check.left_key: check.message
        for check in form.checks
        if check.left_key in keys and check.right_key in keys and not holds(check, answers)
    }


def _read(question: QuestionSpec, typed: Typed, answers: dict[str, Answer]) -> None:
    if question.type == QuestionType.MULTIPLE:
        codes = _codes(question, typed.get(question.key, ()))
        if codes:
            answers[question.key] = codes
        return
    text = _one(typed.get(question.key, "")).strip()
    if text:
        answers[question.key] = _READERS[question.type](question, text)


def _read_other(question: QuestionSpec, typed: Typed, answers: dict[str, Answer]) -> None:
    """Keep the text of その他 only where その他 was chosen."""
    choice = question.other_choice
    text = _one(typed.get(question.other_key, "")).strip()
    if choice and text and _is_chosen(choice, answers.get(question.key)):
        answers[question.other_key] = _line(text, SHORT_TEXT_LENGTH)


def _one(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    return value[0] if value else ""


def _is_chosen(choice: Choice, answer: Answer | None) -> bool:
    return choice.code == answer or (isinstance(answer, list) and choice.code in answer)


def _integer(question: QuestionSpec, text: str) -> int:
    number = _number(question, text)
    if number != number.to_integral_value():
        raise AnswerError("整数で入力してください。")
    return int(number)


def _decimal(question: QuestionSpec, text: str) -> int | float:
    number = _number(question, text.strip().removesuffix("%").removesuffix("％"))
    if question.type == QuestionType.PERCENT and not 0 <= number <= 100:  # noqa: PLR2004
        raise AnswerError("0から100までの割合（％）を入力してください。")
    if number != round(number, 2):
        raise AnswerError("小数は第2位まで入力してください。")
    return int(number) if number == number.to_integral_value() else float(number)


def plain_number(text: str, unit: str) -> str:
    """Return the digits of a number in any width, with or without commas and the question's own unit."""
    written = fold_width(text).removesuffix(fold_width(unit) or "\n")
    if not _NUMBER.fullmatch(written) or MISREADABLE.search(text):
        raise AnswerError("数として読み取れません。「1,200」のように数字だけを入力してください。")
    return written.replace(",", "")


def _number(question: QuestionSpec, text: str) -> Decimal:
    number = Decimal(plain_number(text, question.unit))
    if abs(number) >= NUMBER_LIMIT:
        raise AnswerError("桁数が多すぎます。数字を確認してください。")
    if question.minimum is not None and number < question.minimum:
        raise AnswerError(f"{_plain(question.minimum)}以上の数を入力してください。")
    if question.maximum is not None and number > question.maximum:
        raise AnswerError(f"{_plain(question.maximum)}以下の数を入力してください。")
    return number


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def _boolean(_question: QuestionSpec, text: str) -> bool:
    written = fold_width(text).lower()
    if written in TRUE_WORDS:
        return True
    if written in FALSE_WORDS:
        return False
    raise AnswerError("「はい」又は「いいえ」を選んでください。")


def _code(question: QuestionSpec, text: str) -> str:
    for choice in question.choices:
        if text in {choice.code, choice.label}:
            return choice.code
    raise AnswerError("選択肢の中から選んでください。")


def _codes(question: QuestionSpec, values: str | Sequence[str]) -> list[str]:
    """Return the codes chosen, each once, in the form's order."""
    texts = [values] if isinstance(values, str) else values
    chosen = {_code(question, text.strip()) for text in texts if text.strip()}
    return [choice.code for choice in question.choices if choice.code in chosen]


def _day(_question: QuestionSpec, text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except DayError as error:
        raise AnswerError(str(error)) from error


def _short_text(question: QuestionSpec, text: str) -> str:
    return _line(text, question.max_length or SHORT_TEXT_LENGTH)


def _line(text: str, limit: int) -> str:
    try:
        cleaned = clean_name(text)
    except NameTextError as error:
        raise AnswerError(str(error)) from error
    return _limited(cleaned, limit)


def _long_text(question: QuestionSpec, text: str) -> str:
    """Return text of several lines, each cleaned like a single one."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        cleaned = "\n".join(clean_name(line.replace("\t", "　")) for line in lines)
    except NameTextError as error:
        raise AnswerError(str(error)) from error
    return _limited(cleaned.strip(), question.max_length or LONG_TEXT_LENGTH)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise AnswerError(f"{limit:,}文字以内で入力してください（現在{len(text):,}文字）。")
    return text


_READERS: dict[str, Callable[[QuestionSpec, str], Answer]] = {
    QuestionType.INTEGER: _integer,
    QuestionType.DECIMAL: _decimal,
    QuestionType.PERCENT: _decimal,
    QuestionType.BOOLEAN: _boolean,
    QuestionType.SINGLE: _code,
    QuestionType.SHORT_TEXT: _short_text,
    QuestionType.LONG_TEXT: _long_text,
    QuestionType.DATE: _day,
}


def holds(check: CheckSpec, answers: Answers) -> bool:
    """Say whether a cross-check holds; it does as long as one of its numbers is blank."""
    left, right = answers.get(check.left_key), answers.get(check.right_key)
    if left is None or right is None:
        return True
    return _COMPARE[check.operator](Decimal(str(left)), Decimal(str(right)))
