"""Times of day as people write them."""

from datetime import time

import pytest

from outreach.rules.times import TimeTextError, format_time, read_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17:00", time(17)),
        ("１７：３０", time(17, 30)),
        ("17時", time(17)),
        ("17 時 05 分", time(17, 5)),
        ("9時半", time(9, 30)),
        ("午後5時", time(17)),
        ("午前9時30分", time(9, 30)),
        ("正午", time(12)),
        ("0:00", time(0)),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, expected: time) -> None:
    assert read_time(text) == expected


@pytest.mark.parametrize("text", ["", "夕方", "17", "17:60", "24時", "25:00", "午後13時", "17:0", "17時61分"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(TimeTextError):
        read_time(text)


def test_a_time_is_written_with_its_minutes_only_where_it_has_some() -> None:
    assert [format_time(value) for value in (time(17), time(9, 5), time(0))] == ["17時", "9時05分", "0時"]
