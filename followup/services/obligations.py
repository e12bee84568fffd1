"""Keep the open obligations (督促の対象) beside their sources: set by set, and only what changed.

Triggers mark the ministries where something changed; a run that finds no mark reads nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from followup.models import Obligation, ObligationChange
from followup.rules.obligations import KINDS, NOT_REACHED, Kind
from followup.rules.reminder_stages import stages_on
from followup.services.obligation_queries import SOURCES, STORED, Rows
from outreach.rules.opening_days import OpeningDays

Offsets = Mapping[str, Collection[int]]
"""By kind the offsets of the stages that rules know."""
NAMED_MOVES = 50
"""How many moves of a kind are told one by one."""
QUIET_DAYS = 40
"""How many days one statement works out the stages of."""
DIFFERS = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}
COMPARED = ("ministry_id", "office_id", "report_id", "anchor_on", "anchor_time", "quiet_until")
MOVES = ("anchor_on", "anchor_time", "quiet_until")
"""What a change of begins the stages anew."""


@dataclass(frozen=True)
class Move:
    """An obligation that counts from another day than when its stages were reached: they begin anew."""

    kind: Kind
    ministry: str
    before: date
    after: date


@transaction.atomic
def refresh_obligations(*, now: datetime, days: OpeningDays, offsets: Offsets) -> list[Move]:
    """Bring the obligations up to date with their sources; return those that moved.

    Rows that two runs change are the same.
    """
    marks = list(ObligationChange.objects.values_list("pk", "ministry_id"))
    ministries = {ministry for _pk, ministry in marks}
    moved: list[Move] = []
    for kind, source in SOURCES.items():
        if ministries or not source.is_watched:
            moved += _refresh(kind, source.open(), ministries if source.is_watched else None, now=now)
    if marks:
        ObligationChange.objects.filter(pk__lte=max(pk for pk, _ministry in marks)).delete()
    _settle_quiet_times(days, offsets)
    return moved


def mark_everything() -> None:
    """Let the next run look at all ministries, as after a restored backup."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO followup_obligationchange (ministry_id) SELECT id FROM outreach_ministry")


def refresh_statistics() -> None:
    """Let PostgreSQL see how many obligations wait now: its own upkeep does so after the commit only.

    Until then it would take them for as few as they were, and join half a million rows one by one.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE followup_obligation")


def _refresh(kind: str, rows: Rows, ministries: Collection[int] | None, *, now: datetime) -> list[Move]:
    known = Obligation.objects.open().filter(kind=kind)
    if ministries is not None:
        rows = rows.filter(of_ministry__in=ministries)
        known = known.filter(ministry__in=ministries)
    found = rows.values_list(*STORED)
    moved = _moved(kind, found)
    _insert_or_update(kind, found, now)
    _close(known, found, now)
    return moved


def _moved(kind: str, found: QuerySet[Any]) -> list[Move]:
    """Return what was reminded of and now counts from another day, the first ones in 建制順."""
    sql, params = found.values("about", "part", "day").query.sql_with_params()
    statement = (
        "SELECT m.name, o.anchor_on, q.day FROM followup_obligation o "  # noqa: S608
        f"JOIN ({sql}) q ON q.about = o.subject_id AND q.part = o.part_id AND q.day <> o.anchor_on "
        "JOIN outreach_ministry m ON m.id = o.ministry_id "
        'WHERE o.kind = %s AND o.closed_at IS NULL AND o.reached <> %s ORDER BY m."order", o.id LIMIT %s'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, kind, NOT_REACHED, NAMED_MOVES])
        rows = cursor.fetchall()
    return [Move(KINDS[kind], name, _day(before), _day(after)) for name, before, after in rows]


def _day(value: date | str) -> date:
    """Read a day as either database gives it to a bare statement."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def _insert_or_update(kind: str, found: QuerySet[Any], now: datetime) -> None:
    """Insert what is new, and begin anew what moved or is open again; what is unchanged stays."""
    sql, params = found.query.sql_with_params()
    differs = DIFFERS[connection.vendor]
    changed = " OR ".join(f"o.{name} {differs} excluded.{name}" for name in (*COMPARED, "closed_at"))
    moved = " OR ".join(f"o.{name} {differs} excluded.{name}" for name in (*MOVES, "closed_at"))
    kept = ", ".join(f"{name} = excluded.{name}" for name in COMPARED)
    columns = ", ".join(("ministry_id", "office_id", "report_id", *MOVES))
    fresh = f"CASE WHEN q.quiet IS NULL THEN {NOT_REACHED} END"
    statement = (
        f"INSERT INTO followup_obligation AS o (kind, subject_id, part_id, {columns}, reached, is_waiting, "  # noqa: S608
        "opened_at, closed_at) "
        f"SELECT %s, q.about, q.part, q.of_ministry, q.of_office, q.of_report, q.day, q.at_time, q.quiet, "
        f"{fresh}, FALSE, %s, NULL FROM ({sql}) q WHERE q.day IS NOT NULL "
        f"ON CONFLICT (kind, subject_id, part_id) DO UPDATE SET {kept}, closed_at = NULL, "
        f"reached = CASE WHEN {moved} THEN excluded.reached ELSE o.reached END, "
        f"is_waiting = CASE WHEN {moved} THEN excluded.is_waiting ELSE o.is_waiting END, "
        f"opened_at = CASE WHEN o.closed_at IS NULL THEN o.opened_at ELSE excluded.opened_at END "
        f"WHERE {changed}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [kind, now, *params])


def _close(known: QuerySet[Obligation], found: QuerySet[Any], now: datetime) -> None:
    """Close what its query does not find any more."""
    sql, params = found.values("about", "part").query.sql_with_params()
    still = RawSQL(  # noqa: S611
        f"EXISTS (SELECT 1 FROM ({sql}) q WHERE q.about = followup_obligation.subject_id "  # noqa: S608
        "AND q.part = followup_obligation.part_id)",
        params,
        output_field=BooleanField(),
    )
    known.filter(~Q(still)).update(closed_at=now, is_waiting=False)


def _settle_quiet_times(days: OpeningDays, offsets: Offsets) -> None:
    """Take the stages that passed while nothing was owed as reached, so that nobody gets them late."""
    fresh = Obligation.objects.open().filter(reached=None, quiet_until__isnull=False)
    pairs = list(fresh.order_by("kind", "quiet_until").values_list("kind", "quiet_until").distinct())
    for start in range(0, len(pairs), QUIET_DAYS):
        whens = [
            When(
                kind=kind, quiet_until=quiet_until,
                anchor_on__range=(stage.first, stage.last), then=Value(stage.offset),
            )
            for kind, quiet_until in pairs[start : start + QUIET_DAYS]
            if quiet_until
            for stage in stages_on(quiet_until, offsets=offsets.get(kind, ()), days=days)
        ]  # fmt: skip
        fresh.update(reached=Case(*whens, default=Value(NOT_REACHED)))
