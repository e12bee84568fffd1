"""The API keeps to its document, whatever it is called with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from followup.api import access
from followup.api.interface import document
from followup.rules.stored_figures import as_json
from followup.services.figures import count_figures
from outreach.models import User
from outreach.services.api_tokens import issue_token
from outreach.wsgi import application
from tests.factories import NOW, make_frozen_report, make_submission

pytestmark = pytest.mark.django_db


def from_somewhere(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Serve the project itself to a client that tells no address of its own and closes no file."""
    with closing(application(environ | {"REMOTE_ADDR": "192.0.2.1"}, start_response)) as answer:
        return [b"".join(answer)]


api = schemathesis.openapi.from_dict(document())
api.app = from_somewhere


@pytest.fixture(autouse=True)
def _without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CALLS_PER_TOKEN", 100_000)
    monkeypatch.setattr(access, "CALLS_PER_ADDRESS", 100_000)
    monkeypatch.setattr(access, "REFUSALS_PER_ADDRESS", 100_000)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the transaction of the test open beyond a request, as Django's own client for tests does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def secret(staff: User) -> str:
    make_frozen_report(make_submission().report.round)
    _token, secret = issue_token(user=staff, name="検査", valid_days=30, now=NOW)
    return secret


@api.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_tells_of(case: Any, secret: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})


def test_what_is_found_is_told_as_the_document_says(staff: User) -> None:
    collection = make_submission().report.round
    report = make_frozen_report(collection, figures=as_json(count_figures(round=collection, now=NOW)))
    file = report.files.get(kind="data")
    ids = {"round_id": report.round_id, "snapshot_id": report.pk, "file_id": file.pk}
    _token, secret = issue_token(user=staff, name="検査", valid_days=30, now=NOW)
    found = 0
    for result in api.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        names = {parameter.name for parameter in operation.path_parameters}
        since = {parameter.name: report.pk for parameter in operation.query if parameter.name == "since"}
        case = operation.Case(path_parameters={name: ids[name] for name in names}, query=since)

        response = case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

        assert response.status_code == 200, operation.path
        found += 1
    assert found == 10
