"""The API keeps to its document, whatever it is called with."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from followup.api import access
from followup.api.interface import api
from outreach.models import User
from outreach.services.api_tokens import issue_token
from outreach.wsgi import application
from tests.factories import NOW, make_round

pytestmark = pytest.mark.django_db


def from_somewhere(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve the project itself to a client that tells no address of its own."""
    return application(environ | {"REMOTE_ADDR": "192.0.2.1"}, start_response)


document = schemathesis.openapi.from_dict(api.get_openapi_schema())
document.app = from_somewhere


@pytest.fixture(autouse=True)
def _without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CALLS_PER_TOKEN", 100_000)
    monkeypatch.setattr(access, "CALLS_PER_ADDRESS", 100_000)
    monkeypatch.setattr(access, "REFUSALS_PER_ADDRESS", 100_000)


@pytest.fixture
def secret(staff: User) -> str:
    make_round()
    _token, secret = issue_token(user=staff, name="検査", valid_days=30, now=NOW)
    return secret


@document.parametrize()
@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_tells_of(case: Any, secret: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})
