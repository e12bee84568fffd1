"""Copy rows inside the database, many at once; for the database that `bench` makes and throws away.

Making half a million rows one by one would take longer than all that is measured on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, models

MOVED = "row.{name} + n * CAST({step} AS bigint)"
"""A column that points at copies: it is as far on as the id of the copy itself."""
MADE_UNIQUE = "row.{name} || '-' || {step} || '-' || n"


@dataclass(frozen=True)
class Copied:
    """A model, and by column what differs in the n-th copy of a row: SQL in terms of `n` and `row`."""

    model: type[models.Model]
    columns: Mapping[str, str]


def copy_rows(what: Copied, *, times: int, step: int) -> None:
    """Add `times` copies of every row that the table has now; the n-th copy of row 7 is 7 + n × `step`."""
    table = what.model._meta.db_table
    columns = [str(field.column) for field in what.model._meta.concrete_fields]
    changed = {
        name: expression.format(name=name, step=step)
        for name, expression in {"id": MOVED, **what.columns}.items()
    }
    values = ", ".join(changed.get(column, f'row."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < %s) "  # noqa: S608
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" AS row CROSS JOIN copy',
            [times],
        )


def refresh_statistics() -> None:
    """Let the database's planner know what has been copied, as its own upkeep does in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
