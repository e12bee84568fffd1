"""Triggers that mark the ministries whose obligations may have changed, whoever wrote.

They are made like those of the kept counts (_count_marks), and the same holds for a migration that
changes a table of `WATCHED`: it begins with `RunPython(take_down, put_up)` and ends with
`RunPython(put_up, take_down)`.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from followup.migrations._count_marks import Watched, drop, raise_up

MARKS = ("followup_obligationchange", "ministry_id")


def _watch(table: str, owner: str, *columns: str, events: tuple[str, ...] = ("INSERT", "DELETE")) -> Watched:
    return Watched(table, MARKS, f"SELECT a.ministry_id AS owner_id FROM {owner}", columns, events, "owes")


_ASSIGNMENT = "outreach_assignment a WHERE a.id ="
WATCHED = (
    _watch("outreach_assignment", f"{_ASSIGNMENT} r.id", "acknowledged_at", "no_body_reason", events=("INSERT",)),
    _watch("outreach_notification", f"{_ASSIGNMENT} r.assignment_id", "issued_on"),
    _watch(
        "outreach_keyfact",
        "outreach_assignment a JOIN outreach_topic t ON t.request_id = a.request_id WHERE t.id = r.topic_id",
        "valid_until",
    ),
    _watch(
        "followup_report", f"{_ASSIGNMENT} r.assignment_id",
        "status", "due_on", "due_time", "updated_at", "approved_at",
    ),
    _watch(
        "followup_round", "outreach_assignment a WHERE a.request_id = r.request_id", "status", events=("INSERT",)
    ),
    _watch(
        "followup_extensionrequest",
        "outreach_assignment a JOIN followup_report p ON p.assignment_id = a.id WHERE p.id = r.report_id",
        "state", "asked_at",
    ),
)  # fmt: skip


def put_up(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    raise_up(WATCHED, editor)


def take_down(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    drop(WATCHED, editor)
