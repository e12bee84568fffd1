"""Kept counts of the notices: counted again when something changed, and only that ministry's.

Whether a count is stale the database itself marks (migrations/_count_marks.py). A page counts small
changes at once; for very many notices it shows what was counted last, with its time, until
`keep_counts` has counted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum

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
"""How many notices a page counts again by itself: about a tenth of a second."""


@dataclass(frozen=True)
class KeptLedger:
    """What is kept of a round; `counted_at` is None where everything is as of now."""

    ledgers: Ledgers
    distinct: Distinct
    counted_at: datetime | None


def kept_ledger(*, round: Round, now: datetime) -> KeptLedger:
    """Return the counts of a round, counting again what is stale and not too much."""
    ids = _assignments(round)
    kept = _kept(ids)
    never, stale = _stale(ids, kept)
    wanted = [*never, *stale] if stale and _is_small(stale) else never
    if wanted:
        count_again(assignment_ids=wanted, now=now)
        kept = _kept(ids)
        _never, stale = _stale(ids, kept)
    ledgers = {pk: _read(row) for pk, row in kept.items()}
    old = [kept[pk].counted_at for pk in stale]
    distinct, distinct_at = _distinct(round, kept.values(), ledgers, is_stale=bool(stale), now=now)
    old += [distinct_at] if distinct_at else []
    return KeptLedger(ledgers, distinct, min(old) if old else None)


def _assignments(round: Round) -> list[int]:
    return list(Report.objects.filter(round=round).order_by().values_list("assignment_id", flat=True))


def _kept(ids: Collection[int]) -> dict[int, LedgerCount]:
    return {row.assignment_id: row for row in LedgerCount.objects.filter(assignment__in=ids, edition__gt=0)}


def _stale(ids: Collection[int], kept: Collection[int]) -> tuple[list[int], list[int]]:
    """Return who was never counted, and who was and has changed since."""
    changed = LedgerChange.objects.filter(assignment__in=ids).order_by().distinct()
    marked = set(changed.values_list("assignment_id", flat=True))
    never = [pk for pk in ids if pk not in kept]
    return never, [pk for pk in ids if pk in kept and pk in marked]


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
        locked = list(rows.select_for_update())
        LedgerChange.objects.filter(assignment__in=assignment_ids).delete()
        ledgers = count_ledgers(ledger_of_assignments(assignment_ids))
        for row in locked:
            _write(row, ledgers.get(row.assignment_id, CountedLedger()), now)
        LedgerCount.objects.bulk_update(locked, ["groups", "channels", "edition", "counted_at"])


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
    row.edition += 1
    row.counted_at = now


def _read(row: LedgerCount) -> CountedLedger:
    groups = [
        Group(number, category, date.fromisoformat(day) if day else None, bodies)
        for number, category, day, bodies in row.groups
    ]
    return CountedLedger(groups, {int(pk): issued for pk, issued in row.channels.items()})


def _distinct(
    round: Round, rows: Iterable[LedgerCount], ledgers: Ledgers, *, is_stale: bool, now: datetime
) -> tuple[Distinct, datetime | None]:
    """Return the distinct bodies, and when they were counted where that is not now."""
    kept = DistinctCount.objects.filter(round=round).first()
    is_current = kept is not None and kept.editions == sum(row.edition for row in rows)
    if kept is None or not (is_current or is_stale or _aimed(ledgers) > COUNTED_AT_ONCE):
        return count_distinct_again(round=round, now=now), None
    distinct = Distinct(kept.aimed, kept.issued, kept.categories)
    return distinct, None if is_current and not is_stale else kept.counted_at


def _aimed(ledgers: Ledgers) -> int:
    return sum(ledger.aimed for ledger in ledgers.values())


def count_distinct_again(*, round: Round, now: datetime) -> Distinct:
    """Count the distinct bodies and keep that.

    The editions are read first: whatever changes while it counts makes it stale again.
    """
    editions = _editions(round)
    distinct = count_distinct(round)
    DistinctCount.objects.update_or_create(
        round=round,
        defaults={
            "aimed": distinct.aimed,
            "issued": distinct.issued,
            "categories": distinct.categories,
            "editions": editions,
            "counted_at": now,
        },
    )
    return distinct


def _editions(round: Round) -> int:
    rows = LedgerCount.objects.filter(assignment__reports__round=round)
    return int(rows.aggregate(editions=Sum("edition"))["editions"] or 0)


def keep_ledgers(*, round: Round, now: datetime) -> int:
    """Count again all that is stale in a round, ministry by ministry; return how many."""
    ids = _assignments(round)
    never, stale = _stale(ids, _kept(ids))
    for pk in (*never, *stale):
        count_again(assignment_ids=[pk], now=now)
    kept = DistinctCount.objects.filter(round=round).first()
    if kept is None or kept.editions != _editions(round):
        count_distinct_again(round=round, now=now)
    return len(never) + len(stale)
