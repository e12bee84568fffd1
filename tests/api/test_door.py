"""Who gets into the API, how often, what is said to those who do not, and what is recorded."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from followup.api import access
from outreach.models import AuditEntry, User
from outreach.services.api_tokens import issue_token
from tests.api.conftest import Call, calling, program
from tests.api.test_tokens import colleague
from tests.factories import NOW

pytestmark = pytest.mark.django_db

PROBLEM = {"code", "message", "parameters"}


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer \xe9"]
)
def test_nobody_gets_in_without_a_token(header: str | None, db: None) -> None:
    headers = {} if header is None else {"Authorization": header}

    response = Client().get("/api/v1/rounds", headers=headers)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert set(response.json()) == PROBLEM
    assert "APIトークン" in response.json()["message"]


def test_a_session_of_staff_opens_nothing(staff: User) -> None:
    browser = Client()
    browser.force_login(staff)

    assert browser.get("/api/v1/rounds").status_code == 401


def test_the_right_to_see_results_is_needed_and_for_rounds_the_right_to_see_them(db: None) -> None:
    only_rounds, only_results = program(colleague("view_round")), program(colleague("view_councilreport"))

    assert only_rounds("/definitions").status_code == 403
    assert only_results("/openapi.json").status_code == 200
    assert only_results("/rounds").status_code == 403
    assert "権限" in only_results("/rounds").json()["message"]


def test_every_call_is_on_the_trail_without_the_token(call: Call, staff: User) -> None:
    call("/rounds", page=1)
    call("/rounds/99")

    first, second = AuditEntry.objects.filter(object_type="outreach.apitoken").order_by("pk")[1:]
    assert (first.action, first.actor) == ("APIを呼出し", staff)
    assert first.after == {"アドレス": "/api/v1/rounds", "応答": 200, "接続元": "127.0.0.1"}
    assert (second.action, second.actor) == ("閲覧・操作を拒否", staff)
    assert "outreach_" not in str(second.after)


def test_a_wrong_token_is_on_the_trail_by_its_address_and_never_in_the_log(
    caplog: pytest.LogCaptureFixture, db: None
) -> None:
    with caplog.at_level(logging.DEBUG):
        calling("outreach_secret")("/rounds")
        Client().get("/api/v1/rounds", headers={"Authorization": "Token outreach_secret"})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.after) == ("APIの利用を拒否", None, {"接続元": "127.0.0.1"})
    assert "outreach_secret" not in caplog.text


def test_too_many_calls_of_one_token_are_refused_and_another_goes_on(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "CALLS_PER_TOKEN", 2)
    other = program(colleague("view_councilreport", "view_round"))

    codes = [call("/definitions").status_code for _ in range(3)]

    assert codes == [200, 200, 429]
    assert call("/definitions")["Retry-After"] == "900"
    assert "15分" in call("/definitions").json()["message"]
    assert other("/definitions").status_code == 200


def test_guessing_ends_after_some_refusals_and_fills_no_trail(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "REFUSALS_PER_ADDRESS", 2)

    codes = [calling(f"guess{number}")("/rounds").status_code for number in range(4)]

    assert codes == [401, 401, 429, 429]
    assert actions().count("APIの利用を拒否") == 2
    assert call("/rounds").status_code == 200


def test_too_many_calls_from_one_address_are_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CALLS_PER_ADDRESS", 1)

    assert [call("/rounds").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rounds/99", 404),
        ("/rounds/0", 404),
        ("/rounds/99999999999999999999999999", 404),
        ("/rounds/abc", 404),
        ("/nowhere", 404),
        ("/", 404),
        ("/rounds?page=0", 422),
        ("/rounds?page=99999999999999999999", 422),
        ("/rounds?page=2", 404),
        ("/rounds?per_page=101", 422),
        ("/rounds?per_page=%00", 400),
        ("/rounds?pgae=2", 422),
    ],
)
def test_what_is_wrong_is_told_in_japanese_json(call: Call, path: str, status: int) -> None:
    response = call(path)

    assert response.status_code == status
    assert set(response.json()) == PROBLEM
    assert any("ぁ" <= letter <= "ん" for letter in response.json()["message"])


def test_a_wrong_value_is_told_by_its_name_and_not_repeated(call: Call) -> None:
    response = call("/rounds", page="<b>七</b>", per_page=3)

    assert response.json()["parameters"] == ["page"]
    assert "七" not in response.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_nothing_can_be_written(method: str, staff: User, call: Call) -> None:
    response = getattr(Client(), method)("/api/v1/rounds", headers={"Authorization": "Bearer x"})

    assert response.status_code == 405
    assert response["Allow"] == "GET"
    assert response.json()["code"] == "method_not_allowed"


def test_a_large_body_is_refused_before_it_is_read(db: None) -> None:
    body = b"x" * (257 * 1024)

    response = Client().post("/api/v1/rounds", body, content_type="application/json")

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


def test_a_crash_tells_nothing(call: Call, monkeypatch: pytest.MonkeyPatch, staff: User) -> None:
    def crash(*_args: Any, **_values: Any) -> None:
        raise RuntimeError("秘密")

    monkeypatch.setattr("followup.api.rounds.page_of", crash)
    _token, secret = issue_token(user=staff, name="もう一つ", valid_days=30, now=NOW)
    client = Client(raise_request_exception=False)

    response = client.get("/api/v1/rounds", headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == 500
    assert response.json()["code"] == "error"
    assert "秘密" not in response.content.decode()


def test_the_answers_carry_the_headers_of_every_page(call: Call) -> None:
    response = call("/definitions")

    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_the_document_is_behind_the_same_door(call: Call, db: None) -> None:
    assert Client().get(reverse("api:openapi")).status_code == 401
    assert call("/openapi.json").json()["openapi"].startswith("3.1")
