"""開庁日: which days count, and counting them."""

from datetime import UTC, date, datetime, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.opening_days import OpeningDays, UnknownCalendarError, has_holidays

BY_LAW = OpeningDays({})

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2050, 12, 31))
steps = st.integers(min_value=-60, max_value=60)


def closed_by_law(day: date) -> bool:
    around_new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() >= 5 or jpholiday.is_holiday(day) or around_new_year


def test_every_day_from_2000_to_2050_agrees_with_an_independent_calendar() -> None:
    first, last = date(2000, 1, 1), date(2050, 12, 31)
    all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

    assert [day for day in all_days if BY_LAW.is_open(day) == closed_by_law(day)] == []


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2023, 9, 23), "秋分の日"),  # a Saturday
        (date(2023, 9, 30), "土曜日"),
        (date(2023, 10, 1), "日曜日"),
        (date(2023, 10, 9), "スポーツの日"),
        (date(2023, 12, 28), None),
        (date(2023, 12, 29), "年末年始の休日"),
        (date(2024, 1, 1), "元日"),
        (date(2024, 1, 3), "年末年始の休日"),
        (date(2024, 1, 4), None),
        (date(2023, 1, 2), "振替休日"),
        (date(2026, 9, 22), "国民の休日"),
    ],
)
def test_a_closed_day_says_why_in_japanese(day: date, name: str | None) -> None:
    assert BY_LAW.closed_name(day) == name
    assert BY_LAW.is_open(day) == (name is None)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2023, 10, 6), -5, date(2023, 9, 29)),
        (date(2023, 10, 6), -3, date(2023, 10, 3)),
        (date(2023, 10, 6), 0, date(2023, 10, 6)),
        (date(2023, 10, 6), 1, date(2023, 10, 10)),  # over a weekend and スポーツの日
        (date(2023, 10, 7), 0, date(2023, 10, 10)),
        (date(2023, 10, 7), 1, date(2023, 10, 10)),
        (date(2023, 10, 7), -1, date(2023, 10, 6)),
        (date(2023, 12, 28), 1, date(2024, 1, 4)),
        (date(2024, 1, 4), -1, date(2023, 12, 28)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
    ],
)
def test_opening_days_are_counted_over_weekends_and_holidays(day: date, n: int, expected: date) -> None:
    assert BY_LAW.add(day, n) == expected


def test_a_correction_closes_an_open_day() -> None:
    calendar = OpeningDays({date(2023, 10, 5): True})

    assert calendar.closed_name(date(2023, 10, 5)) == "臨時の閉庁日"
    assert calendar.add(date(2023, 10, 6), -1) == date(2023, 10, 4)


@pytest.mark.parametrize("day", [date(2023, 10, 9), date(2023, 10, 7), date(2023, 12, 29)])
def test_a_correction_opens_a_holiday_or_weekend(day: date) -> None:
    calendar = OpeningDays({day: False})

    assert calendar.is_open(day)
    assert calendar.closed_name(day) is None
    assert not BY_LAW.is_open(day)


def test_a_correction_that_only_repeats_the_law_changes_nothing() -> None:
    calendar = OpeningDays({date(2023, 10, 7): True, date(2023, 10, 6): False})

    assert not calendar.is_open(date(2023, 10, 7))
    assert calendar.is_open(date(2023, 10, 6))


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2023, 10, 6), date(2023, 10, 6), 0),
        (date(2023, 10, 2), date(2023, 10, 6), 4),
        (date(2023, 10, 6), date(2023, 10, 2), -4),
        (date(2023, 10, 6), date(2023, 10, 9), 0),
        (date(2023, 10, 7), date(2023, 10, 10), 1),
    ],
)
def test_the_opening_days_left_until_a_day_are_counted(start: date, end: date, count: int) -> None:
    assert BY_LAW.count_between(start, end) == count


@given(day=days, n=steps)
def test_adding_lands_on_an_opening_day_and_counting_takes_it_back(day: date, n: int) -> None:
    reached = BY_LAW.add(day, n)

    assert BY_LAW.is_open(reached)
    if n:
        assert BY_LAW.count_between(day, reached) == n


@pytest.mark.parametrize("day", [date(1992, 12, 31), date(2100, 1, 4)])
def test_a_year_without_a_calendar_is_refused_not_taken_for_open(day: date) -> None:
    for ask in (
        lambda: BY_LAW.is_open(day),
        lambda: BY_LAW.closed_name(day),
        lambda: BY_LAW.add(day, 1),
        lambda: BY_LAW.count_between(date(2023, 10, 6), day),
        lambda: OpeningDays({day: True}),
    ):
        with pytest.raises(UnknownCalendarError, match="1993年から2099年まで"):
            ask()


def test_counting_beyond_the_last_known_year_is_refused() -> None:
    with pytest.raises(UnknownCalendarError):
        BY_LAW.add(date(2099, 12, 28), 1)


def test_an_instant_is_refused_because_its_day_depends_on_the_zone() -> None:
    with pytest.raises(TypeError):
        BY_LAW.is_open(datetime(2023, 10, 5, 15, 0, tzinfo=UTC))


def test_the_calendar_says_which_years_it_knows() -> None:
    assert [year for year in (1992, 1993, 2023, 2099, 2100) if has_holidays(year)] == [1993, 2023, 2099]
