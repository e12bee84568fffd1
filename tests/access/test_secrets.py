"""Secrets stay out of what is kept, shown and logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.access.test_invitation import PASSWORD, invite
from tests.access.test_login import log_in
from tests.factories import make_officer

ROOT = Path(__file__).resolve().parents[2]


def test_fixtures_bring_no_account_and_no_password() -> None:
    for source in ROOT.glob("fixtures/*.json"):
        text = source.read_text(encoding="utf-8")
        json.loads(text)
        assert '"password"' not in text, source


@pytest.mark.django_db
def test_neither_password_nor_token_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    _invitation, token = invite()
    browser = Client(enforce_csrf_checks=True)
    browser.get(reverse("invitation_open", args=[token]))
    browser.post(reverse("invitation_accept"), {"new_password1": PASSWORD})
    log_in(client, make_officer().email, "the wrong password of somebody")

    assert token not in caplog.text
    assert PASSWORD not in caplog.text
    assert "the wrong password" not in caplog.text


@pytest.mark.django_db
def test_a_forged_line_in_an_address_stays_one_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/nowhere%0d%0a2023-09-04 INFO forged")

    assert "\n2023-09-04" not in "".join(record.getMessage() for record in caplog.records)
