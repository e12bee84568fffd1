"""Triggers by which the database itself keeps a finished 取りまとめ as it is; SQLite and PostgreSQL.

Python refuses the same with words for people (models.council_report); these hold against raw SQL too.
A report may turn done only with its data workbook and its paper; from then on neither its row nor its
files change, and none is added. SQLite drops a table's triggers whenever Django remakes the table: a
migration that changes CouncilReport or CouncilFile begins with `RunPython(take_down, put_up)` and ends
with `RunPython(put_up, take_down)`. tests/council/test_guards.py fails when one forgot.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REPORTS, FILES = "followup_councilreport", "followup_councilfile"
FROZEN = "a finished council report is immutable"
INCOMPLETE = "a council report is finished with its files"

_WITHOUT_FILES = (
    f"NEW.state = 'done' AND (SELECT COUNT(*) FROM {FILES} "
    "WHERE report_id = NEW.id AND kind IN ('data', 'paper')) < 2"
)


def _sqlite_trigger(table: str, name: str, event: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


SQLITE_UP = [
    _sqlite_trigger(REPORTS, "frozen_update", "UPDATE", "OLD.state = 'done'", FROZEN),
    _sqlite_trigger(REPORTS, "frozen_delete", "DELETE", "OLD.state = 'done'", FROZEN),
    _sqlite_trigger(REPORTS, "incomplete", "UPDATE", f"OLD.state <> 'done' AND {_WITHOUT_FILES}", INCOMPLETE),
    _sqlite_trigger(FILES, "frozen_update", "UPDATE", "TRUE", FROZEN),
    _sqlite_trigger(FILES, "frozen_delete", "DELETE", "TRUE", FROZEN),
    _sqlite_trigger(
        FILES,
        "frozen_insert",
        "INSERT",
        f"EXISTS (SELECT 1 FROM {REPORTS} WHERE id = NEW.report_id AND state = 'done')",
        FROZEN,
    ),
]
SQLITE_DOWN = [
    f"DROP TRIGGER IF EXISTS {table}_{name}"
    for table, names in (
        (REPORTS, ("frozen_update", "frozen_delete", "incomplete")),
        (FILES, ("frozen_update", "frozen_delete", "frozen_insert")),
    )
    for name in names
]

# FOR SHARE waits for a worker that is just finishing the report, which a mere EXISTS would not see.
_POSTGRES_FUNCTIONS = [
    f"""
    CREATE FUNCTION followup_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'check_violation';
    END $$
    """,
    f"""
    CREATE FUNCTION followup_refuse_incomplete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {_WITHOUT_FILES} THEN
            RAISE EXCEPTION '{INCOMPLETE}' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION followup_refuse_late_file() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        report_state text;
    BEGIN
        SELECT state INTO report_state FROM {REPORTS} WHERE id = NEW.report_id FOR SHARE;
        IF report_state = 'done' THEN
            RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
]
POSTGRES_UP = [
    *_POSTGRES_FUNCTIONS,
    f"CREATE TRIGGER {REPORTS}_frozen BEFORE UPDATE OR DELETE ON {REPORTS} FOR EACH ROW "
    "WHEN (OLD.state = 'done') EXECUTE FUNCTION followup_refuse_frozen()",
    f"CREATE TRIGGER {REPORTS}_incomplete BEFORE UPDATE ON {REPORTS} FOR EACH ROW "
    "WHEN (OLD.state <> 'done') EXECUTE FUNCTION followup_refuse_incomplete()",
    f"CREATE TRIGGER {FILES}_frozen BEFORE UPDATE OR DELETE ON {FILES} FOR EACH ROW "
    "EXECUTE FUNCTION followup_refuse_frozen()",
    f"CREATE TRIGGER {FILES}_late BEFORE INSERT ON {FILES} FOR EACH ROW "
    "EXECUTE FUNCTION followup_refuse_late_file()",
]
POSTGRES_DOWN = [
    f"DROP TRIGGER IF EXISTS {REPORTS}_frozen ON {REPORTS}",
    f"DROP TRIGGER IF EXISTS {REPORTS}_incomplete ON {REPORTS}",
    f"DROP TRIGGER IF EXISTS {FILES}_frozen ON {FILES}",
    f"DROP TRIGGER IF EXISTS {FILES}_late ON {FILES}",
    "DROP FUNCTION IF EXISTS followup_refuse_frozen()",
    "DROP FUNCTION IF EXISTS followup_refuse_incomplete()",
    "DROP FUNCTION IF EXISTS followup_refuse_late_file()",
]


def put_up(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    take_down(_apps, editor)
    for statement in {"sqlite": SQLITE_UP, "postgresql": POSTGRES_UP}[editor.connection.vendor]:
        editor.execute(statement, params=None)


def take_down(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"sqlite": SQLITE_DOWN, "postgresql": POSTGRES_DOWN}[editor.connection.vendor]:
        editor.execute(statement, params=None)
