"""Staff at their desk on 2023-09-04."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from outreach.models import User
from tests.factories import TODAY, make_staff


@pytest.fixture(autouse=True)
def _rehearsal(settings: Any) -> None:
    settings.OUTREACH_TODAY = TODAY


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def desk(staff: User) -> Client:
    """Return the browser of a member of staff with all rights."""
    client = Client()
    client.force_login(staff)
    return client
