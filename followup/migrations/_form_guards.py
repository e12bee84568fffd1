"""Triggers by which the database itself keeps a published form as it is; SQLite and PostgreSQL.

Python refuses the same with words for people (models.form); these hold against raw SQL too. SQLite
drops a table's triggers whenever Django remakes the table: a migration that changes FormVersion,
Question or CrossCheck begins with `RunPython(take_down, put_up)` and ends with `RunPython(put_up,
take_down)`. tests/followup/test_form_guards.py fails when one forgot.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VERSIONS = "followup_formversion"
PARTS = ("followup_question", "followup_crosscheck")
REFUSAL = "a published form version is immutable"


def _sqlite_trigger(table: str, event: str, condition: str) -> str:
    return (
        f"CREATE TRIGGER {_name(table, event)} BEFORE {event} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


def _name(table: str, event: str) -> str:
    return f"{table}_published_{event.lower()}"


def _is_part_of_published(row: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {VERSIONS} WHERE id = {row}.form_version_id AND published_at IS NOT NULL)"
    )


_OLD, _NEW = _is_part_of_published("OLD"), _is_part_of_published("NEW")

SQLITE_UP = [
    *(_sqlite_trigger(VERSIONS, event, "OLD.published_at IS NOT NULL") for event in ("UPDATE", "DELETE")),
    *(
        _sqlite_trigger(table, event, condition)
        for table in PARTS
        for event, condition in (("INSERT", _NEW), ("UPDATE", f"{_OLD} OR {_NEW}"), ("DELETE", _OLD))
    ),
]
SQLITE_DOWN = [
    f"DROP TRIGGER IF EXISTS {_name(table, event)}"
    for table in (VERSIONS, *PARTS)
    for event in ("INSERT", "UPDATE", "DELETE")
]

# FOR SHARE waits for a publication that is under way, which a mere EXISTS would not see.
_POSTGRES_FUNCTIONS = [
    f"""
    CREATE FUNCTION followup_refuse_published() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation';
    END $$
    """,
    f"""
    CREATE FUNCTION followup_refuse_published_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        version_published_at timestamptz;
    BEGIN
        FOR version_published_at IN
            SELECT published_at FROM {VERSIONS}
            WHERE (TG_OP <> 'INSERT' AND id = OLD.form_version_id)
               OR (TG_OP <> 'DELETE' AND id = NEW.form_version_id)
            FOR SHARE
        LOOP
            IF version_published_at IS NOT NULL THEN
                RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END $$
    """,
]
POSTGRES_UP = [
    *_POSTGRES_FUNCTIONS,
    f"CREATE TRIGGER {VERSIONS}_published BEFORE UPDATE OR DELETE ON {VERSIONS} FOR EACH ROW "
    "WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION followup_refuse_published()",
    *(
        f"CREATE TRIGGER {table}_published BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION followup_refuse_published_part()"
        for table in PARTS
    ),
]
POSTGRES_DOWN = [
    *(f"DROP TRIGGER IF EXISTS {table}_published ON {table}" for table in (VERSIONS, *PARTS)),
    "DROP FUNCTION IF EXISTS followup_refuse_published()",
    "DROP FUNCTION IF EXISTS followup_refuse_published_part()",
]


def put_up(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    take_down(_apps, editor)
    for statement in {"sqlite": SQLITE_UP, "postgresql": POSTGRES_UP}[editor.connection.vendor]:
        editor.execute(statement, params=None)


def take_down(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"sqlite": SQLITE_DOWN, "postgresql": POSTGRES_DOWN}[editor.connection.vendor]:
        editor.execute(statement, params=None)
