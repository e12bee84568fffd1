"""Every two characters of each body's name, kept by triggers: searching needs no look at all names.

`outreach_bodypiece` has a row for each pair of neighbouring characters of `outreach_body.name_key`,
and for its last character alone, so that words of one and two characters are found as well (which
indexes of three characters cannot do). No model: it is asked through BodyQuerySet.search only, and the
database keeps it, so that bulk and raw writes are followed too. On PostgreSQL a TRUNCATE as well.

SQLite drops a table's triggers whenever Django remakes the table: a migration that changes Body begins
with `RunPython(take_down, put_up)` and ends with `RunPython(put_up, take_down)`.
tests/services/test_body_search.py fails when one forgot.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BODIES = "outreach_body"
PIECES = "outreach_bodypiece"
PLACES = "outreach_bodypiece_place"  # the numbers from 1 to the longest name's length
LONGEST = 120

# SQLite allows no WITH inside a trigger, yet a view that has one.
_SQLITE_PLACES = (
    f"CREATE VIEW {PLACES} AS WITH RECURSIVE place(n) AS "
    f"(SELECT 1 UNION ALL SELECT n + 1 FROM place WHERE n < {LONGEST}) SELECT n FROM place"
)
_SQLITE_ADD = (
    f"INSERT INTO {PIECES} (piece, body_id) "  # noqa: S608 - constants only
    f"SELECT DISTINCT substr(NEW.name_key, n, 2), NEW.id FROM {PLACES} WHERE n <= length(NEW.name_key);"
)
_SQLITE_REMOVE = (
    f"DELETE FROM {PIECES} WHERE body_id = OLD.id AND piece IN "  # noqa: S608 - constants only
    f"(SELECT substr(OLD.name_key, n, 2) FROM {PLACES} WHERE n <= length(OLD.name_key));"
)
SQLITE_UP = [
    f"CREATE TABLE {PIECES} (piece text NOT NULL, body_id integer NOT NULL, "
    "PRIMARY KEY (piece, body_id)) WITHOUT ROWID",
    _SQLITE_PLACES,
    f"INSERT INTO {PIECES} (piece, body_id) "  # noqa: S608 - constants only
    f"SELECT DISTINCT substr(name_key, n, 2), id FROM {BODIES} JOIN {PLACES} ON n <= length(name_key)",
    f"CREATE TRIGGER {PIECES}_insert AFTER INSERT ON {BODIES} BEGIN {_SQLITE_ADD} END",
    f"CREATE TRIGGER {PIECES}_delete AFTER DELETE ON {BODIES} BEGIN {_SQLITE_REMOVE} END",
    f"CREATE TRIGGER {PIECES}_update AFTER UPDATE OF name_key ON {BODIES} "
    f"WHEN OLD.name_key <> NEW.name_key BEGIN {_SQLITE_REMOVE} {_SQLITE_ADD} END",
]
SQLITE_DOWN = [
    *(f"DROP TRIGGER IF EXISTS {PIECES}_{event}" for event in ("insert", "update", "delete")),
    f"DROP VIEW IF EXISTS {PLACES}",
    f"DROP TABLE IF EXISTS {PIECES}",
]

_POSTGRES_FUNCTION = f"""
CREATE FUNCTION {PIECES}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {PIECES} (piece, body_id)
        SELECT DISTINCT substr(name_key, n, 2), id FROM new_rows, generate_series(1, length(name_key)) AS n;
    ELSIF TG_OP = 'UPDATE' THEN
        DELETE FROM {PIECES} WHERE (piece, body_id) IN (
            SELECT substr(was.name_key, n, 2), was.id
            FROM old_rows AS was JOIN new_rows AS became USING (id),
                generate_series(1, length(was.name_key)) AS n
            WHERE was.name_key <> became.name_key
        );
        INSERT INTO {PIECES} (piece, body_id)
        SELECT DISTINCT substr(became.name_key, n, 2), became.id
        FROM old_rows AS was JOIN new_rows AS became USING (id),
            generate_series(1, length(became.name_key)) AS n
        WHERE was.name_key <> became.name_key;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM {PIECES} WHERE (piece, body_id) IN (
            SELECT substr(name_key, n, 2), id FROM old_rows, generate_series(1, length(name_key)) AS n
        );
    ELSE
        TRUNCATE {PIECES};
    END IF;
    RETURN NULL;
END $$
"""
_POSTGRES_ROWS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
    "truncate": "",
}
POSTGRES_UP = [
    f'CREATE TABLE {PIECES} (piece varchar(2) COLLATE "C" NOT NULL, body_id bigint NOT NULL, '
    "PRIMARY KEY (piece, body_id))",
    f"INSERT INTO {PIECES} (piece, body_id) SELECT DISTINCT substr(name_key, n, 2), id "  # noqa: S608
    f"FROM {BODIES}, generate_series(1, length(name_key)) AS n",
    _POSTGRES_FUNCTION,
    *(
        f"CREATE TRIGGER {PIECES}_{event} AFTER {event} ON {BODIES} {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {PIECES}_keep()"
        for event, rows in _POSTGRES_ROWS.items()
    ),
]
POSTGRES_DOWN = [
    *(f"DROP TRIGGER IF EXISTS {PIECES}_{event} ON {BODIES}" for event in _POSTGRES_ROWS),
    f"DROP FUNCTION IF EXISTS {PIECES}_keep()",
    f"DROP TABLE IF EXISTS {PIECES}",
]


def put_up(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    take_down(_apps, editor)
    for statement in {"sqlite": SQLITE_UP, "postgresql": POSTGRES_UP}[editor.connection.vendor]:
        editor.execute(statement, params=None)


def take_down(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"sqlite": SQLITE_DOWN, "postgresql": POSTGRES_DOWN}[editor.connection.vendor]:
        editor.execute(statement, params=None)
