"""The demo, loaded once for all tests of this folder and rolled back after them."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django_scopes import scopes_disabled


def run_load_demo() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="package")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="package")
def told_demo(django_db_setup: Any, django_db_blocker: Any, demo_folder: Path) -> Iterator[str]:
    """Load the demo; the value is what the command printed."""
    with (
        django_db_blocker.unblock(),
        scopes_disabled(),
        override_settings(DEBUG=True, VAR_DIR=demo_folder, DEMO_PASSWORD=""),
        transaction.atomic(),
    ):
        yield run_load_demo()
        transaction.set_rollback(True)


@pytest.fixture
def demo(told_demo: str, db: None) -> str:
    """Use the loaded demo; what the test changes is rolled back with it."""
    return told_demo
