"""Count the notices of a round in the database: groups, channels, and distinct bodies (実数)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Concat

from followup.models import Round
from outreach.models import Notification
from outreach.models.notification import NotificationQuerySet

IDENTITY = Case(
    When(body__corporate_number="", then=Concat(Value("name:"), F("body__name_key"))),
    default=Concat(Value("number:"), F("body__corporate_number")),
)
"""What makes two ministries' bodies one (実数): the 法人番号, else the normalised name."""


@dataclass(frozen=True)
class Group:
    """Bodies of one ministry, template, category and day of issue (None: planned)."""

    template_number: int
    category: str
    issued_on: date | None
    bodies: int

    @property
    def issued(self) -> int:
        return self.bodies if self.issued_on else 0


@dataclass
class CountedLedger:
    """One ministry's notices; `channels` are notified bodies by the id of the channel."""

    groups: list[Group] = field(default_factory=list)
    channels: dict[int, int] = field(default_factory=dict)

    @property
    def aimed(self) -> int:
        return sum(group.bodies for group in self.groups)


Ledgers = Mapping[int, CountedLedger]
"""What was counted, by the id of the assignment; a ministry without notices may have none."""


@dataclass(frozen=True)
class Distinct:
    """Distinct bodies of a round; `categories` are [template number, category, notified bodies]."""

    aimed: int
    issued: int
    categories: Sequence[Sequence[int | str]]

    def issued_by(self) -> dict[tuple[int, str], int]:
        return {(int(number), str(category)): int(bodies) for number, category, bodies in self.categories}


def ledger_of(round: Round) -> NotificationQuerySet:
    """Return the notifications of the ministries that report in a round."""
    return Notification.objects.filter(assignment__reports__round=round)


def ledger_of_assignments(assignment_ids: Collection[int]) -> NotificationQuerySet:
    return Notification.objects.filter(assignment__in=assignment_ids)


def count_ledgers(notices: NotificationQuerySet) -> Ledgers:
    """Count notices by ministry in two queries; everything 延べ follows from these groups."""
    ledgers: dict[int, CountedLedger] = defaultdict(CountedLedger)
    groups = (
        notices.order_by("assignment_id", "template__number", "body__category", "issued_on")
        .values_list("assignment_id", "template__number", "body__category", "issued_on")
        .annotate(bodies=Count("pk"))
    )
    for assignment_id, *group in groups:
        ledgers[assignment_id].groups.append(Group(*group))
    used = (
        notices.issued()
        .filter(channels__isnull=False)
        .order_by("assignment_id", "channels")
        .values_list("assignment_id", "channels")
        .annotate(issued=Count("pk"))
    )
    for assignment_id, channel_id, issued in used:
        ledgers[assignment_id].channels[channel_id] = issued
    return ledgers


def count_distinct(round: Round) -> Distinct:
    """Count distinct bodies across ministries, in two queries."""
    whole = ledger_of(round).aggregate(
        aimed=Count(IDENTITY, distinct=True),
        issued=Count(IDENTITY, distinct=True, filter=Q(issued_on__isnull=False)),
    )
    categories = (
        ledger_of(round)
        .issued()
        .order_by("template__number", "body__category")
        .values_list("template__number", "body__category")
        .annotate(bodies=Count(IDENTITY, distinct=True))
    )
    return Distinct(whole["aimed"], whole["issued"], [list(row) for row in categories])
