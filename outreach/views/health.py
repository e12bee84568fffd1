"""Whether the system works, for whatever watches it: ok or ng for each part, and no details.

What is wrong, and what to do, is told to staff (稼働状況) and to monitoring programs that may know.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from outreach import clock
from outreach.models import AuditEntry, AuditSeal, OutgoingMail
from outreach.services.servers import is_cache_there, waiting_messages

WAITING_LIMIT = timedelta(minutes=30)
"""How long a mail whose time has come may wait for a worker, and an entry of the trail for its seal."""

PARTS = ("database", "migrations", "outbox", "scheduler")


@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when requests can be served, 503 when not; late work is told and stops nothing."""
    parts = dict.fromkeys(PARTS, False)
    try:
        parts |= {"migrations": _is_migrated(), "database": True}
        if parts["migrations"]:
            with scopes_disabled():
                parts |= {"outbox": not _is_outbox_late(), "scheduler": not _is_sealing_late()}
    except DatabaseError:
        parts = dict.fromkeys(PARTS, False)
    serves = parts["migrations"]
    return JsonResponse(
        {"status": _word(serves)} | {name: _word(is_well) for name, is_well in parts.items()},
        status=200 if serves else 503,
    )


@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when this web server can be given requests, 503 when not; for load balancers and starts.

    Without the broker pages work and rows wait for the sweeps: that is told, and takes no server out of
    service. Without the cache nobody can log in, as attempts are not counted.
    """
    parts = {"database": False, "migrations": False}
    try:
        parts |= {"migrations": _is_migrated(), "database": True}
    except DatabaseError:
        parts = dict.fromkeys(parts, False)
    parts["cache"] = is_cache_there()
    serves = all(parts.values())
    parts["broker"] = waiting_messages() is not None
    return JsonResponse(
        {"status": _word(serves)} | {name: _word(is_well) for name, is_well in parts.items()},
        status=200 if serves else 503,
    )


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _is_outbox_late() -> bool:
    return OutgoingMail.objects.due(clock.now() - WAITING_LIMIT).exists()


def _is_sealing_late() -> bool:
    """Sealing is due every minute: where it is late, the scheduler or the worker stands still."""
    sealed = AuditSeal.objects.aggregate(last=Max("entry_id"))["last"] or 0
    return AuditEntry.objects.filter(pk__gt=sealed, at__lt=clock.now() - WAITING_LIMIT).exists()


def _word(is_well: bool) -> str:  # noqa: FBT001 - the only thing there is to say
    return "ok" if is_well else "ng"
