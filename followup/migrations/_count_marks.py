"""Triggers that mark kept counts as stale, so that no write escapes: bulk and raw SQL too.

PostgreSQL: one trigger a statement, which only ever inserts marks; a writer neither waits for another
nor for who counts. SQLite has one writer at a time and no triggers a statement: one mark is enough.
SQLite drops a table's triggers whenever Django remakes the table: a migration that changes a table of
`WATCHED`, of outreach too, begins with `RunPython(take_down, put_up)` and ends with `RunPython(put_up,
take_down)`. tests/council/test_kept_counts.py fails when one forgot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LEDGER, ANSWERS = ("followup_ledgerchange", "assignment_id"), ("followup_answerchange", "submission_id")
NOTICES = "outreach_notification"


@dataclass(frozen=True)
class Watched:
    """A table, the columns whose change counts, and the query of what a changed row `r` belongs to.

    `events` besides UPDATE. Without `columns` every update counts.
    """

    table: str
    marks: tuple[str, str]
    owner: str
    columns: tuple[str, ...] = ()
    events: tuple[str, ...] = ("INSERT", "DELETE")
    suffix: str = "marks"
    """Tells apart the triggers of one table that write different marks."""


WATCHED = (
    Watched(
        NOTICES,
        LEDGER,
        "SELECT r.assignment_id AS owner_id",
        ("assignment_id", "body_id", "template_id", "issued_on"),
    ),
    Watched(
        "outreach_notification_channels",
        LEDGER,
        f"SELECT n.assignment_id AS owner_id FROM {NOTICES} n WHERE n.id = r.notification_id",
    ),
    Watched(
        "outreach_body",
        LEDGER,
        f"SELECT n.assignment_id AS owner_id FROM {NOTICES} n WHERE n.body_id = r.id",
        ("category", "corporate_number", "name_key"),
        (),
    ),
    Watched(
        "outreach_lettertemplate",
        LEDGER,
        f"SELECT n.assignment_id AS owner_id FROM {NOTICES} n WHERE n.template_id = r.id",
        ("number",),
        (),
    ),
    Watched("followup_submittedanswer", ANSWERS, "SELECT r.submission_id AS owner_id"),
    Watched(
        "followup_submission", ANSWERS, "SELECT r.id AS owner_id", ("answers", "form_version_id"), ()
    ),
    Watched(
        "followup_figureruling",
        ANSWERS,
        "SELECT s.id AS owner_id FROM followup_submission s WHERE s.report_id = r.report_id AND s.is_latest",
    ),
)


def _sqlite_up(watched: Watched) -> list[str]:
    columns = f" OF {', '.join(watched.columns)}" if watched.columns else ""
    events = [(event, "") for event in watched.events] + [("UPDATE", columns)]
    return [_sqlite_trigger(watched, event, of) for event, of in events]


def _sqlite_trigger(watched: Watched, event: str, of: str) -> str:
    marks, column = watched.marks
    rows = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
    inserts = "".join(
        f"INSERT INTO {marks} ({column}) SELECT DISTINCT owner_id FROM "
        f"({watched.owner.replace('r.', f'{row}.')}) "
        f"WHERE NOT EXISTS (SELECT 1 FROM {marks} WHERE {column} = owner_id); "
        for row in rows
    )
    return (
        f"CREATE TRIGGER {_name(watched, event)} AFTER {event}{of} ON {watched.table} BEGIN {inserts}END"
    )


def _name(watched: Watched, event: str) -> str:
    return f"{watched.table}_{watched.suffix}_{event.lower()}"


def _postgres_up(watched: Watched) -> list[str]:
    events = (*watched.events, "UPDATE")
    return [statement for event in events for statement in _postgres_trigger(watched, event)]


def _postgres_trigger(watched: Watched, event: str) -> tuple[str, str]:
    marks, column = watched.marks
    name = _name(watched, event)
    tables = {
        "INSERT": "REFERENCING NEW TABLE AS new_rows",
        "DELETE": "REFERENCING OLD TABLE AS old_rows",
        "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    }[event]
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {marks} ({column}) SELECT DISTINCT o.owner_id FROM ({_changed(watched, event)}) r "
        f"CROSS JOIN LATERAL ({watched.owner}) o; RETURN NULL; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {name} AFTER {event} ON {watched.table} {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
    return function, trigger


def _changed(watched: Watched, event: str) -> str:
    """Return the query of the rows that a statement changed, as they were and as they are."""
    if event != "UPDATE":
        return f"SELECT * FROM {'new' if event == 'INSERT' else 'old'}_rows"
    differs = "TRUE"
    if watched.columns:
        old, new = (", ".join(f"{row}.{column}" for column in watched.columns) for row in ("o", "n"))
        differs = f"({old}) IS DISTINCT FROM ({new})"
    pairs = f"FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE {differs}"
    return f"SELECT o.* {pairs} UNION ALL SELECT n.* {pairs}"


def names_of(watched: Watched) -> list[str]:
    return [_name(watched, event) for event in (*watched.events, "UPDATE")]


def put_up(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    raise_up(WATCHED, editor)


def take_down(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    drop(WATCHED, editor)


def raise_up(tables: Iterable[Watched], editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers of tables, in the place of those they have."""
    drop(tables, editor)
    up = {"sqlite": _sqlite_up, "postgresql": _postgres_up}[editor.connection.vendor]
    for statement in (statement for watched in tables for statement in up(watched)):
        editor.execute(statement, params=None)


def drop(tables: Iterable[Watched], editor: BaseDatabaseSchemaEditor) -> None:
    is_postgres = editor.connection.vendor == "postgresql"
    for watched in tables:
        for name in names_of(watched):
            on = f" ON {watched.table}" if is_postgres else ""
            editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}", params=None)
            if is_postgres:
                editor.execute(f"DROP FUNCTION IF EXISTS {name}()", params=None)
