"""Measure the planning of reminders beside a loop of one get_or_create per obligation."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from followup.management.row_copies import MOVED, Copied, copy_rows, refresh_statistics
from followup.models import Council, Obligation, Reminder, ReminderRule, Report, Round
from followup.rules.obligations import REPORT_DUE
from followup.rules.reminder_stages import opening_of
from followup.rules.status import RoundStatus
from followup.services.issue import issue
from followup.services.opening_days import opening_days
from followup.services.reminders import plan_reminders
from outreach.models import Ministry, OutgoingMail, OutreachRequest, Role, User

FIRST_ROUNDS = 20
"""How many rounds of all ministries the smaller of the two sizes has."""
STEP = 1_000_000
SAMPLE = 2_000
MEASURED_TIMES = 3
LESS_CPU = 15
"""How many times less than the loop planning must cost."""
NOTHING_NEW_SECONDS = 0.1
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class _Run:
    """What one run of the planner took."""

    reminders: int
    mails: int
    queries: int
    memory: int


def fill(*, now: datetime) -> datetime:
    """Let all ministries owe some reports that reach their first stage; return when to plan."""
    days = opening_days()
    today = days.add(now.date(), 0)
    offset = ReminderRule.objects.filter(kind=REPORT_DUE).order_by("offset_days")[0].offset_days
    due_on = days.add(today, -offset)
    staff = User.objects.create_user("bench@digital.example", name="計測", is_staff=True, is_superuser=True)
    ministries = list(Ministry.objects.asked())
    for ministry in ministries:
        User.objects.create_user(
            f"bench{ministry.pk}@ministry.example", name="計測", ministry=ministry, role=Role.COORDINATOR
        )
    collection = issue(
        request=OutreachRequest.objects.earliest("pk"),
        ministries=ministries,
        council=Council.objects.earliest("pk"),
        actor=staff,
        now=now,
    )
    Round.objects.filter(pk=collection.pk).update(status=RoundStatus.OPEN, due_on=due_on)
    Report.objects.filter(round=collection).update(due_on=due_on)
    _multiply(FIRST_ROUNDS)
    return opening_of(today)


def compare_planning(*, rows: int, now: datetime) -> Iterator[str]:
    """Yield what to print: the two sizes, the loop, planning, and a run that finds nothing new."""
    small = _rehearse(now)
    yield _line(small)
    _multiply(max(rows // Ministry.objects.asked().count(), FIRST_ROUNDS + 1))
    large = _rehearse(now)
    yield _line(large)
    same = "同じ" if small.queries == large.queries else "異なる"
    yield f"問合せの数は{same}（{small.queries}件と{large.queries}件）"
    planning = _seconds(lambda: plan_reminders(today=now.date(), now=now))
    loop = _loop(now.date()) * large.reminders
    ratio = loop / planning
    yield f"{planning:9.3f} 秒　計画（督促の対象{large.reminders:,}件、調べ直しを含む）"
    yield f"{loop:9.3f} 秒　基準：1件ごとの get_or_create（{SAMPLE:,}件の計測から換算）"
    yield f"{ratio:9.1f} 倍（{LESS_CPU}倍{'以上' if ratio >= LESS_CPU else '未満'}）"
    refresh_statistics()  # and what the planning left behind is cleared away, as by the database's own upkeep
    idle = min(_seconds(lambda: plan_reminders(today=now.date(), now=now)) for _ in range(MEASURED_TIMES))
    verdict = "以内" if idle < NOTHING_NEW_SECONDS else "超過"
    yield f"{idle:9.3f} 秒（{NOTHING_NEW_SECONDS}秒{verdict}）　新しいものがないときの計画"


def _line(run: _Run) -> str:
    return (
        f"督促{run.reminders:,}件・メール{run.mails:,}通：問合せ{run.queries}件、"
        f"メモリ最大{run.memory / MEGABYTE:.1f} MB"
    )


def _multiply(rounds: int) -> None:
    """Let there be so many rounds that all ministries owe a report in."""
    first = Round.objects.count()
    if first > 1:
        Report.objects.exclude(round=Round.objects.earliest("pk")).delete()
        Round.objects.exclude(pk=Round.objects.earliest("pk").pk).delete()
    copy_rows(Copied(Round, {"number": "row.number + n"}), times=rounds - 1, step=STEP)
    copy_rows(Copied(Report, {"round_id": MOVED}), times=rounds - 1, step=STEP)
    refresh_statistics()


def _rehearse(now: datetime) -> _Run:
    """Plan, and take it all back."""
    tracemalloc.start()
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        plan = plan_reminders(today=now.date(), now=now, dry_run=True)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return _Run(plan.reminders, plan.mails, len(captured), memory)


def _loop(today: date) -> float:
    """Return what one get_or_create costs."""
    mail, rule = OutgoingMail.objects.earliest("pk"), ReminderRule.objects.filter(kind=REPORT_DUE)[0]
    obligations = list(Obligation.objects.filter(kind=REPORT_DUE).order_by("pk")[:SAMPLE])

    def loop() -> None:
        for obligation in obligations:
            Reminder.objects.get_or_create(
                obligation=obligation,
                rule=rule,
                due_on=obligation.anchor_on,
                recipient="loop@ministry.example",
                defaults={"mail": mail, "planned_on": today},
            )

    with transaction.atomic():
        seconds = _seconds(loop)
        transaction.set_rollback(True)
    return seconds / len(obligations)


def _seconds(measured: Callable[[], object]) -> float:
    """Return how long it took: CPU where the database is in this process, else the clock's time."""
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    began = clock()
    measured()
    return max(clock() - began, 1e-6)
