"""What `manage.py check` finds when something has run out with time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.checks import run_checks


@pytest.mark.parametrize(("today", "years"), [(date(2023, 9, 4), []), (date(2099, 1, 4), ["2100年"])])
def test_a_year_without_holidays_is_an_error(settings: Any, today: date, years: list[str]) -> None:
    settings.OUTREACH_TODAY = today

    found = [str(message.msg) for message in run_checks() if message.id == "outreach.E001"]

    assert [message[:5] for message in found] == years
