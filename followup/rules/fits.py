"""Whether a stored answer still answers a question: a later version of a form may have changed it.

An answer that no longer fits is no answer; it stays stored until something is entered in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from followup.rules.answers import LONG_TEXT_LENGTH, SHORT_TEXT_LENGTH
from followup.rules.questions import Answer, FormSpec, QuestionSpec, QuestionType

Stored = Mapping[str, Any]
"""What the database holds under the keys of a row, whichever version of the form it was entered with."""


def fits(question: QuestionSpec, answer: object) -> bool:
    """Say whether a stored value is one that the question could be answered with now."""
    return _FITS[QuestionType(question.type)](question, answer)


def fits_other(question: QuestionSpec, answers: Stored) -> bool:
    """Say whether the text of その他 goes with the answer that is stored beside it."""
    choice, text = question.other_choice, answers.get(question.other_key)
    answer = answers.get(question.key)
    chosen = answer if isinstance(answer, list) else [answer]
    return choice is not None and choice.code in chosen and _is_text(text, SHORT_TEXT_LENGTH)


def fitting_answers(form: FormSpec, scope: str, stored: Stored) -> dict[str, Answer]:
    """Keep what answers a question of this form, shown or not."""
    fitting: dict[str, Answer] = {}
    for question in form.of(scope):
        if question.key in stored and fits(question, stored[question.key]):
            fitting[question.key] = stored[question.key]
            if question.other_choice and fits_other(question, stored):
                fitting[question.other_key] = stored[question.other_key]
    return fitting


def known_answers(form: FormSpec, scope: str, stored: Stored) -> dict[str, Answer]:
    """Keep what this form asks: other versions' answers and those to hidden questions stay out."""
    fitting = fitting_answers(form, scope, stored)
    return {
        key: fitting[key]
        for question in form.asked(scope, fitting)
        for key in (question.key, question.other_key)
        if key in fitting
    }


def _number_fits(question: QuestionSpec, answer: object) -> bool:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return False
    return (question.minimum is None or answer >= question.minimum) and (
        question.maximum is None or answer <= question.maximum
    )


def _integer_fits(question: QuestionSpec, answer: object) -> bool:
    return isinstance(answer, int) and _number_fits(question, answer)


def _percent_fits(question: QuestionSpec, answer: object) -> bool:
    return isinstance(answer, int | float) and _number_fits(question, answer) and 0 <= answer <= 100  # noqa: PLR2004


def _boolean_fits(_question: QuestionSpec, answer: object) -> bool:
    return isinstance(answer, bool)


def _single_fits(question: QuestionSpec, answer: object) -> bool:
    return isinstance(answer, str) and answer in question.codes


def _multiple_fits(question: QuestionSpec, answer: object) -> bool:
    return isinstance(answer, list) and bool(answer) and all(_single_fits(question, code) for code in answer)


def _is_text(answer: object, limit: int) -> bool:
    return isinstance(answer, str) and 0 < len(answer) <= limit


def _short_text_fits(question: QuestionSpec, answer: object) -> bool:
    return _is_text(answer, question.max_length or SHORT_TEXT_LENGTH) and "\n" not in str(answer)


def _long_text_fits(question: QuestionSpec, answer: object) -> bool:
    return _is_text(answer, question.max_length or LONG_TEXT_LENGTH)


def _day_fits(_question: QuestionSpec, answer: object) -> bool:
    try:
        date.fromisoformat(str(answer))
    except ValueError:
        return False
    return isinstance(answer, str)


_FITS: dict[QuestionType, Callable[[QuestionSpec, object], bool]] = {
    QuestionType.INTEGER: _integer_fits,
    QuestionType.DECIMAL: _number_fits,
    QuestionType.PERCENT: _percent_fits,
    QuestionType.BOOLEAN: _boolean_fits,
    QuestionType.SINGLE: _single_fits,
    QuestionType.MULTIPLE: _multiple_fits,
    QuestionType.SHORT_TEXT: _short_text_fits,
    QuestionType.LONG_TEXT: _long_text_fits,
    QuestionType.DATE: _day_fits,
}
