"""Find out how the running system is: a fixed number of short queries, and servers asked for a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max, Min, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from followup.models import AnswerImport, CouncilRebuild, CouncilReport, WorkbookBundle, WorkbookDownload
from followup.rules.system_facts import (
    COUNTED,
    OutboxFacts,
    SpaceFacts,
    SystemFacts,
    TaskFacts,
    WorkFacts,
)
from outreach.models import AuditEntry, AuditSeal, MailState, OutgoingMail, TaskRun, WorkState
from outreach.rules.task_table import LONGEST, TASKS
from outreach.services.servers import is_cache_there, storage_space, waiting_messages

RECENT = timedelta(hours=26)
"""Within this every task but a dead one has run; of the others the last run is looked for longer."""
DAY = timedelta(days=1)
WORK_LOOKED_AT = 2_000
"""The newest items of each kind: what waits is among them."""
NOTHING = timedelta(0)


@dataclass(frozen=True)
class _Kind:
    name: str
    rows: Any
    waits_since: str | Combinable = "requested_at"


def system_facts(*, now: datetime, real_now: datetime) -> SystemFacts:
    """Return what is known; a rehearsal moves `now`, by which mails and items go, and not `real_now`.

    To be called where every ministry's rows may be read.
    """
    space = storage_space()
    return SystemFacts(
        now=real_now,
        unapplied_migrations=_unapplied_migrations(),
        tasks=_tasks(real_now),
        running=_running(real_now),
        died=_died(real_now),
        messages=waiting_messages(),
        is_cache_there=is_cache_there(),
        outbox=_outbox(now),
        work=[_work(kind, now) for kind in _kinds()],
        unsealed_for=_unsealed_for(now),
        space=SpaceFacts(space.free, space.total) if space else None,
        is_rehearsal=settings.OUTREACH_TODAY is not None,
    )


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _tasks(now: datetime) -> dict[str, TaskFacts]:
    """Return the latest runs by task, in two or three queries however many runs there are."""
    found = _latest(TaskRun.objects.filter(started_at__gte=now - RECENT))
    missing = [name for name in TASKS if name not in found]
    if missing:
        found |= _latest(TaskRun.objects.filter(task__in=missing))
    keys = {pk for latest in found.values() for pk in latest}
    runs = TaskRun.objects.in_bulk(key for key in keys if key)
    return {task: _facts(*(runs.get(pk) for pk in latest)) for task, latest in found.items()}


def _latest(rows: Any) -> dict[str, tuple[int, int | None, int | None]]:
    """Return for each task the keys of the last run, the last that ended, and the last that ended well."""
    ended = Q(ended_at__isnull=False)
    latest = rows.order_by().values("task").annotate(
        last=Max("pk"), ended=Max("pk", filter=ended), well=Max("pk", filter=ended & Q(error=""))
    )  # fmt: skip
    return {row["task"]: (row["last"], row["ended"], row["well"]) for row in latest}


def _facts(last: Any, ended: TaskRun | None, well: TaskRun | None) -> TaskFacts:
    took = well.ended_at - well.started_at if well and well.ended_at else NOTHING
    return TaskFacts(
        started_at=last.started_at,
        well_at=well.started_at if well else None,
        done=well.done if well else 0,
        seconds=took.total_seconds(),
        error=ended.error if ended else "",
    )


def _running(now: datetime) -> dict[str, datetime]:
    rows = TaskRun.objects.running(since=now - LONGEST).order_by().values("task")
    return {row["task"]: row["since"] for row in rows.annotate(since=Min("started_at"))}


def _died(now: datetime) -> int:
    unfinished = TaskRun.objects.running(since=now - DAY)
    return unfinished.filter(started_at__lt=now - LONGEST).count()


def _outbox(now: datetime) -> OutboxFacts:
    due = OutgoingMail.objects.due(now)
    first = due.order_by("not_before", "pk").values_list("not_before", flat=True).first()
    settled = {MailState.QUEUED, MailState.SENT, MailState.CANCELLED}
    states = [state for state in MailState if state not in settled]
    return OutboxFacts(
        due=_count(due),
        oldest=now - first if first else NOTHING,
        later=_count(OutgoingMail.objects.queued().filter(not_before__gt=now)),
        states={str(state): _count(OutgoingMail.objects.filter(state=state)) for state in states},
    )


def _count(rows: Any) -> int:
    return int(rows.order_by()[:COUNTED].count())


def _kinds() -> Iterable[_Kind]:
    return (
        _Kind("council_report", CouncilReport.objects.all()),
        _Kind("council_rebuild", CouncilRebuild.objects.all()),
        _Kind("answer_import", AnswerImport.objects.all(), Coalesce("confirmed_at", "requested_at")),
        _Kind("workbook_download", WorkbookDownload.objects.all()),
        _Kind("workbook_bundle", WorkbookBundle.objects.all()),
    )


def _work(kind: _Kind, now: datetime) -> WorkFacts:
    queued = Q(state=WorkState.QUEUED)
    failed = Q(state=WorkState.FAILED, finished_at__gte=now - DAY)
    newest = kind.rows.model._base_manager.order_by("-pk").values("pk")[:WORK_LOOKED_AT]
    found = kind.rows.filter(pk__in=newest).aggregate(
        queued=Count("pk", filter=queued),
        running=Count("pk", filter=Q(state=WorkState.RUNNING)),
        failed=Count("pk", filter=failed),
        first=Min(kind.waits_since, filter=queued),
    )
    first = found.pop("first")
    label = str(kind.rows.model._meta.verbose_name)
    return WorkFacts(kind=kind.name, label=label, oldest=now - first if first else NOTHING, **found)


def _unsealed_for(now: datetime) -> timedelta:
    sealed = AuditSeal.objects.aggregate(last=Max("entry_id"))["last"] or 0
    first = AuditEntry.objects.filter(pk__gt=sealed).order_by("pk").values_list("at", flat=True).first()
    return now - first if first else NOTHING
