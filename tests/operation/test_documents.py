"""docs/operation.md tells the truth about tasks and variables; what is deployed can be read by its tools."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from outreach.rules.task_table import TASKS, Queue

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "outreach" / "settings.py").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = [name for name, service in COMPOSE["services"].items() if "build" in service]


def test_every_scheduled_task_is_told_with_its_queue_and_limit() -> None:
    told = re.findall(r"^\| `(\w+)` \| [^|]+ \| (\w+) \| (\d+)分 \|", GUIDE, re.MULTILINE)

    assert {(name, queue, int(minutes)) for name, queue, minutes in told} == {
        (name, str(plan.queue), plan.soft_minutes) for name, plan in TASKS.items() if plan.schedule
    }


def test_every_variable_is_told() -> None:
    read = set(re.findall(r'(?:env\.\w+|required)\(\s*"([A-Z_]+)"', SETTINGS))

    assert not {name for name in read if f"`{name}`" not in GUIDE and f"`{name}=" not in GUIDE}


def test_the_set_of_containers_serves_every_queue() -> None:
    commands = [" ".join(COMPOSE["services"][name].get("command", [])) for name in OURS]
    served = {queue for queue in Queue if any(f"--queues {queue} " in command for command in commands)}

    assert served == set(Queue)


def test_our_containers_may_write_nothing_but_their_own_and_hold_no_secret() -> None:
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        for variable in ("SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "MONITOR_TOKEN"):
            assert service["environment"][f"{variable}_FILE"].startswith("/run/secrets/"), name
            assert variable not in service["environment"], name


def test_what_must_not_be_dropped_is_apart_from_what_may() -> None:
    def policy(name: str) -> str:
        command: list[str] = COMPOSE["services"][name]["command"]
        return command[command.index("--maxmemory-policy") + 1]

    assert (policy("queue"), policy("cache")) == ("noeviction", "allkeys-lru")


def test_a_container_reads_its_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    show = [
        sys.executable,
        "-c",
        "import os; print(os.environ['SECRET_KEY'], 'SECRET_KEY_FILE' in os.environ)",
    ]

    found = subprocess.run(
        [sys.executable, ROOT / "deploy" / "container" / "entrypoint.py", *show],
        env={"PATH": os.environ["PATH"], "SECRET_KEY_FILE": str(tmp_path / "key")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == "from a file False"


def test_alerts_ask_for_numbers_that_there_are() -> None:
    alerts = (ROOT / "deploy" / "prometheus" / "outreach-alerts.yml").read_text(encoding="utf-8")
    source = (ROOT / "followup" / "views" / "metrics.py").read_text(encoding="utf-8")

    for name in set(re.findall(r"outreach_(\w+)", " ".join(_expressions(alerts)))):
        assert f'"{name}"' in source, name


def _expressions(alerts: str) -> list[str]:
    rules: list[dict[str, Any]] = yaml.safe_load(alerts)["groups"][0]["rules"]
    return [rule["expr"] for rule in rules]
