"""Which stage a reminder of a day belongs to, and when mail may leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from followup.rules.due import Due
from followup.rules.reminder_stages import current_stage, sending_opens_at, stages_on
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO

OFFSETS = (-5, -3, 0, 1, 3, 5)
DUE_ON = date(2023, 10, 6)  # a Friday; Monday 10/9 is スポーツの日
DAYS = OpeningDays({})


def stage(on: date, **changes: object) -> int | None:
    at = datetime.combine(on, time(9, 30), TOKYO)
    given = {"due": Due(DUE_ON), "at": at, "offsets": OFFSETS, "days": DAYS} | changes
    return current_stage(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2023, 9, 28), None),
        (date(2023, 9, 29), -5),
        (date(2023, 10, 2), -5),
        (date(2023, 10, 3), -3),
        (date(2023, 10, 5), -3),
        (date(2023, 10, 6), 0),
        (date(2023, 10, 10), 1),
        (date(2023, 10, 11), 1),
        (date(2023, 10, 12), 3),
        (date(2023, 10, 16), 5),
        (date(2024, 1, 4), 5),
    ],
)
def test_the_latest_stage_reached_is_the_one(on: date, expected: int | None) -> None:
    assert stage(on) == expected


def test_a_stage_up_to_the_due_date_lapses_with_it() -> None:
    assert stage(date(2023, 10, 10), offsets=(-5, 0)) is None


def test_a_due_date_on_a_closed_day_has_no_due_day_mail_after_it() -> None:
    saturday = date(2023, 10, 7)

    assert stage(date(2023, 10, 10), due=Due(saturday)) == 1
    assert stage(date(2023, 10, 10), due=Due(saturday), offsets=(-3, 0)) is None


def test_what_passed_while_staff_had_the_report_is_not_caught_up() -> None:
    returned_on = date(2023, 10, 12)

    assert stage(date(2023, 10, 13), quiet_until=returned_on) is None
    assert stage(date(2023, 10, 16), quiet_until=returned_on) == 5


def test_new_year_is_skipped() -> None:
    due_on = date(2023, 12, 28)

    assert stage(date(2024, 1, 4), due=Due(due_on)) == 1
    assert stage(date(2023, 12, 28), due=Due(due_on)) == 0


def test_a_special_closure_moves_the_stages() -> None:
    days = OpeningDays({date(2023, 10, 2): True})

    assert stage(date(2023, 9, 28), days=days) == -5
    assert stage(date(2023, 9, 29), days=days) == -5
    assert stage(date(2023, 9, 27), days=days) is None


@pytest.mark.parametrize("on", [date(2023, 9, 28), date(2023, 10, 10), date(2023, 12, 28), date(2024, 1, 4)])
def test_the_anchors_of_each_stage_are_those_that_are_at_it(on: date) -> None:
    stages = stages_on(on, offsets=OFFSETS, days=DAYS)

    for anchor in (on + timedelta(days=shift) for shift in range(-30, 31)):
        at_it = [found.offset for found in stages if found.first <= anchor <= found.last]
        due, end_of_day = Due(anchor), datetime.combine(on, time(9, 30), TOKYO)
        expected = current_stage(due=due, at=end_of_day, offsets=OFFSETS, days=DAYS)
        lapsed = [offset for offset in at_it if offset <= 0 and due.has_passed(end_of_day)]
        assert at_it == ([expected] if expected is not None else lapsed)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2023-10-05T23:59:50", "2023-10-06T09:30:00"),
        ("2023-10-06T00:00:10", "2023-10-06T09:30:00"),
        ("2023-10-06T07:30:00", "2023-10-06T09:30:00"),
        ("2023-10-06T09:30:00", "2023-10-06T09:30:00"),
        ("2023-10-06T18:14:59", "2023-10-06T18:14:59"),
        ("2023-10-06T18:15:00", "2023-10-10T09:30:00"),
        ("2023-10-08T12:00:00", "2023-10-10T09:30:00"),
        ("2023-12-28T20:00:00", "2024-01-04T09:30:00"),
    ],
)
def test_mail_leaves_in_office_hours_only(instant: str, expected: str) -> None:
    opens_at = sending_opens_at(datetime.fromisoformat(f"{instant}+09:00"), DAYS)

    assert opens_at == datetime.fromisoformat(f"{expected}+09:00")


def test_the_hours_are_those_of_tokyo_wherever_the_instant_comes_from() -> None:
    just_before_closing = datetime(2023, 10, 6, 9, 14, tzinfo=UTC)

    assert sending_opens_at(just_before_closing, DAYS) == just_before_closing
