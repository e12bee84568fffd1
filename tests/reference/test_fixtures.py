"""What the fixture files must hold so that the rules of the system can work with them."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import pytest

from followup.models import CrossCheck, Question, QuestionType
from outreach.rules.corporate_number import check_corporate_number
from outreach.rules.names import clean_name, matching_key
from outreach.services.reference import read_fixture

LETTER_PLACEHOLDERS = {
    "文書番号", "発出日", "団体名", "宛先", "敬称", "府省庁名", "局名", "課名", "担当者名", "電話", "メール",
    "申込期限",
}  # fmt: skip
REMINDER_PLACEHOLDERS = {
    "府省庁名", "件名", "期限", "期限短", "状況", "登録数", "入力済数", "URL", "問合せ先", "前回督促日",
    "送信時刻",
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{\{(.*?)\}\}", text))


def questions() -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in read_fixture("standard_form")["questions"]}


def test_every_file_says_where_it_comes_from() -> None:
    names = (
        "agencies", "channels", "council", "industry_bodies", "letter_templates", "ministries",
        "reminder_rules", "request_2023_08_31", "standard_form",
    )  # fmt: skip

    assert [name for name in names if not read_fixture(name)["about"]] == []
    assert "公式の登録簿に基づくものではなく" in read_fixture("industry_bodies")["about"]


def test_every_name_is_stored_as_it_is_matched_once() -> None:
    agencies = read_fixture("agencies")["agencies"]
    bodies = [*agencies, *read_fixture("industry_bodies")["industry_bodies"]]
    ministries = read_fixture("ministries")["ministries"]

    keys = [(row["ministry"], matching_key(row["name"])) for row in bodies]
    assert len(set(keys)) == len(keys)
    assert {row["ministry"] for row in bodies} <= {row["name"] for row in ministries}
    assert all(clean_name(row["name"]) == row["name"] for row in chain(bodies, ministries))


def test_every_corporate_number_has_its_check_digit() -> None:
    numbers = [
        row["corporate_number"] for row in read_fixture("ministries")["ministries"] if row["corporate_number"]
    ]

    assert len(numbers) == 13
    assert [check_corporate_number(number) for number in numbers] == numbers


def test_the_ministries_stand_in_their_order() -> None:
    orders = [row["order"] for row in read_fixture("ministries")["ministries"]]

    assert orders == sorted(set(orders))


def test_letters_and_reminders_use_only_placeholders_that_are_filled() -> None:
    letters = read_fixture("letter_templates")["letter_templates"]
    rules = read_fixture("reminder_rules")["reminder_rules"]

    used_by_letters = placeholders("".join(row["text"] for row in letters))
    used_by_rules = placeholders("".join(row["subject"] + row["text"] for row in rules))
    assert used_by_letters == LETTER_PLACEHOLDERS
    assert used_by_rules == REMINDER_PLACEHOLDERS
    assert all(len(row["text"]) <= 800 for row in letters)


@pytest.mark.parametrize("key", ["point_deadline", "point_no_extension", "insurance_card", "basic_four"])
def test_the_template_letters_keep_the_facts_they_are_about(key: str) -> None:
    facts = {fact["key"]: fact for fact in read_fixture("request_2023_08_31")["key_facts"]}
    texts = [matching_key(row["text"]) for row in read_fixture("letter_templates")["letter_templates"]]

    for text in texts:
        assert any(matching_key(phrase) in text for phrase in facts[key]["phrasings"])


def test_the_standard_form_holds_questions_a_form_version_accepts() -> None:
    rows = read_fixture("standard_form")["questions"]

    for row in rows:
        question = Question(**row, order=1)
        question.full_clean(exclude=["form_version"], validate_unique=False, validate_constraints=False)
    assert len(questions()) == len(rows)


def test_conditions_and_checks_refer_to_questions_of_the_same_unit() -> None:
    form = questions()

    for row in form.values():
        if key := row.get("show_when_key"):
            assert form[key]["scope"] == row["scope"]
            codes = {choice["code"] for choice in form[key].get("choices", [])} or {True, False}
            assert set(row["show_when_values"]) <= codes | {"*"}
    for check in read_fixture("standard_form")["cross_checks"]:
        assert CrossCheck(**check).operator in CrossCheck.Operator
        assert form[check["left_key"]]["scope"] == form[check["right_key"]]["scope"]


def test_choices_belong_to_choice_questions_and_have_distinct_codes() -> None:
    for row in questions().values():
        codes = [choice["code"] for choice in row.get("choices", [])]
        assert bool(codes) == (row["type"] in {QuestionType.SINGLE, QuestionType.MULTIPLE})
        assert len(set(codes)) == len(codes)


def test_the_channels_of_the_form_are_the_channels_of_the_ledger() -> None:
    offered = [choice["code"] for choice in questions()["reach_channels"]["choices"]]

    assert offered == [row["code"] for row in read_fixture("channels")["channels"]]
