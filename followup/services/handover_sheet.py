"""引継書: everything that a successor must know of a ministry's work, for the page and for Excel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from followup.services.handover_contacts import (
    colleagues_part,
    history_part,
    letters_part,
    offices_part,
    versions_part,
)
from followup.services.handover_tables import Part
from followup.services.handover_work import asked_part, extensions_part, planned_part, points_part, work_part
from outreach.models import Handover, Ministry, User
from outreach.rules.wareki import instant_in_tokyo


@dataclass(frozen=True)
class HandoverSheet:
    """Everything that a successor must know of a ministry's work at an instant."""

    ministry: Ministry
    predecessor: User
    handover: Handover | None
    at: datetime
    parts: tuple[Part, ...]


def handover_sheet(*, predecessor: User, ministry: Ministry, now: datetime) -> HandoverSheet:
    """Return the sheet for whoever takes over from an officer; a fixed number of queries."""
    latest = Handover.objects.filter(predecessor=predecessor, ministry=ministry, cancelled_at=None)
    today = instant_in_tokyo(now).date()
    return HandoverSheet(
        ministry=ministry,
        predecessor=predecessor,
        handover=latest.select_related("successor", "requested_by").first(),
        at=now,
        parts=(
            work_part(ministry, now),
            points_part(ministry),
            extensions_part(ministry),
            planned_part(ministry),
            asked_part(ministry, today=today),
            colleagues_part(ministry, predecessor=predecessor, today=today),
            offices_part(),
            letters_part(ministry, predecessor=predecessor),
            versions_part(ministry),
            history_part(ministry),
        ),
    )
