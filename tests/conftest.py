"""What every test has: no tenant scope unless a request opens one, and a clean cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django_scopes import scopes_disabled


@pytest.fixture(autouse=True)
def _scopes_disabled() -> Iterator[None]:
    """Let tests read every tenant's rows; requests open their own scope inside."""
    with scopes_disabled():
        yield


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    yield
    cache.clear()
