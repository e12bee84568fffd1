"""What a record of a notice must hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from outreach.rules.notice import record_problems

GOOD: dict[str, Any] = {
    "issued_on": date(2023, 9, 1),
    "today": date(2023, 9, 4),
    "requested_on": date(2023, 8, 31),
    "has_channel": True,
    "has_other_channel": False,
    "channel_other": "",
}


@pytest.mark.parametrize("day", [date(2023, 8, 31), date(2023, 9, 4)])
def test_the_day_of_the_request_and_today_are_both_allowed(day: date) -> None:
    assert record_problems(**GOOD | {"issued_on": day}) == {}


@pytest.mark.parametrize("day", [None, date(2023, 8, 30), date(2023, 9, 5)])
def test_a_missing_day_or_one_outside_is_refused(day: date | None) -> None:
    assert set(record_problems(**GOOD | {"issued_on": day})) == {"issued_on"}


def test_without_a_channel_nothing_counts() -> None:
    assert set(record_problems(**GOOD | {"has_channel": False})) == {"channels"}


def test_another_channel_needs_words_and_words_need_the_channel() -> None:
    assert set(record_problems(**GOOD | {"has_other_channel": True})) == {"channel_other"}
    assert set(record_problems(**GOOD | {"channel_other": "電話"})) == {"channel_other"}
    assert record_problems(**GOOD | {"has_other_channel": True, "channel_other": "電話"}) == {}
