"""What every test has: no tenant scope unless a request opens one, a clean cache, a database to empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db.backends.sqlite3.base import DatabaseWrapper
from django_scopes import scopes_disabled

from followup.migrations import _council_guards, _form_guards

GUARDS = (_form_guards, _council_guards)

# The real cost, 100 MB and some 0.1 s a password, would be most of the suite's time.
Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 8
Argon2PasswordHasher.parallelism = 1


@pytest.fixture(autouse=True)
def _scopes_disabled() -> Iterator[None]:
    """Let tests read every tenant's rows; requests open their own scope inside."""
    with scopes_disabled():
        yield


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def _emptying_passes_the_guards() -> Iterator[None]:
    """Let the database be emptied after a test with transactions of its own: published forms, frozen figures.

    On SQLite Django empties it by DELETE, which the guards refuse; PostgreSQL's TRUNCATE passes them.
    """
    operations = DatabaseWrapper.ops_class
    original = operations.sql_flush

    def sql_flush(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        statements = original(self, *args, **kwargs)
        if not statements:
            return statements
        down = [statement for guard in GUARDS for statement in guard.SQLITE_DOWN]
        up = [statement for guard in GUARDS for statement in guard.SQLITE_UP]
        return [*down, *statements, *up]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield
