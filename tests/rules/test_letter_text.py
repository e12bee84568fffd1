"""Placeholders, the line difference and what became of key facts."""

from __future__ import annotations

import pytest

from outreach.rules.letter_text import (
    FactState,
    LineKind,
    check_fact,
    fill,
    has_broken_placeholder,
    line_difference,
    missing_placeholders,
    unknown_placeholders,
)

DEADLINE = ["2023年9月30日", "令和5年9月30日", "R5.9.30"]
OFFICIAL = "申込期限は令和５年９月30日で、延長はありません。令和5年8月31日付けの依頼によります。"


def test_placeholders_are_filled_whatever_the_space_inside() -> None:
    assert fill("{{団体名}}と{{ 団体名　}}", {"団体名": "協会"}) == "協会と協会"


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert fill("{{団体名}} {{宛先}}", {"団体名": "{{宛先}}", "宛先": "部長"}) == "{{宛先}} 部長"


def test_an_empty_value_takes_the_space_before_it_along() -> None:
    assert fill("{{団体名}}　{{宛先}}　{{敬称}}", {"団体名": "協会", "敬称": "御中"}) == "協会　御中"


def test_unknown_placeholders_are_named_once_each() -> None:
    assert unknown_placeholders("{{団体名}}{{会長名}}{{会長名}}{{}}") == ["会長名", ""]


@pytest.mark.parametrize("text", ["{{団体名", "団体名}}", "{{団体名}", "{{団体\n名}}"])
def test_half_a_placeholder_is_found(text: str) -> None:
    assert has_broken_placeholder(text)


def test_gaps_are_named_but_not_those_that_may_be_empty() -> None:
    text = "{{団体名}}　{{宛先}} {{局名}}{{課名}}"

    assert missing_placeholders(text, {"宛先": "", "局名": "", "課名": ""}) == ["課名"]


def test_a_changed_line_is_the_removed_one_and_then_the_added_one() -> None:
    difference = line_difference("一\n二\n三", "一\n弐\n三\n四")

    assert [(line.kind, line.text) for line in difference] == [
        (LineKind.SAME, "一"),
        (LineKind.REMOVED, "二"),
        (LineKind.ADDED, "弐"),
        (LineKind.SAME, "三"),
        (LineKind.ADDED, "四"),
    ]


@pytest.mark.parametrize(
    "own",
    [
        "期限は令和5年9月30日です。",
        "期限は ２０２３年９月３０日 です。",
        "期限は令和５年\n９月30日です。",
        "R5.9.30まで",
    ],
)
def test_a_fact_is_kept_in_any_of_its_phrasings_and_widths(own: str) -> None:
    assert check_fact(phrasings=DEADLINE, official=OFFICIAL, own=own).state == FactState.KEPT


def test_a_fact_with_other_digits_is_altered_and_the_words_are_told() -> None:
    check = check_fact(phrasings=DEADLINE, official=OFFICIAL, own="期限は令和５年10月31日です。")

    assert (check.state, check.found) == (FactState.ALTERED, "令和5年10月31日")


@pytest.mark.parametrize("own", ["期限が近づいています。", "令和5年8月31日付けの依頼によります。"])
def test_a_fact_without_trace_is_lost_even_beside_other_days_of_the_official_text(own: str) -> None:
    assert check_fact(phrasings=DEADLINE, official=OFFICIAL, own=own).state == FactState.LOST


def test_a_fact_that_the_official_text_does_not_state_is_not_asked_for() -> None:
    check = check_fact(phrasings=["最大20,000円分"], official=OFFICIAL, own="")

    assert check.state == FactState.NOT_ASKED


def test_a_number_counts_only_as_a_whole() -> None:
    check = check_fact(phrasings=["R5.9.3"], official="R5.9.3まで", own="R5.9.30まで")

    assert (check.state, check.found) == (FactState.ALTERED, "R5.9.30")
