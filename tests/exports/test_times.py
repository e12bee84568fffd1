"""When a 定期送付 falls due."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from followup.rules.export_times import ExportPlan, last_run, next_run
from outreach.rules.opening_days import OpeningDays
from tests.exports.conftest import at

DAYS = OpeningDays({})
MONDAYS = ExportPlan([0], [], time(10))
AROUND = ExportPlan([], [-5, 0, 1], time(10))
DUE = date(2023, 10, 6)


def spell(run: datetime | None) -> str | None:
    return f"{run:%m-%d %H:%M}" if run else None


@pytest.mark.parametrize(
    ("moment", "last", "following"),
    [
        (at(4, 9, 59), "08-28 10:00", "09-04 10:00"),
        (at(4, 10), "09-04 10:00", "09-11 10:00"),
        (at(10, 23, 59), "09-04 10:00", "09-11 10:00"),
        (at(18, 12), "09-11 10:00", "09-19 10:00"),  # 敬老の日: the day after
        (at(19, 10), "09-19 10:00", "09-25 10:00"),
        (at(1, 0, month=1), "12-26 10:00", "01-04 10:00"),  # 年末年始: 2 January goes to the 4th
    ],
)
def test_a_day_of_the_week_goes_to_the_next_opening_day(moment: datetime, last: str, following: str) -> None:
    assert spell(last_run(MONDAYS, due_on=None, until=moment, days=DAYS)) == last
    assert spell(next_run(MONDAYS, due_on=None, after=moment, days=DAYS)) == following


def test_two_days_that_meet_on_one_opening_day_are_one() -> None:
    plan = ExportPlan([0, 1], [], time(10))

    first = next_run(plan, due_on=None, after=at(16, 0), days=DAYS)

    assert first
    assert spell(first) == "09-19 10:00"
    assert spell(next_run(plan, due_on=None, after=first, days=DAYS)) == "09-25 10:00"


@pytest.mark.parametrize(
    ("moment", "last", "following"),
    [
        (at(29, 9), None, "09-29 10:00"),
        (at(29, 10), "09-29 10:00", "10-06 10:00"),
        (at(6, 10, month=10), "10-06 10:00", "10-10 10:00"),  # 10-09 is スポーツの日
        (at(10, 10, month=10), "10-10 10:00", None),
    ],
)
def test_days_are_counted_from_the_due_date_in_opening_days(
    moment: datetime, last: str | None, following: str | None
) -> None:
    assert spell(last_run(AROUND, due_on=DUE, until=moment, days=DAYS)) == last
    assert spell(next_run(AROUND, due_on=DUE, after=moment, days=DAYS)) == following


def test_without_a_due_date_nothing_falls_due() -> None:
    assert last_run(AROUND, due_on=None, until=at(4, 10), days=DAYS) is None


def test_a_special_closure_moves_a_day() -> None:
    closed = OpeningDays({date(2023, 9, 4): True})

    assert spell(next_run(MONDAYS, due_on=None, after=at(1, 10), days=closed)) == "09-05 10:00"


def test_a_plan_is_told_in_words() -> None:
    assert str(ExportPlan([0, 3], [], time(9, 30))) == "毎週月・木曜日 09:30"
    assert str(AROUND) == "期限の5開庁日前、期限当日、期限の1開庁日後 10:00"
