"""What the rules find odd in a version, and what they leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from followup.rules.doubts import Case, DoubtCode, Earlier, RowFacts, Spread, find_doubts, spread_of
from followup.rules.questions import Answers, CheckSpec, Choice, FormSpec, QuestionSpec

INDUSTRY = "industry"
FORM = FormSpec(
    questions=(
        QuestionSpec("staff", "ministry", "integer", "対象職員数", unit="人"),
        QuestionSpec(
            "reach_status",
            "body",
            "single",
            "周知状況",
            required=True,
            choices=(Choice("done", "周知した"), Choice("no_answer", "未回答")),
        ),
        QuestionSpec("reached_on", "body", "date", "周知日"),
        QuestionSpec("member_count", "body", "integer", "会員事業者数", unit="者"),
        QuestionSpec("reached_member_count", "body", "integer", "周知した会員数", unit="者"),
    ),
)


def row(pk: int = 1, **answers: Any) -> RowFacts:
    return RowFacts(pk, INDUSTRY, date(2023, 9, 1), {"reach_status": "done"} | answers)


def case(*rows: RowFacts, **fields: Any) -> Case:
    defaults: dict[str, Any] = {
        "form": FORM,
        "answers": {},
        "rows": rows,
        "no_body_reason": "",
        "submitted_on": date(2023, 9, 4),
        "bodies_listed": 0,
    }
    return Case(**(defaults | fields))


def earlier(rows: Mapping[int, Answers] | None = None, **fields: Any) -> Earlier:
    defaults: dict[str, Any] = {"answers": {}, "row_count": len(rows or {}), "reached_count": 0}
    return Earlier(name="前の版（第1版）", rows=rows or {}, **(defaults | fields))


def found(judged: Case) -> list[tuple[str, str, int | None]]:
    return [(str(item.code), item.key, item.row) for item in find_doubts(judged)]


def test_an_ordinary_version_raises_no_doubt() -> None:
    ordinary = row(reached_on="2023-09-04", member_count=100, reached_member_count=60)

    assert found(case(ordinary, answers={"staff": 10})) == []


def test_more_members_reached_than_there_are_is_told_with_both_figures() -> None:
    [doubt] = find_doubts(case(row(member_count=100, reached_member_count=1200)))

    assert (doubt.code, doubt.key, doubt.row) == (DoubtCode.BROKEN_CHECK, "reached_member_count", 1)
    assert doubt.message == (
        "周知した会員数は1,200者、会員事業者数は100者で、周知した会員数が会員事業者数を上回っています。"
    )


@pytest.mark.parametrize(("operator", "message"), [("<", "以上です"), ("==", "一致していません")])
def test_a_check_of_the_form_is_told_by_its_own_comparison(operator: str, message: str) -> None:
    form = FormSpec(FORM.questions, (CheckSpec("reached_member_count", operator, "member_count", "×"),))

    [doubt] = find_doubts(case(row(member_count=5, reached_member_count=6), form=form))

    assert message in doubt.message


@pytest.mark.parametrize(
    ("reached_on", "expected"), [("2023-08-31", 1), ("2023-09-01", 0), ("2023-09-04", 0), ("2023-09-05", 1)]
)
def test_a_day_before_the_notice_or_after_the_submission_is_a_doubt(reached_on: str, expected: int) -> None:
    judged = case(row(reached_on=reached_on))

    assert found(judged) == [("wrong_day", "reached_on", 1)] * expected


SPREAD = {(INDUSTRY, "member_count"): Spread(low=80, median=100, high=130, count=8)}


@pytest.mark.parametrize(
    ("count", "is_far"), [(100, False), (900, False), (1100, True), (9, True), (0, True)]
)
def test_a_number_ten_times_away_from_its_category_is_an_outlier(count: int, is_far: bool) -> None:
    judged = case(row(member_count=count), spreads=SPREAD)

    assert (found(judged) == [("outlier", "member_count", 1)]) is is_far


def test_an_outlier_tells_the_median_and_of_how_many_bodies() -> None:
    [doubt] = find_doubts(case(row(member_count=120_000), spreads=SPREAD))

    assert "120,000者" in doubt.message
    assert "中央値（100者、8団体）" in doubt.message


def test_a_category_that_is_wide_has_no_outliers_within_its_own_reach() -> None:
    wide = {(INDUSTRY, "member_count"): Spread(low=10, median=300, high=9000, count=20)}

    assert found(case(row(member_count=40_000), spreads=wide)) == []


def test_quartiles_need_eight_rows() -> None:
    assert spread_of([1.0] * 7) is None
    assert spread_of([1, 2, 3, 4, 5, 6, 7, 8]) == Spread(2.75, 4.5, 6.25, 8)


@pytest.mark.parametrize(("reached", "is_jump"), [(79, False), (80, True), (21, False), (20, True)])
def test_a_rate_that_moves_by_thirty_points_is_a_doubt(reached: int, is_jump: bool) -> None:
    before = {1: {"member_count": 100, "reached_member_count": 50}}

    codes = found(case(row(member_count=100, reached_member_count=reached), earlier=[earlier(before)]))

    assert (("rate_jump", "reached_member_count", 1) in codes) is is_jump


def test_the_rate_of_all_bodies_is_compared_from_five_on() -> None:
    rows = [row(pk, member_count=pk) for pk in range(1, 6)]
    past = earlier(row_count=10, reached_count=5)

    [doubt] = find_doubts(case(*rows, earlier=[past]))

    assert (doubt.code, doubt.key, doubt.row) == (DoubtCode.RATE_JUMP, "", None)
    assert "100％（5団体のうち5団体）で、前の版（第1版）の50％から50ポイント" in doubt.message
    assert found(case(*rows[:4], earlier=[past])) == []


@pytest.mark.parametrize(
    ("was", "now", "is_jump"),
    [(10, 29, False), (10, 30, True), (100, 33, True), (100, 34, False), (1, 9, False)],
)
def test_a_count_that_triples_is_a_doubt_unless_it_is_small(was: int, now: int, is_jump: bool) -> None:
    of_row = case(row(member_count=now), earlier=[earlier({1: {"member_count": was}})])
    of_ministry = case(answers={"staff": now}, earlier=[earlier(answers={"staff": was})])

    assert (found(of_row) == [("count_jump", "member_count", 1)]) is is_jump
    assert (found(of_ministry) == [("count_jump", "staff", None)]) is is_jump


def test_five_bodies_that_answer_the_same_with_a_number_are_one_doubt() -> None:
    alike = [row(pk, member_count=40) for pk in range(1, 6)]

    assert found(case(*alike)) == [("all_alike", "", None)]
    assert found(case(*alike[:4])) == []
    assert found(case(*alike[:4], row(5, member_count=41))) == []
    assert found(case(*(row(pk, reached_on="2023-09-04") for pk in range(1, 6)))) == []


def test_no_body_is_doubted_where_the_list_or_the_last_round_has_some() -> None:
    reason = "所管する団体がないため。"

    assert found(case(no_body_reason=reason)) == []
    assert found(case(no_body_reason=reason, bodies_listed=3)) == [("no_body", "", None)]
    assert found(case(no_body_reason=reason, earlier=[earlier(row_count=4)])) == [("no_body", "", None)]
    assert found(case(row(member_count=1), bodies_listed=3)) == []


def test_rows_without_an_answer_are_counted_in_one_doubt() -> None:
    blank = RowFacts(3, INDUSTRY, date(2023, 9, 1), {})

    [doubt] = find_doubts(case(row(1), row(2, reach_status="no_answer"), blank))

    assert doubt.code == DoubtCode.UNANSWERED
    assert "3団体のうち2団体が未回答です" in doubt.message
