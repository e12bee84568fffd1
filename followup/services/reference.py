"""Load the reference data of what comes back: the council and the default reminder rules.

The standard form is no row of its own: services.rounds copies it into a round's first form.
"""

from __future__ import annotations

from django.db import transaction

from followup.models import Council, ReminderRule
from outreach.services.reference import read_fixture


@transaction.atomic
def load_followup_reference() -> dict[str, int]:
    """Create what is missing and touch nothing else; return how many rows of each kind were created."""
    return {"連絡会議": _load_councils(), "督促の規則": _load_reminder_rules()}


def _load_councils() -> int:
    known = set(Council.objects.values_list("number", flat=True))
    rows = [row for row in read_fixture("council")["councils"] if row["number"] not in known]
    return len(Council.objects.bulk_create(Council(**row) for row in rows))


def _load_reminder_rules() -> int:
    """Create the default rules where there is no rule at all: staff may have deleted some."""
    if ReminderRule.objects.exists():
        return 0
    rows = read_fixture("reminder_rules")["reminder_rules"]
    return len(ReminderRule.objects.bulk_create(ReminderRule(**row) for row in rows))
