"""Whether the system works, told to whatever watches it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from outreach import clock
from outreach.services.audit import record_audit, seal_audit
from outreach.views import health
from tests.factories import make_mail

pytestmark = pytest.mark.django_db


def test_a_working_system_says_so_without_a_login(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "outbox": "ok",
        "scheduler": "ok",
    }


def test_a_system_with_unapplied_migrations_does_not_serve(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="followup").delete()

    response = client.get("/healthz")

    assert response.status_code == 503
    assert (response.json()["database"], response.json()["migrations"]) == ("ok", "ng")


def test_a_system_without_its_database_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise OperationalError("password authentication failed for user outreach at 10.0.0.5")

    monkeypatch.setattr(health, "_is_migrated", fail)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "ng",
        "database": "ng",
        "migrations": "ng",
        "outbox": "ng",
        "scheduler": "ng",
    }


@pytest.mark.parametrize(("minutes", "word"), [(29, "ok"), (31, "ng")])
def test_mail_that_waits_too_long_is_told_and_stops_nothing(client: Client, minutes: int, word: str) -> None:
    make_mail(not_before=clock.now() - timedelta(minutes=minutes))

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json()["outbox"] == word


@pytest.mark.parametrize(("minutes", "word"), [(29, "ok"), (31, "ng")])
def test_a_scheduler_that_stands_still_is_told(client: Client, minutes: int, word: str) -> None:
    record_audit(action="依頼を発出", now=clock.now() - timedelta(hours=2), actor=None)
    seal_audit()
    record_audit(action="依頼を発出", now=clock.now() - timedelta(minutes=minutes), actor=None)

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json()["scheduler"] == word


def test_a_server_that_can_be_given_requests_says_so(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "cache": "ok",
        "broker": "ok",
    }


def test_without_the_broker_pages_are_served_and_it_is_told(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["broker"]) == ("ok", "ng")


def test_a_server_without_its_cache_is_given_no_requests(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "is_cache_there", lambda: False)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert (response.json()["database"], response.json()["cache"]) == ("ok", "ng")
