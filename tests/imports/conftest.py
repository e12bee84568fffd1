"""An officer on 2023-09-04 with a report to answer, and files that are gone after the test."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from followup.models import Report
from outreach.models import Role, User
from tests.factories import TODAY, make_asked_report, make_channel, make_officer, make_staff


@pytest.fixture(autouse=True)
def _rehearsal(settings: Any, tmp_path: Path) -> None:
    settings.OUTREACH_TODAY = TODAY
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="module")
def asked_report(rows_of_module: None) -> Report:
    make_channel(label="メール")
    return make_asked_report(bodies=2)


@pytest.fixture
def report(asked_report: Report, db: None) -> Report:
    return deepcopy(asked_report)


@pytest.fixture
def officer(report: Report) -> User:
    return make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR)


@pytest.fixture
def laptop(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def staff(db: None) -> User:
    return make_staff(name="山田 太郎")


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client
