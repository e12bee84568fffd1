"""The day, and who asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from outreach.models import Ministry, User
from tests.factories import NOW, make_ministry, make_officer


@pytest.fixture(name="the_fourth_of_september")
def _the_fourth_of_september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ministry() -> Ministry:
    return make_ministry("厚生労働省", mailbox="box@ministry.example")


@pytest.fixture
def coordinator(ministry: Ministry) -> User:
    return make_officer(ministry, name="取りまとめ 花子")
