"""The template filters for days and instants, through a template."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template

DUE = date(2023, 10, 6)
LATE_IN_UTC = datetime(2023, 10, 5, 15, 30, tzinfo=UTC)  # already the 6th in Tokyo


def render(filter_name: str, value: object) -> str:
    template = Template(f"{{% load wareki %}}{{{{ value|{filter_name} }}}}")
    return template.render(Context({"value": value}))


@pytest.mark.parametrize(
    ("filter_name", "value", "shown"),
    [
        ("wareki", DUE, "令和5年10月6日"),
        ("wareki", LATE_IN_UTC, "令和5年10月6日"),
        ("wareki_weekday", DUE, "令和5年10月6日（金）"),
        ("wareki_weekday", LATE_IN_UTC, "令和5年10月6日（金）"),
        ("wareki_at", LATE_IN_UTC, "令和5年10月6日 0時30分"),
        ("short_day", DUE, "10/6"),
        ("short_day", LATE_IN_UTC, "10/6"),
    ],
)
def test_a_day_or_instant_is_shown_as_in_tokyo(filter_name: str, value: object, shown: str) -> None:
    assert render(filter_name, value) == shown


@pytest.mark.parametrize("filter_name", ["wareki", "wareki_weekday", "wareki_at", "short_day"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_to_show_gives_nothing(filter_name: str, nothing: str | None) -> None:
    assert render(filter_name, nothing) == ""
