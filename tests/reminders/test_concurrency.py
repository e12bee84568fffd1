"""Planning on a real PostgreSQL: two planners at the same moment, and what the database knows of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import connection

from followup.models import Obligation, Reminder, ReminderRule
from followup.rules.obligations import REPORT_DUE
from followup.services.reference import load_followup_reference
from followup.services.reminders import plan_reminders
from outreach.models import OutgoingMail
from outreach.rules.wareki import TOKYO
from tests.factories import make_officer, make_report
from tests.followup.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

FIVE_BEFORE = datetime(2023, 9, 29, 7, 30, tzinfo=TOKYO)


def test_two_planners_at_once_remind_everybody_once() -> None:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)
    officers = [make_officer(make_report(due_on=date(2023, 10, 6)).assignment.ministry) for _ in range(5)]

    plans = at_once(*(lambda: plan_reminders(today=FIVE_BEFORE.date(), now=FIVE_BEFORE) for _ in range(2)))

    told = sorted(officer.email for officer in officers)
    assert not [found for found in plans if isinstance(found, Exception)]
    assert sorted(OutgoingMail.objects.values_list("to", flat=True)) == told
    assert sorted(Reminder.objects.values_list("recipient", flat=True)) == told


def test_the_database_knows_how_much_waits_before_it_joins_it() -> None:
    load_followup_reference()
    for _ in range(3):
        make_officer(make_report(due_on=date(2023, 10, 6)).assignment.ministry)

    plan_reminders(today=FIVE_BEFORE.date(), now=FIVE_BEFORE)

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'followup_obligation'")
        assert cursor.fetchone() == (Obligation.objects.count(),)
