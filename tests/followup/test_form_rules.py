"""What keeps a form from being published, what the ledger fills in, and what answers look like."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from followup.rules.answer_texts import answer_text
from followup.rules.answers import check_answers
from followup.rules.form_problems import find_form_problems
from followup.rules.prefill import ledger_answers
from followup.rules.questions import CheckSpec, Choice, FormSpec, QuestionSpec, QuestionType, Scope


def question(key: str = "q", kind: QuestionType = QuestionType.INTEGER, **fields: Any) -> QuestionSpec:
    return QuestionSpec(**({"key": key, "scope": Scope.BODY, "type": kind, "label": "設問"} | fields))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (question(kind=QuestionType.SINGLE), "選択肢を設定"),
        (question(kind=QuestionType.SINGLE, choices=(Choice("a", "A"), Choice("a", "B"))), "コードが重複"),
        (question(kind=QuestionType.SINGLE, choices=(Choice("a", "A"), Choice("b", "Ａ "))), "表示が重複"),
        (question(minimum=Decimal(2), maximum=Decimal(1)), "最小値が最大値"),
        (question(show_when_key="nowhere", show_when_values=("x",)), "表示の条件"),
        (question(show_when_key="q", show_when_values=("x",)), "表示の条件"),
        (question(key="a__b"), "「__」"),
        (question(prefill="unknown"), "転記"),
        (question(scope=Scope.MINISTRY, categories=("industry",)), "団体の設問だけ"),
    ],
)
def test_a_form_with_a_faulty_question_is_not_published(bad: QuestionSpec, message: str) -> None:
    problems = find_form_problems(FormSpec((bad,)))

    assert any(message in problem for problem in problems)


def test_a_condition_has_to_be_an_earlier_question_of_the_same_scope() -> None:
    condition = question("first", kind=QuestionType.BOOLEAN)
    dependent = question("second", show_when_key="first", show_when_values=(True,))

    assert find_form_problems(FormSpec((condition, dependent))) == []
    assert find_form_problems(FormSpec((dependent, condition)))
    assert find_form_problems(
        FormSpec((question("first", kind=QuestionType.BOOLEAN, scope=Scope.MINISTRY), dependent))
    )


def test_a_cross_check_needs_two_numbers_of_one_scope() -> None:
    check = (CheckSpec("a", "<=", "b", "超えています。"),)

    assert find_form_problems(FormSpec((question("a"), question("b")), check)) == []
    assert find_form_problems(FormSpec((question("a"), question("b", kind=QuestionType.DATE)), check))
    assert find_form_problems(FormSpec((question("a"), question("b", scope=Scope.MINISTRY)), check))
    assert find_form_problems(FormSpec((question("a"),), check))


def test_a_question_for_one_category_is_not_asked_of_the_others() -> None:
    form = FormSpec(
        (
            question("all"),
            question("members", categories=("industry",)),
            question("reached", show_when_key="members", show_when_values=("1",)),
        ),
        (CheckSpec("all", "<=", "members", "超えています。"),),
    )

    def keys(category: str) -> list[str]:
        return [row.key for row in form.for_category(category).asked(Scope.BODY, {"members": "1"})]

    assert keys("industry") == ["all", "members", "reached"]
    assert keys("special") == ["all"]
    assert check_answers(form.for_category("industry"), Scope.BODY, {"all": 2, "members": 1})
    assert not check_answers(form.for_category("special"), Scope.BODY, {"all": 2, "members": 1})


def test_a_form_without_questions_is_not_published() -> None:
    assert find_form_problems(FormSpec(())) == ["設問が一つもありません。"]


def test_the_ledger_knows_whether_and_since_when_bodies_were_notified() -> None:
    form = FormSpec(
        (
            question("has", QuestionType.BOOLEAN, scope=Scope.MINISTRY, prefill="has_bodies"),
            question("on", QuestionType.DATE, scope=Scope.MINISTRY, prefill="first_issued_on"),
        )
    )

    assert ledger_answers(form, [date(2023, 9, 5), date(2023, 9, 1)]) == {"has": True, "on": "2023-09-01"}
    assert ledger_answers(form, []) == {"has": False}


def test_the_content_hash_changes_with_anything_that_is_asked_or_said() -> None:
    forms = [
        FormSpec((question(),)),
        FormSpec((question(help="説明"),)),
        FormSpec((question(required=True),)),
        FormSpec((question(),), instructions="要領"),
    ]

    assert len({form.content_hash() for form in forms}) == len(forms)
    assert forms[0].content_hash() == FormSpec((question(),)).content_hash()


@pytest.mark.parametrize(
    ("spec", "answers", "text"),
    [
        (question(unit="者"), {"q": 1200}, "1,200者"),
        (question(), {"q": 0}, "0"),
        (question(), {}, ""),
        (question(kind=QuestionType.PERCENT), {"q": 78.5}, "78.5％"),
        (question(kind=QuestionType.BOOLEAN), {"q": False}, "いいえ"),
        (question(kind=QuestionType.DATE), {"q": "2023-08-31"}, "令和5年8月31日"),
        (
            question(
                kind=QuestionType.MULTIPLE, choices=(Choice("a", "甲"), Choice("o", "その他", is_other=True))
            ),
            {"q": ["a", "o"], "q__other": "乙"},
            "甲、その他（乙）",
        ),
        (question(kind=QuestionType.SINGLE, choices=(Choice("a", "甲"),)), {"q": "gone"}, "gone"),
    ],
)
def test_answers_read_as_people_write_them(spec: QuestionSpec, answers: dict[str, Any], text: str) -> None:
    assert answer_text(spec, answers) == text


@pytest.mark.parametrize(
    ("answers", "shown"),
    [({}, False), ({"first": "会報に掲載した。"}, True), ({"first": 0}, True), ({"first": False}, True)],
    ids=["blank", "text", "zero", "no"],
)
def test_a_question_may_be_shown_by_whatever_another_was_answered_with(
    answers: dict[str, Any], shown: bool
) -> None:
    dependent = question("second", show_when_key="first", show_when_values=("*",))

    form = FormSpec((question("first"), dependent))

    assert form.is_asked(dependent, answers) is shown
