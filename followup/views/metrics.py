"""稼働状況 as gauges of Prometheus, made of what the database says when it scrapes.

So any of several web servers answers the same, and nothing is lost when one is started again. What
concerns one process alone (requests, memory) is the reverse proxy's and the system's to measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from followup.rules.system_facts import SystemFacts
from followup.rules.system_status import judge
from outreach.rules.task_table import TASKS

Values = Mapping[str, float]


def system_metrics(facts: SystemFacts) -> bytes:
    return _text([_database(there=True), *_checks(facts), *_tasks(facts), *_servers(facts), *_waiting(facts)])


def metrics_without_database() -> bytes:
    """Return the one thing that is known when the database is away."""
    return _text([_database(there=False)])


class _Found(Collector):
    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self.families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self.families


def _text(families: list[GaugeMetricFamily]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Found(families))
    return generate_latest(registry)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"outreach_{name}", told, value=float(value))


def _gauges(name: str, told: str, label: str, values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"outreach_{name}", told, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family


def _seconds(instant: datetime | None) -> float:
    return instant.timestamp() if instant else 0


def _database(*, there: bool) -> GaugeMetricFamily:
    return _gauge("database_up", "Whether the database answers.", there)


def _checks(facts: SystemFacts) -> Iterator[GaugeMetricFamily]:
    states = {check.key: check.state.rank for check in judge(facts)}
    yield _gauges("check_state", "Parts of the system: 0 well, 1 warning, 2 trouble.", "check", states)


def _tasks(facts: SystemFacts) -> Iterator[GaugeMetricFamily]:
    known = {name: facts.tasks.get(name) for name in TASKS}
    last = {name: _seconds(task.started_at if task else None) for name, task in known.items()}
    well = {name: _seconds(task.well_at if task else None) for name, task in known.items()}
    found = {name: task for name, task in known.items() if task}
    took = {name: task.seconds for name, task in found.items()}
    done = {name: task.done for name, task in found.items()}
    failing = {name: bool(task.error) for name, task in found.items()}
    yield _gauges("task_last_start_timestamp_seconds", "Start of the last run; 0 for never.", "task", last)
    yield _gauges("task_last_success_timestamp_seconds", "Start of the last good run.", "task", well)
    yield _gauges("task_last_success_duration_seconds", "Length of the last good run.", "task", took)
    yield _gauges("task_last_success_items", "What the last good run did.", "task", done)
    yield _gauges("task_failing", "Whether the last run that ended failed.", "task", failing)
    yield _gauge("task_runs_died", "Runs of the last day that never ended.", facts.died)


def _servers(facts: SystemFacts) -> Iterator[GaugeMetricFamily]:
    messages = facts.messages or {}
    waiting = {str(queue): count for queue, count in messages.items()}
    yield _gauge("broker_up", "Whether the broker answers.", facts.messages is not None)
    yield _gauge("cache_up", "Whether the cache answers.", facts.is_cache_there)
    yield _gauges("queue_messages", "Messages waiting in the broker.", "queue", waiting)
    yield _gauge("unapplied_migrations", "Migrations not applied.", facts.unapplied_migrations)
    if facts.space:
        yield _gauge("storage_free_bytes", "Space left for uploads on this host.", facts.space.free)
        yield _gauge("storage_size_bytes", "Size of the file system of uploads.", facts.space.total)


def _waiting(facts: SystemFacts) -> Iterator[GaugeMetricFamily]:
    outbox = facts.outbox
    mails = {"due": outbox.due, "later": outbox.later, **outbox.states}
    yield _gauges("mail", "Mails not settled, counted up to 10,000.", "state", mails)
    yield _gauge("mail_oldest_due_seconds", "Waiting of the oldest due mail.", outbox.oldest.total_seconds())
    for name, told, values in (
        ("queued", "Work items that wait.", {work.kind: work.queued for work in facts.work}),
        ("running", "Work items at work.", {work.kind: work.running for work in facts.work}),
        ("failed", "Work items failed in a day.", {work.kind: work.failed for work in facts.work}),
        (
            "oldest_seconds",
            "Waiting of the oldest work item.",
            {work.kind: work.oldest.total_seconds() for work in facts.work},
        ),
    ):
        yield _gauges(f"work_{name}", told, "kind", values)
    yield _gauge(
        "audit_unsealed_seconds",
        "Age of the oldest entry without a seal.",
        facts.unsealed_for.total_seconds(),
    )
