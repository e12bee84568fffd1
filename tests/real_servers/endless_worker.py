"""A worker whose large workbooks never get ready."""

from __future__ import annotations

import sys
from typing import Any

import django
from django.db import connection

django.setup()

from followup.workbooks import ordered_workbook  # noqa: E402 - models are there now
from outreach.celery import app  # noqa: E402


def never(*_args: Any, **_kwargs: Any) -> bytes:
    """Wait inside a query: the time limit strikes in the middle of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(50)")
    return b""


if __name__ == "__main__":
    ordered_workbook._write = never
    app.worker_main(sys.argv[1:])
