"""The one clock, in ordinary use and on a rehearsal day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from outreach import clock

TOKYO = ZoneInfo("Asia/Tokyo")
UTC = ZoneInfo("UTC")


def test_the_day_is_that_of_tokyo() -> None:
    with time_machine.travel(datetime(2023, 9, 3, 15, 0, 10, tzinfo=UTC), tick=False):
        assert clock.today() == date(2023, 9, 4)
    with time_machine.travel(datetime(2023, 9, 3, 14, 59, 50, tzinfo=UTC), tick=False):
        assert clock.today() == date(2023, 9, 3)


@pytest.mark.parametrize(
    ("real", "shown"),
    [((0, 0), (9, 30)), ((3, 0), (10, 30)), ((12, 0), (13, 30)), ((23, 57), (17, 29))],
)
def test_a_rehearsal_is_always_in_office_hours(
    settings: Any, real: tuple[int, int], shown: tuple[int, int]
) -> None:
    settings.OUTREACH_TODAY = date(2023, 9, 4)

    with time_machine.travel(datetime(2026, 11, 23, *real, tzinfo=TOKYO), tick=False):
        assert clock.now() == datetime(2023, 9, 4, *shown, tzinfo=TOKYO)
        assert clock.today() == date(2023, 9, 4)
