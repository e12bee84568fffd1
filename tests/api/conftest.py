"""The day, the member of the staff whose program calls, and the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from outreach.models import User
from outreach.services.api_tokens import issue_token
from tests.factories import NOW, make_staff

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def call(staff: User) -> Call:
    """Return what a program of the staff calls the API with."""
    return program(staff)


def program(user: User, *, valid_days: int = 90, now: datetime = NOW) -> Call:
    """Return what gets an address of the API with a new token of a user."""
    count = user.api_tokens.count()
    _token, secret = issue_token(user=user, name=f"集計{count}", valid_days=valid_days, now=now)
    return calling(secret)


def calling(secret: str) -> Call:
    def call(path: str, **query: Any) -> HttpResponse:
        response: Any = Client().get(f"/api/v1{path}", query, headers={"Authorization": f"Bearer {secret}"})
        return response

    return call
