"""What every test has: no tenant scope unless a request opens one, a clean cache, a database to empty."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.backends.sqlite3.creation import DatabaseCreation
from django_scopes import scopes_disabled
from hypothesis import HealthCheck, settings

from followup.migrations import _council_guards, _form_guards

GUARDS = (_form_guards, _council_guards)

# The real cost, 100 MB and some 0.1 s a password, would be most of the suite's time.
Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 8
Argon2PasswordHasher.parallelism = 1

# The same examples in every run; how long one takes says how busy the machine is, and nothing of the code.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _scopes_disabled() -> Iterator[None]:
    """Let tests read every tenant's rows; requests open their own scope inside."""
    with scopes_disabled():
        yield


@pytest.fixture(scope="module")
def rows_of_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let the module's fixtures make rows once for all its tests; they go with the last one.

    A test's own changes are rolled back to these rows. What it is handed is a copy (`deepcopy`), as an
    instance that one test has changed would be seen by the next.
    """
    with django_db_blocker.unblock(), scopes_disabled(), transaction.atomic():
        yield
        transaction.set_rollback(True)


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


def _digest_of_the_schema() -> str:
    """Return a digest of whatever decides what the migrated database looks like."""
    root = Path(__file__).parent.parent
    sources = [*root.glob("*/migrations/*.py"), *root.glob("*/models/*.py"), root / "requirements.txt"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sorted(sources))).hexdigest()[:16]


@pytest.fixture(scope="session")
def _migrated_copy(request: pytest.FixtureRequest) -> Path | None:
    """Say where the migrated database is kept for the next run, as to replay all migrations takes long.

    Only on SQLite, where a database in memory is a file's copy at once. Another state of models and
    migrations has another copy; `pytest --cache-clear` forgets it.
    """
    if connection.vendor != "sqlite" or request.config.cache is None:
        return None
    return request.config.cache.mkdir("migrated") / f"{_digest_of_the_schema()}.sqlite3"


@pytest.fixture(scope="session")
def _turn_to_migrate(_migrated_copy: Path | None) -> Iterator[IO[str] | None]:
    """Let one process of a parallel run replay the migrations; the others wait for its copy."""
    if _migrated_copy is None:
        yield None
        return
    with _migrated_copy.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if _migrated_copy.exists():
            fcntl.flock(turn, fcntl.LOCK_UN)
        yield turn


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, _migrated_copy: Path | None, _turn_to_migrate: IO[str] | None
) -> Iterator[None]:
    """Let Django's new database begin as the copy, if there is one; `migrate` then finds nothing to do."""
    if _migrated_copy is None or not _migrated_copy.exists():
        yield
        return
    creation: Any = DatabaseCreation
    create = creation._create_test_db

    def create_from_copy(self: Any, *args: Any, **kwargs: Any) -> str:
        name = str(create(self, *args, **kwargs))
        held_open.append(sqlite3.connect(name, uri=True))  # it is gone with its last connection
        with sqlite3.connect(_migrated_copy) as copy:
            copy.backup(held_open[0])
        return name

    held_open: list[sqlite3.Connection] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCreation, "_create_test_db", create_from_copy)
        yield
    for opened in held_open:
        opened.close()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    django_db_blocker: Any,
    _migrated_copy: Path | None,
    _turn_to_migrate: IO[str] | None,
) -> None:
    """Keep a copy for the other processes and for the next run, whole or not at all."""
    if _migrated_copy is None or _turn_to_migrate is None or _migrated_copy.exists():
        return
    for outdated in _migrated_copy.parent.glob("*.sqlite3"):
        outdated.unlink(missing_ok=True)
    unfinished = _migrated_copy.with_suffix(f".{os.getpid()}")
    with django_db_blocker.unblock(), connection.cursor(), sqlite3.connect(unfinished) as copy:
        connection.connection.backup(copy)
    unfinished.replace(_migrated_copy)
    fcntl.flock(_turn_to_migrate, fcntl.LOCK_UN)
