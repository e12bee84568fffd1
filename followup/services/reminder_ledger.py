"""The statements that plan all reminders of a day at once, however many there are.

What is few (whom to write to about a ministry's stage, Occasion) is handed to the database as one JSON
value; what is many (obligations, ledger rows) stays there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from followup.models import ReminderPause, ReminderRule
from followup.services.reminder_recipients import Recipient
from outreach.models import Ministry


class Group(NamedTuple):
    """The obligations of one kind that wait at one stage, of one ministry and office."""

    kind: str
    offset: int
    ministry_id: int
    office_id: int | None


@dataclass(frozen=True)
class Occasion:
    """One rule that was reached for a group, and one recipient; `mail_key` names the day's mail.

    `ministry` is whose mail it is: None for mail to staff.
    """

    group: Group
    rule: ReminderRule
    recipient: Recipient
    mail_key: str
    ministry: Ministry | None


COLUMNS = {
    "place": "integer",
    "kind": "text",
    "reached": "integer",
    "ministry_id": "bigint",
    "office_id": "bigint",
    "rule_id": "bigint",
    "address": "text",
    "user_id": "bigint",
    "mail_id": "bigint",
}
_READ = {
    "sqlite": "SELECT {values} FROM json_each(%s)",
    "postgresql": "SELECT * FROM jsonb_to_recordset(%s::jsonb) AS w({types})",
}
WAITING = """o.is_waiting AND o.kind = w.kind AND o.reached = w.reached
    AND o.ministry_id = w.ministry_id AND COALESCE(o.office_id, 0) = COALESCE(w.office_id, 0)"""
NOT_YET = """NOT EXISTS (SELECT 1 FROM followup_reminder r WHERE r.obligation_id = o.id
    AND r.rule_id = w.rule_id AND r.due_on = o.anchor_on AND r.recipient = w.address)"""
UNPAUSED = """NOT EXISTS (SELECT 1 FROM followup_reminderpause p WHERE p.report_id = o.report_id
    AND p.ended_at IS NULL AND p.until >= %s)"""


def count_new(occasions: Sequence[Occasion], *, on: date) -> list[int]:
    """Return for each occasion of how many obligations its recipient has not been reminded yet."""
    unpaused, params = _unpaused(on)
    found = dict(
        _run(
            f"SELECT w.place, COUNT(*) FROM ({_relation()}) w JOIN followup_obligation o ON {WAITING} "  # noqa: S608
            f"WHERE {NOT_YET}{unpaused} GROUP BY w.place",
            [_as_json(occasions), *params],
        )
    )
    return [found.get(place, 0) for place in range(len(occasions))]


def write_ledger(occasions: Sequence[Occasion], *, mails: dict[str, int], on: date, planned_on: date) -> None:
    """Write the ledger rows of some occasions; `mails` gives the mail of each mail key.

    What is there already the ledger's own constraint leaves out: to look for it in the very table that
    grows by these rows, PostgreSQL may read all of it again for each.
    """
    unpaused, params = _unpaused(on)
    _run(
        "INSERT INTO followup_reminder "  # noqa: S608
        "(obligation_id, rule_id, due_on, recipient, user_id, mail_id, planned_on) "
        "SELECT o.id, w.rule_id, o.anchor_on, w.address, w.user_id, w.mail_id, %s "
        f"FROM ({_relation()}) w JOIN followup_obligation o ON {WAITING} WHERE TRUE{unpaused} "
        "ON CONFLICT DO NOTHING",
        [planned_on, _as_json(occasions, mails), *params],
    )


def stop_waiting(occasions: Sequence[Occasion], *, on: date) -> None:
    """Let the obligations of some occasions wait no longer: everybody has been reminded of them."""
    unpaused, params = _unpaused(on)
    _run(
        f"UPDATE followup_obligation AS o SET is_waiting = FALSE FROM ({_relation()}) w "  # noqa: S608
        f"WHERE {WAITING}{unpaused}",
        [_as_json(occasions), *params],
    )


def _relation() -> str:
    values = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in COLUMNS)
    types = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
    return _READ[connection.vendor].format(values=values, types=types)


def _as_json(occasions: Iterable[Occasion], mails: dict[str, int] | None = None) -> str:
    return json.dumps(
        [
            {
                "place": place,
                "kind": occasion.group.kind,
                "reached": occasion.group.offset,
                "ministry_id": occasion.group.ministry_id,
                "office_id": occasion.group.office_id,
                "rule_id": occasion.rule.pk,
                "address": occasion.recipient.address,
                "user_id": occasion.recipient.user.pk if occasion.recipient.user else None,
                "mail_id": (mails or {}).get(occasion.mail_key),
            }
            for place, occasion in enumerate(occasions)
        ]
    )


def _unpaused(on: date) -> tuple[str, list[Any]]:
    """Return the condition that leaves out paused reports; nothing to ask when none is."""
    if ReminderPause.objects.on(on).filter(report__isnull=False).exists():
        return f" AND {UNPAUSED}", [on]
    return "", []


def _run(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []
