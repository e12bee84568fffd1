"""One consistent read of many tables, with a way to write beside it while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, transaction

Beside = Callable[[Callable[[], object]], None]
"""Carries a write out at once, outside of the read."""


@contextmanager
def snapshot() -> Iterator[Beside]:
    """Read everything inside as of one instant, while others go on writing; write only by what is given.

    PostgreSQL: repeatable read, and read only. SQLite: a deferred transaction, as an immediate one would
    lock out every writer for as long as the read takes. Inside a caller's transaction it is that one's
    isolation that holds, since it cannot be changed any more, and writes are part of it.
    """
    if connection.in_atomic_block:
        yield _here
        return
    with _another_connection() as beside, _consistent():
        yield beside


def _here(write: Callable[[], object]) -> None:
    write()


@contextmanager
def _another_connection() -> Iterator[Beside]:
    """Give a thread to write in: connections belong to threads, so that it has one of its own."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside") as thread:

        def beside(write: Callable[[], object]) -> None:
            thread.submit(write).result()

        try:
            yield beside
        finally:
            thread.submit(connections.close_all).result()


@contextmanager
def _consistent() -> Iterator[None]:
    if connection.vendor == "sqlite":
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
