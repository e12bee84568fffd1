"""The environment of a test run, set before Django reads its settings (loaded with pytest's -p).

Tests empty the cache and the queue. In a parallel run (-n 2) each process therefore has a folder of
its own, and on Redis a database of its own: REDIS_URL's number and those that follow.

And its garbage collector, which took a fifth of the time to walk over modules and tests again and again:
what is there once the tests are collected stays, so it is not looked at. While the migrations are
replayed it rests, as to look at all the states that they draw took a third of theirs.

Of tests that run side by side the long ones begin first: else one process works on alone at the end.
"""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

LONGEST = (
    "tests/access/test_headers.py",
    "tests/access/test_odd_requests.py",
    "tests/admin/test_pages.py",
    "tests/browser/test_officer_journey.py",
    "tests/browser/test_staff_journey.py",
    "tests/council/test_figure_pages.py",
    "tests/demo/",
    "tests/imports/test_odd_files.py",
    "tests/imports/test_round_trip.py",
    "tests/journeys/",
    "tests/real_servers/",
    "tests/tenancy/test_walk.py",
)

gc.disable()

os.environ.setdefault("DEBUG", "1")
os.environ.pop("OUTREACH_TODAY", None)

if "OUTREACH_VAR" not in os.environ:
    os.environ["OUTREACH_VAR"] = tempfile.mkdtemp(prefix="outreach-tests-")
    atexit.register(shutil.rmtree, os.environ["OUTREACH_VAR"], ignore_errors=True)

if process := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["OUTREACH_VAR"] = str(Path(os.environ["OUTREACH_VAR"]) / process)
    if os.environ.get("REDIS_URL"):
        redis = urlsplit(os.environ["REDIS_URL"])
        number = int(redis.path.strip("/") or 0) + int(process.removeprefix("gw"))
        os.environ["REDIS_URL"] = redis._replace(path=f"/{number}").geturl()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no tests but the browser's when they alone are run: to import all takes seconds."""
    if config.option.markexpr != "browser" or not collection_path.name.startswith("test_"):
        return None
    return "mark.browser" not in collection_path.read_text(encoding="utf-8") or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    if fixturedef.argname != "django_db_setup":
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
