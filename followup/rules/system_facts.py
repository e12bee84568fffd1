"""What is known of the running system at an instant, as plain numbers; system_status judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.rules.task_table import Queue

COUNTED = 10_000
"""What waits is counted up to here: a page that watches must not become the load."""


@dataclass(frozen=True)
class TaskFacts:
    """The latest runs of one task."""

    started_at: datetime
    """When the last run began, well or not."""
    well_at: datetime | None
    """When the last run began that came to an end without an error."""
    done: int = 0
    """How much that one did."""
    seconds: float = 0
    """How long it took."""
    error: str = ""
    """The kind of error of the last run that ended; empty when it ended well."""


@dataclass(frozen=True)
class OutboxFacts:
    due: int
    """Mails whose time has come, up to COUNTED."""
    oldest: timedelta
    """How long the first of them has waited."""
    later: int
    """Queued mails whose time has not come, up to COUNTED."""
    states: Mapping[str, int]
    """How many mails are in each unsettled state but the queue, up to COUNTED each."""


@dataclass(frozen=True)
class WorkFacts:
    """One kind of work item."""

    kind: str
    label: str
    queued: int
    running: int
    oldest: timedelta
    """How long the first that waits has waited."""
    failed: int
    """How many failed within the last day."""


@dataclass(frozen=True)
class SpaceFacts:
    free: int
    total: int


@dataclass(frozen=True)
class SystemFacts:
    """All of it; times are real ones, in Asia/Tokyo."""

    now: datetime
    unapplied_migrations: int
    tasks: Mapping[str, TaskFacts]
    """By the name of the task; one that never ran is missing."""
    running: Mapping[str, datetime]
    """By the name of the task: since when it runs, where it does."""
    died: int
    """Runs of the last day that never ended and cannot go on any more."""
    messages: Mapping[Queue, int] | None
    """What waits in the queues; None when the broker does not answer."""
    is_cache_there: bool
    outbox: OutboxFacts
    work: Sequence[WorkFacts]
    unsealed_for: timedelta
    """How long the oldest entry of the trail has waited for its seal."""
    space: SpaceFacts | None
    is_rehearsal: bool = False
