"""What monitoring programs get, who may ask, and that nobody else learns that there is anything."""

from __future__ import annotations

import json
import subprocess
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from followup.views import monitor
from tests.access.test_headers import ask_production
from tests.factories import NOW, make_mail, make_task_run

pytestmark = pytest.mark.usefixtures("healthy")

DOORS = ("/metrics", "/monitor/status")
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def watcher(settings: Any) -> Client:
    settings.MONITOR_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def values(client: Client) -> dict[str, float]:
    """Return what a scrape reads, by name and labels."""
    text = client.get("/metrics").content.decode()
    return {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("door", DOORS)
def test_as_long_as_nobody_is_named_the_doors_are_not_there(client: Client, door: str) -> None:
    assert client.get(door).status_code == 404
    assert client.get(door, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("door", DOORS)
def test_the_token_opens_and_another_does_not(watcher: Client, client: Client, door: str) -> None:
    assert watcher.get(door).status_code == 200
    for wrong in (TOKEN[:-1], f"{TOKEN}0", "Basic", "ト"):
        assert client.get(door, headers={"Authorization": f"Bearer {wrong}"}).status_code == 404
    assert client.get(f"{door}?token={TOKEN}").status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [("10.1.2.3", 200), ("10.2.0.1", 404), ("2001:db8::1", 404), ("2001:db8:1::1", 200)],
)
def test_an_allowed_network_opens(client: Client, settings: Any, address: str, status: int) -> None:
    settings.MONITOR_NETWORKS = monitor_networks("10.1.0.0/16", "2001:db8:1::/48")

    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def monitor_networks(*names: str) -> list[Any]:
    return [ip_network(name) for name in names]


def test_everybody_behind_a_proxy_is_not_its_address(client: Client, settings: Any) -> None:
    settings.MONITOR_NETWORKS = monitor_networks("127.0.0.0/8")
    forwarded = {"X-Forwarded-For": "203.0.113.9"}

    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers=forwarded).status_code == 404

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics", headers=forwarded).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 200


def test_a_session_of_the_staff_is_no_token(desk: Client, watcher: Client) -> None:
    assert desk.get("/metrics").status_code == 404


def test_a_short_token_or_a_wrong_network_does_not_start(tmp_path: Any) -> None:
    for wrong in ({"MONITOR_TOKEN": "short"}, {"MONITOR_NETWORKS": "10.0.0.0/99"}):
        with pytest.raises(subprocess.CalledProcessError) as failure:
            ask_production(tmp_path, "DEBUG", **wrong)
        assert next(iter(wrong)) in failure.value.stderr


def test_a_program_reads_what_the_page_says(watcher: Client) -> None:
    answer = watcher.get("/monitor/status").json()

    assert answer["status"] == "ok"
    assert answer["at"] == "2023-09-04T10:00:00+09:00"
    assert {check["key"] for check in answer["checks"]} >= {
        "database",
        "broker",
        "scheduler",
        "plan",
        "outbox",
    }
    assert {check["state"] for check in answer["checks"]} == {"ok"}


def test_trouble_is_told_by_the_status_too(watcher: Client) -> None:
    mail = make_mail(not_before=NOW.replace(hour=8))

    response = watcher.get("/monitor/status")

    assert response.status_code == 503
    assert response.json()["status"] == "error"
    assert mail.to not in response.content.decode()


def test_a_scrape_reads_numbers(watcher: Client) -> None:
    make_mail(not_before=NOW.replace(hour=8))
    make_task_run("plan_reminders", started_at=NOW, error="OSError")

    found = values(watcher)

    assert found["outreach_database_up"] == 1
    assert found["outreach_broker_up"] == 1
    assert found["outreach_mail,due"] == 1
    assert found["outreach_mail_oldest_due_seconds"] == 2 * 3600
    assert found["outreach_check_state,outbox"] == 2
    assert found["outreach_task_failing,plan_reminders"] == 1
    assert found["outreach_task_last_start_timestamp_seconds,plan_reminders"] == NOW.timestamp()
    assert found["outreach_task_last_success_timestamp_seconds,plan_reminders"] == NOW.timestamp() - 60


def test_a_database_that_is_away_is_a_number_too(watcher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_how: Any) -> None:
        raise OperationalError("connection to 10.0.0.5 failed for user outreach")

    monkeypatch.setattr(monitor, "system_facts", fail)

    assert values(watcher) == {"outreach_database_up": 0}
    told = watcher.get("/monitor/status")
    assert told.status_code == 503
    assert "10.0.0.5" not in json.dumps(told.json())
