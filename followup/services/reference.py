"""Load the reference data of what comes back: council, reminder rules, and the staff's groups of rights.

The standard form is no row of its own: services.forms copies it into a round's first form.
"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from followup.models import Council, ReminderRule
from outreach.services.reference import read_fixture


@transaction.atomic
def load_followup_reference() -> dict[str, int]:
    """Create what is missing and touch nothing else; return how many rows of each kind were created."""
    return {
        "連絡会議": _load_councils(),
        "督促の規則": _load_reminder_rules(),
        "権限グループ": _load_staff_groups(),
    }


def _load_councils() -> int:
    known = set(Council.objects.values_list("number", flat=True))
    rows = [row for row in read_fixture("council")["councils"] if row["number"] not in known]
    return len(Council.objects.bulk_create(Council(**row) for row in rows))


def _load_reminder_rules() -> int:
    """Create the default rules of the kinds that have none: staff may have deleted some of a kind.

    In a system that is in use they are switched off at first: staff look at the simulation, then decide.
    """
    known = set(ReminderRule.objects.values_list("kind", flat=True))
    rows = [row for row in read_fixture("reminder_rules")["reminder_rules"] if row["kind"] not in known]
    rules = (ReminderRule(is_active=not known, **row) for row in rows)
    return len(ReminderRule.objects.bulk_create(rules))


def _load_staff_groups() -> int:
    """Create the default groups where there is no group at all: staff may have deleted some."""
    if Group.objects.exists():
        return 0
    rows = read_fixture("staff_groups")["staff_groups"]
    for row in rows:
        Group.objects.create(name=row["name"]).permissions.set(_permissions(row["rights"]))
    return len(rows)


def _permissions(rights: dict[str, list[str]]) -> list[Permission]:
    """Return the permissions named as {"outreach.body": ["view", "add"], …}."""
    named = [
        Q(content_type__app_label=app, content_type__model=model, codename=f"{verb}_{model}")
        for label, verbs in rights.items()
        for app, model in [label.split(".")]
        for verb in verbs
    ]
    found = list(Permission.objects.filter(Q(*named, _connector=Q.OR)))
    if len(found) != len(named):
        raise ValueError("A right in fixtures/staff_groups.json is unknown.")
    return found
