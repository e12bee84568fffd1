"""What every test has: no tenant scope unless a request opens one, and a clean cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django_scopes import scopes_disabled

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
