"""Kept counts of the notices: counted again when something changed, and only that ministry's.

Whether a count is stale the database itself marks (migrations/_count_marks.py). A page counts small
changes at once; for very many notices it shows what was counted last, with its time, until
`keep_counts` has counted again. A frozen result takes what is kept and counts the rest by itself.
Distinct bodies are counted from the digests that are kept with each ministry's count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from followup.models import DistinctCount, LedgerChange, LedgerCount, Report, Round
from followup.services.ledger_counts import (
    CountedLedger,
    Distinct,
    Group,
    Ledgers,
    count_distinct,
    count_ledgers,
    ledger_of_assignments,
)

COUNTED_AT_ONCE = 30_000
"""How many notices a page counts again by itself: about 0.15 seconds."""
COUNTED_TOGETHER = 10
"""How many ministries are counted in one transaction."""
_MARKS = LedgerChange.objects.filter(assignment=OuterRef("assignment"))
_Groups = Sequence[tuple[int, str, str | None, int]]
"""Groups as JSON keeps them: template number, category, day, bodies."""


@dataclass(frozen=True)
class KeptLedger:
    """What is kept of a round; `counted_at` is None where everything is as of now."""

    ledgers: Ledgers
    distinct: Distinct
    counted_at: datetime | None


@dataclass(frozen=True)
class _Kept:
    """What is kept of one ministry; without an edition its notices were never counted."""

    assignment_id: int
    edition: int | None
    groups: _Groups | None
    channels: Mapping[str, int] | None
    counted_at: datetime | None
    is_marked: bool

    @property
    def is_current(self) -> bool:
        return bool(self.edition) and not self.is_marked

    def ledger(self) -> CountedLedger:
        channels = {int(pk): issued for pk, issued in (self.channels or {}).items()}
        return CountedLedger(_read_groups(self.groups or ()), channels)


def kept_ledger(*, round: Round, now: datetime) -> KeptLedger:
    """Return the counts of a round, counting again what is stale and not too much."""
    kept = _kept(round)
    never = [row.assignment_id for row in kept if not row.edition]
    stale = [row.assignment_id for row in kept if row.edition and row.is_marked]
    wanted = [*never, *stale] if stale and _is_small(stale) else never
    if wanted:
        count_again(assignment_ids=wanted, now=now)
        kept = _kept(round)
    ledgers = {row.assignment_id: row.ledger() for row in kept}
    old = [row.counted_at for row in kept if row.counted_at and not row.is_current]
    distinct = _kept_distinct(round, kept) or count_distinct_again(round=round, now=now)
    return KeptLedger(ledgers, distinct, min(old, default=None))


def read_ledger(*, round: Round) -> tuple[Ledgers, Distinct]:
    """Return the counts of a round as of this read: those that are kept, and the stale ones counted anew.

    Nothing is written, so that it may run inside a read-only transaction.
    """
    kept = _kept(round)
    current = {row.assignment_id: row.ledger() for row in kept if row.is_current}
    stale = [row.assignment_id for row in kept if not row.is_current]
    if not stale and (distinct := _kept_distinct(round, kept)):
        return current, distinct
    counted = count_ledgers(ledger_of_assignments(stale))
    bodies = map(_with_identities, LedgerCount.objects.filter(assignment__in=current))
    return {**current, **counted}, count_distinct([*bodies, *counted.values()])


def _kept(round: Round) -> list[_Kept]:
    """Read what is kept and what is marked, of every ministry of a round, in one query."""
    count = "assignment__ledger_count"
    rows = Report.objects.filter(round=round).order_by()
    return [
        _Kept(*row)
        for row in rows.values_list(
            "assignment_id",
            f"{count}__edition",
            f"{count}__groups",
            f"{count}__channels",
            f"{count}__counted_at",
            Exists(_MARKS),
        )
    ]


def _read_groups(groups: _Groups) -> list[Group]:
    return [
        Group(number, category, date.fromisoformat(day) if day else None, bodies)
        for number, category, day, bodies in groups
    ]


def _with_identities(row: LedgerCount) -> CountedLedger:
    return CountedLedger(_read_groups(row.groups), identities=bytes(row.identities))


def _is_small(ids: Collection[int]) -> bool:
    return ledger_of_assignments(ids).order_by()[: COUNTED_AT_ONCE + 1].count() <= COUNTED_AT_ONCE


def count_again(*, assignment_ids: Collection[int], now: datetime) -> None:
    """Count the notices of these ministries and keep that; their marks go, and later ones stay.

    The rows are locked before the marks are taken away, and these before anything is counted: what
    another transaction commits meanwhile is either counted or marked, and two who count wait for one
    another.
    """
    with transaction.atomic():
        LedgerCount.objects.bulk_create(
            (LedgerCount(assignment_id=pk, counted_at=now) for pk in assignment_ids), ignore_conflicts=True
        )
        rows = LedgerCount.objects.filter(assignment__in=assignment_ids).order_by("pk")
        locked = list(rows.select_for_update().defer("identities"))
        LedgerChange.objects.filter(assignment__in=assignment_ids).delete()
        ledgers = count_ledgers(ledger_of_assignments(assignment_ids))
        for row in locked:
            _write(row, ledgers.get(row.assignment_id, CountedLedger()), now)
        LedgerCount.objects.bulk_update(locked, ["groups", "channels", "identities", "edition", "counted_at"])


def _write(row: LedgerCount, ledger: CountedLedger, now: datetime) -> None:
    row.groups = [
        [
            group.template_number,
            group.category,
            group.issued_on.isoformat() if group.issued_on else None,
            group.bodies,
        ]
        for group in ledger.groups
    ]
    row.channels = {str(pk): issued for pk, issued in ledger.channels.items()}
    row.identities = ledger.identities
    row.edition += 1
    row.counted_at = now


def _kept_distinct(round: Round, kept_ledgers: Iterable[_Kept]) -> Distinct | None:
    """Return the distinct bodies that were counted of exactly these ledgers."""
    editions = sum(row.edition or 0 for row in kept_ledgers)
    kept = DistinctCount.objects.filter(round=round, editions=editions).first()
    return Distinct(kept.aimed, kept.issued, kept.categories) if kept else None


def count_distinct_again(*, round: Round, now: datetime) -> Distinct:
    """Count the distinct bodies of the kept ledgers and keep that."""
    rows = LedgerCount.objects.filter(assignment__reports__round=round)
    kept = list(rows.only("edition", "groups", "identities"))
    distinct = count_distinct(map(_with_identities, kept))
    DistinctCount.objects.update_or_create(
        round=round,
        defaults={
            "aimed": distinct.aimed,
            "issued": distinct.issued,
            "categories": distinct.categories,
            "editions": sum(row.edition for row in kept),
            "counted_at": now,
        },
    )
    return distinct


def keep_ledgers(*, round: Round, now: datetime) -> int:
    """Count again all that is stale in a round, some ministries at a time; return how many."""
    is_stale = Q(assignment__ledger_count__edition=None) | Exists(_MARKS)
    rows = Report.objects.filter(is_stale, round=round).order_by()
    stale = list(rows.values_list("assignment_id", flat=True))
    for first in range(0, len(stale), COUNTED_TOGETHER):
        count_again(assignment_ids=stale[first : first + COUNTED_TOGETHER], now=now)
    if _kept_distinct(round, _kept(round)) is None:
        count_distinct_again(round=round, now=now)
    return len(stale)
