"""The day and the people of 団体への回答依頼."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
import time_machine
from django.test import Client

from followup.models import BodyRequest, Report
from followup.services.body_links import link_of
from outreach.models import OutgoingMail, User
from tests.factories import NOW, make_asked_report, make_officer


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def asked_report(rows_of_module: None) -> Report:
    """A report with three bodies, and an outbox without what its form was sent by."""
    with time_machine.travel(NOW, tick=False):
        report = make_asked_report(bodies=3)
    OutgoingMail.objects.all().delete()
    return report


@pytest.fixture(name="report")
def _report(asked_report: Report, db: None) -> Report:
    return deepcopy(asked_report)


@pytest.fixture(name="officer")
def _officer(report: Report) -> User:
    return make_officer(report.assignment.ministry, department="総務課", phone="03-0000-0000")


@pytest.fixture(name="desk")
def _desk(officer: User) -> Client:
    """The browser of the officer."""
    client = Client()
    client.force_login(officer)
    return client


def opened(body_request: BodyRequest) -> Client:
    """Return the browser of a body that has opened its link."""
    client = Client()
    client.get(link_of(body_request).removeprefix("http://localhost:8000"))
    return client
