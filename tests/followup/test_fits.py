"""A stored answer answers a changed question, or is none any more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.rules.answer_texts import answer_text
from followup.rules.answers import parse_answers
from followup.rules.fits import fits, known_answers
from followup.rules.questions import Choice, FormSpec, QuestionSpec, QuestionType, Scope

A, B, OTHER = Choice("a", "甲"), Choice("b", "乙"), Choice("o", "その他", is_other=True)


def question(kind: QuestionType, key: str = "q", **fields: Any) -> QuestionSpec:
    return QuestionSpec(**({"key": key, "scope": Scope.BODY, "type": kind, "label": "設問"} | fields))


@pytest.mark.parametrize(
    ("kind", "limits", "good", "bad"),
    [
        (QuestionType.INTEGER, {"maximum": Decimal(10)}, [0, 10], [11, 1.5, True, "3", [1], None]),
        (QuestionType.DECIMAL, {"minimum": Decimal("0.5")}, [0.5, 3], [0.4, False, "1"]),
        (QuestionType.PERCENT, {}, [0, 99.9, 100], [100.1, -1]),
        (QuestionType.BOOLEAN, {}, [True, False], [1, 0, "true"]),
        (QuestionType.SINGLE, {"choices": (A, B)}, ["a"], ["gone", "", True, ["a"]]),
        (QuestionType.MULTIPLE, {"choices": (A, B)}, [["a"], ["a", "b"]], [["a", "gone"], [], "a"]),
        (QuestionType.SHORT_TEXT, {"max_length": 3}, ["三文字"], ["四文字だ", "", "一\n二", 3]),
        (QuestionType.LONG_TEXT, {"max_length": 3}, ["一\n二"], ["四文字だ", ""]),
        (QuestionType.DATE, {}, ["2023-09-04"], ["昨日", "2023-13-01", 20230904]),
    ],
)
def test_an_answer_fits_what_the_question_takes_now(
    kind: QuestionType, limits: dict[str, Any], good: list[object], bad: list[object]
) -> None:
    asked = question(kind, **limits)

    assert [answer for answer in good if not fits(asked, answer)] == []
    assert [answer for answer in bad if fits(asked, answer)] == []


def test_an_answer_that_no_longer_fits_takes_what_hangs_on_it_along() -> None:
    form = FormSpec(
        (
            question(QuestionType.SINGLE, choices=(B, OTHER)),
            question(QuestionType.INTEGER, key="then", show_when_key="q", show_when_values=("a", "b")),
        )
    )

    assert known_answers(form, Scope.BODY, {"q": "a", "then": 3}) == {}
    assert known_answers(form, Scope.BODY, {"q": "b", "then": 3}) == {"q": "b", "then": 3}
    assert known_answers(form, Scope.BODY, {"q": "b", "q__other": "丙"}) == {"q": "b"}
    assert known_answers(form, Scope.BODY, {"q": "o", "q__other": "丙"}) == {"q": "o", "q__other": "丙"}


ANY_VALUE = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.lists(st.text(max_size=3), max_size=3), st.sampled_from(["a", "2023-09-04", "はい", "1,200"]),
)  # fmt: skip


@given(kind=st.sampled_from(QuestionType), value=ANY_VALUE, typed=st.text(max_size=20))
def test_whatever_is_stored_or_typed_crashes_nothing_and_what_was_read_fits(
    kind: QuestionType, value: Any, typed: str
) -> None:
    form = FormSpec((question(kind, choices=(A, B, OTHER)),))

    known = known_answers(form, Scope.BODY, {"q": value, "q__other": value})
    read = parse_answers(form, Scope.BODY, {"q": typed}).answers

    assert isinstance(answer_text(form.questions[0], known), str)
    assert known_answers(form, Scope.BODY, read) == read
