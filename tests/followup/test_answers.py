"""Reading and checking the answers of one row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.rules.answer_texts import answer_text
from followup.rules.answers import check_answers, parse_answers
from followup.rules.questions import (
    Answer,
    CheckSpec,
    Choice,
    FormSpec,
    QuestionSpec,
    QuestionType,
    Scope,
)

CHOICES = (Choice("mail", "メール"), Choice("paper", "文書"), Choice("other", "その他", is_other=True))


def question(key: str = "q", kind: QuestionType = QuestionType.INTEGER, **fields: Any) -> QuestionSpec:
    return QuestionSpec(key=key, scope=Scope.BODY, type=kind, label=f"設問{key}", **fields)


def form(*questions: QuestionSpec, checks: tuple[CheckSpec, ...] = ()) -> FormSpec:
    return FormSpec(questions, checks)


def read(spec: QuestionSpec, text: str | list[str]) -> Answer | None:
    """Return the answer that a text is read as; None for blank."""
    parsed = parse_answers(form(spec), Scope.BODY, {spec.key: text})
    assert parsed.errors == {}
    return parsed.answers.get(spec.key)


def refusal(spec: QuestionSpec, text: str | list[str]) -> str:
    parsed = parse_answers(form(spec), Scope.BODY, {spec.key: text})
    assert parsed.answers == {}
    return parsed.errors[spec.key]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1200", 1200),
        ("1,200", 1200),
        ("１，２００", 1200),
        (" 12 ", 12),
        ("12者", 12),
        ("12.0", 12),
        ("−5", -5),
    ],
)
def test_a_number_is_read_in_any_width_with_commas_and_its_unit(text: str, number: int) -> None:
    assert read(question(unit="者"), text) == number


@pytest.mark.parametrize(
    "text",
    [
        "約1,200",
        "12.5",
        "1,20",
        "1 2",
        "⑫",
        "10²",
        "½",
        "１２人",
        "NaN",
        "1e3",
        "=1+1",
        "9" * 30,
        "٣",
        "--5",
        "x",
    ],
)
def test_what_is_no_number_is_refused_and_never_guessed(text: str) -> None:
    assert refusal(question(unit="者"), text)


@pytest.mark.parametrize("text", ["", "　", "\t"])
def test_blank_leaves_no_answer_and_is_not_zero(text: str) -> None:
    assert read(question(), text) is None


@pytest.mark.parametrize(("text", "message"), [("-1", "0以上"), ("1001", "1,000以下")])
def test_limits_are_told_with_their_number(text: str, message: str) -> None:
    spec = question(minimum=Decimal("0.00"), maximum=Decimal("1000.00"))

    assert message in refusal(spec, text)


@pytest.mark.parametrize("text", ["0", "1000"])
def test_the_limits_themselves_are_inside(text: str) -> None:
    assert read(question(minimum=Decimal("0.00"), maximum=Decimal("1000.00")), text) == int(text)


def test_decimals_have_two_places_and_percentages_end_at_a_hundred() -> None:
    assert read(question(kind=QuestionType.DECIMAL), "12.34") == 12.34
    assert read(question(kind=QuestionType.PERCENT), "７８．５％") == 78.5
    assert "第2位" in refusal(question(kind=QuestionType.DECIMAL), "1.234")
    assert "100" in refusal(question(kind=QuestionType.PERCENT), "101")


@pytest.mark.parametrize("text", ["2023-08-31", "令和5年8月31日", "Ｒ５．８．３１", "2023/8/31"])
def test_a_day_is_stored_in_iso_however_it_is_written(text: str) -> None:
    assert read(question(kind=QuestionType.DATE), text) == "2023-08-31"


@pytest.mark.parametrize("text", ["2023-02-30", "後日", "8/31", "45169"])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert refusal(question(kind=QuestionType.DATE), text)


@pytest.mark.parametrize(
    ("text", "answer"), [("true", True), ("はい", True), ("false", False), ("いいえ", False)]
)
def test_yes_and_no_are_stored_as_true_and_false(text: str, answer: bool) -> None:
    assert read(question(kind=QuestionType.BOOLEAN), text) is answer


def test_choices_are_stored_as_codes_in_the_forms_order() -> None:
    assert read(question(kind=QuestionType.SINGLE, choices=CHOICES), "メール") == "mail"
    assert read(question(kind=QuestionType.MULTIPLE, choices=CHOICES), ["paper", "mail", "mail"]) == [
        "mail",
        "paper",
    ]
    assert read(question(kind=QuestionType.MULTIPLE, choices=CHOICES), []) is None
    assert "選択肢" in refusal(question(kind=QuestionType.MULTIPLE, choices=CHOICES), ["mail", "fax"])


def test_the_text_of_other_is_kept_only_where_other_was_chosen() -> None:
    spec = form(question(kind=QuestionType.MULTIPLE, choices=CHOICES))

    chosen = parse_answers(spec, Scope.BODY, {"q": ["mail", "other"], "q__other": "掲示板"})
    dropped = parse_answers(spec, Scope.BODY, {"q": ["mail"], "q__other": "掲示板"})

    assert chosen.answers == {"q": ["mail", "other"], "q__other": "掲示板"}
    assert dropped.answers == {"q": ["mail"]}


def test_other_without_its_text_is_missing_before_submission() -> None:
    spec = form(question(kind=QuestionType.SINGLE, choices=CHOICES))

    assert check_answers(spec, Scope.BODY, {"q": "other"}) == {
        "q__other": "「その他」の内容を入力してください。"
    }
    assert check_answers(spec, Scope.BODY, {"q": "mail"}) == {}


def test_a_question_whose_condition_is_not_met_is_neither_kept_nor_required() -> None:
    spec = form(
        question("status", QuestionType.SINGLE, choices=CHOICES),
        question("count", required=True, show_when_key="status", show_when_values=("mail",)),
        question("detail", required=True, show_when_key="count", show_when_values=("1",)),
    )

    hidden = parse_answers(spec, Scope.BODY, {"status": "paper", "count": "壊れた値"})

    assert hidden.answers == {"status": "paper"}
    assert hidden.errors == {}
    assert check_answers(spec, Scope.BODY, {"status": "paper"}) == {}
    assert set(check_answers(spec, Scope.BODY, {"status": "mail"})) == {"count"}


@pytest.mark.parametrize(
    ("operator", "left", "right", "holds"),
    [("<=", 5, 5, True), ("<=", 6, 5, False), ("<", 5, 5, False), ("==", 5, 5, True), ("==", 5, 6, False)],
)
def test_a_cross_check_compares_two_numbers_of_a_row(
    operator: str, left: int, right: int, holds: bool
) -> None:
    spec = form(question("a"), question("b"), checks=(CheckSpec("a", operator, "b", "超えています。"),))

    assert check_answers(spec, Scope.BODY, {"a": left, "b": right}) == (
        {} if holds else {"a": "超えています。"}
    )


def test_a_cross_check_holds_while_a_number_is_blank() -> None:
    spec = form(question("a"), question("b"), checks=(CheckSpec("a", "<=", "b", "超えています。"),))

    assert check_answers(spec, Scope.BODY, {"a": 5}) == {}


def test_text_is_stored_without_what_cannot_be_seen_and_within_its_length() -> None:
    short = question(kind=QuestionType.SHORT_TEXT, max_length=10)

    assert read(short, " ｶﾅ 株式会社 ") == "カナ 株式会社"
    assert "10文字以内" in refusal(short, "あ" * 11)
    assert refusal(short, "あ\u202eい")
    assert refusal(short, "あ\x00い")


def test_long_text_keeps_its_lines() -> None:
    spec = question(kind=QuestionType.LONG_TEXT)

    assert read(spec, "一行目\r\n二行目\r三行目\n") == "一行目\n二行目\n三行目"
    assert "2,000文字以内" in refusal(spec, "あ" * 2001)


@given(st.sampled_from(list(QuestionType)), st.text(max_size=60))
def test_no_text_breaks_the_reader(kind: QuestionType, text: str) -> None:
    spec = form(question(kind=kind, choices=CHOICES))

    parsed = parse_answers(spec, Scope.BODY, {"q": text, "q__other": text})

    assert all(parsed.errors.values())


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_every_number_comes_back_as_it_is_shown(number: int) -> None:
    spec = question(unit="者")

    assert read(spec, answer_text(spec, {"q": number})) == number
