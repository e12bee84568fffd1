"""How the outbox stands: what waits and since when, what needs staff, and what came of the doubts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from outreach.models import MailOutage, MailState, OutgoingMail, Settlement
from outreach.services.mail_outage import current_outage


@dataclass(frozen=True)
class MailStanding:
    """Counts of mails now; `due` are those that wait although their time has come."""

    due: int
    oldest_due_at: datetime | None
    in_doubt: int
    failed: int
    outage: MailOutage | None


def mail_standing(*, now: datetime) -> MailStanding:
    """Return how the outbox stands, in four queries that each have an index of their own."""
    due = OutgoingMail.objects.due(now).aggregate(count=Count("pk"), oldest=Min("not_before"))
    return MailStanding(
        due=due["count"],
        oldest_due_at=due["oldest"],
        in_doubt=OutgoingMail.objects.filter(state=MailState.IN_DOUBT).count(),
        failed=OutgoingMail.objects.filter(state=MailState.FAILED).count(),
        outage=current_outage(),
    )


def count_settlements() -> dict[Settlement, int]:
    """Count by what came of them the mails that were ever in doubt: the window that SMTP leaves, as it is."""
    counted = (
        OutgoingMail.objects.exclude(settlement=Settlement.NONE)
        .order_by()
        .values_list("settlement")
        .annotate(count=Count("pk"))
    )
    return {Settlement(settlement): count for settlement, count in counted}
