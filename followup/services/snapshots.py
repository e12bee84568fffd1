"""One consistent read of many tables (PostgreSQL: repeatable read; SQLite: a deferred transaction)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside as of one instant, while others go on writing; write nothing inside.

    PostgreSQL: repeatable read. SQLite: a deferred transaction, as an immediate one would lock out
    every writer for as long as the export takes. Inside a caller's transaction it is that one's
    isolation that holds, since it cannot be changed any more.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        sqlite: Any = connection
        sqlite.ensure_connection()  # it reads its mode of transactions when it connects
        mode, sqlite.transaction_mode = sqlite.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            sqlite.transaction_mode = mode
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
