"""A storm over days: reminders are planned and sent across weekends and the turn of the year.

Real workers plan and send, two plans ordered at once, killed while they are at it, the mail server away
for a while, the broker emptied, no scheduler at all on some days. What was told is then compared with
what one quiet planner tells on the same days, and with what the mail server took.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django_scopes import scopes_disabled
from kombu.exceptions import OperationalError

from followup.documents.mail_attachments import recheck
from followup.models import Reminder, Report, SpecialDay
from followup.rules.obligations import KINDS
from followup.rules.status import ReportStatus
from followup.services.reference import load_followup_reference
from followup.services.reminders import plan_reminders
from followup.tasks import deliver_mail
from followup.tasks import plan_reminders as plan_task
from outreach.models import MailKind, MailOutage, MailState, OutgoingMail, Role, TaskRun
from outreach.models.task_run import TaskRunQuerySet
from outreach.rules.wareki import TOKYO, instant_in_tokyo
from outreach.services.delivery import deliver_due
from tests.chaos.processes import Processes, Surroundings
from tests.factories import make_ministry, make_officer, make_report, make_round
from tests.mail_sink import accepted

RING_SECONDS = 1
LONG_AGO = datetime(2000, 1, 1, tzinfo=TOKYO)
LAST_DAY, YEAR_BEGINS = date(2023, 12, 28), date(2024, 1, 4)
"""The opening days on both sides of the closed ones at the turn of the year (行政機関の休日に関する法律)."""
DUES = (LAST_DAY, YEAR_BEGINS, date(2024, 1, 5), date(2024, 1, 9), date(2024, 1, 12))

Told = tuple[str, str, int, int, str, date]
"""A reminder that went out: kind, ministry, offset of the stage, step, address, day."""


@dataclass(frozen=True)
class CalendarPlan:
    """What days pass, and on which no scheduler runs; the deeds of each day are drawn by the seed."""

    days: Sequence[date]
    stopped: Collection[date] = ()
    ministries: int = 5
    seed: int = 1
    workers: int = 2
    kills: int = 2
    patience_seconds: float = 120
    """How long one day may take."""


@dataclass
class CalendarAccount:
    """What came of it; `lost` and `needless` are reminders besides those of a quiet planner."""

    plan: CalendarPlan
    told: Counter[Told]
    lost: int
    needless: int
    doubled: int
    """Mails that the server took more than once."""
    unfinished: int
    """Plans that were killed or frozen while they ran."""
    deeds: Counter[str]
    seconds: float

    @property
    def row(self) -> tuple[str, ...]:
        deeds = "・".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        days, mails = len(self.plan.days), self.told.total()
        counts = (self.plan.seed, days, mails, self.lost, self.needless, self.doubled, self.unfinished)
        return (*map(str, counts), deeds, f"{self.seconds:.0f}")

    @property
    def by_recipient(self) -> Mapping[tuple[str, str], Counter[date]]:
        """Count the mails of each day by recipient and obligation; a ministry has one of a kind."""
        found: dict[tuple[str, str], Counter[date]] = {}
        for (kind, _ministry, _offset, _step, address, day), count in sorted(self.told.items()):
            found.setdefault((address, KINDS[kind].label), Counter())[day] += count
        return dict(sorted(found.items()))


HEADINGS = ("seed", "days", "reminders", "lost", "needless", "doubled", "plans cut off", "deeds", "seconds")


class CalendarStorm:
    """What befalls planners and senders from day to day."""

    def __init__(self, plan: CalendarPlan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        self.dice = random.Random(plan.seed)  # noqa: S311 - chance, no secret
        self.processes = Processes(around, workers=plan.workers, dice=self.dice)

    def run(self) -> CalendarAccount:
        """Let the days pass quietly, take that back, let them pass in the storm; return the account."""
        with scopes_disabled():
            return self._run()

    def _run(self) -> CalendarAccount:
        began = time.monotonic()
        changes = make_world(self.plan.ministries)
        expected = tell_quietly(self.plan, changes)
        with self.processes.served():
            for day in self.plan.days:
                self.processes.end_workers()
                if day in changes:
                    changes[day]()
                if day not in self.plan.stopped:
                    self._live(day)
        told, arrived = all_told(), accepted(self.around.folder)
        return CalendarAccount(
            plan=self.plan,
            told=told,
            lost=(expected - told).total() + len(self._sent() - arrived.keys()),
            needless=(told - expected).total() + len(arrived.keys() - self._sent()),
            doubled=sum(count > 1 for count in arrived.values()),
            unfinished=TaskRun.objects.filter(task="plan_reminders", ended_at=None).count(),
            deeds=self.processes.deeds,
            seconds=time.monotonic() - began,
        )

    @staticmethod
    def _sent() -> set[str]:
        sent = OutgoingMail.objects.filter(kind=MailKind.REMINDER, state=MailState.SENT)
        return set(sent.values_list("message_id", flat=True))

    def _live(self, day: date) -> None:
        """Let a day pass: its deeds while plans run, then a plan that ends, then what is queued goes out."""
        self.processes.variables = {"OUTREACH_TODAY": day.isoformat()}
        deeds, plans = self._drawn_deeds(), Plans()
        rings_at, gives_up_at = 0.0, time.monotonic() + self.plan.patience_seconds
        while deeds or not plans.has_ended() or is_open(day):
            assert time.monotonic() < gives_up_at, f"{day} does not end"
            self.processes.keep_workers()
            if time.monotonic() > rings_at:
                ring()
                rings_at = time.monotonic() + RING_SECONDS
            if deeds and plans.has_begun():
                deeds.pop()()
                plans = Plans()
            elif not deeds:
                let_time_pass(day)
            threading.Event().wait(0.1)

    def _drawn_deeds(self) -> list[Callable[[], None]]:
        hurt, others = self.processes, [self.processes.freeze, self.processes.empty_broker, self._outage]
        deeds = [self.dice.choice([hurt.kill, hurt.kill_all]) for _ in range(self.plan.kills)]
        deeds.append(self.dice.choice(others))
        self.dice.shuffle(deeds)
        return deeds

    def _outage(self) -> None:
        self.processes.take_server_away(2)


class Plans:
    """The runs of the planner from now on."""

    def __init__(self) -> None:
        last = TaskRun.objects.order_by("-pk").first()
        self.since = last.pk if last else 0

    def has_begun(self) -> bool:
        return self._runs().exists()

    def has_ended(self) -> bool:
        return self._runs().well().exists()

    def _runs(self) -> TaskRunQuerySet:
        return TaskRun.objects.filter(task="plan_reminders", pk__gt=self.since)


Changes = Mapping[date, Callable[[], object]]
"""What happens on the morning of a day."""


def make_world(ministries: int) -> Changes:
    """Make ministries that owe a report about the turn of the year, each with two officers but the last."""
    load_followup_reference()
    collection = make_round(due_on=LAST_DAY)
    reports = []
    for number in range(ministries):
        ministry = make_ministry()
        reports.append(make_report(ministry, collection, due_on=DUES[number % len(DUES)]))
        if number < ministries - 1:
            make_officer(ministry)
            make_officer(ministry, role=Role.CONTRIBUTOR)
    submitted, moved = (Report.objects.filter(pk=report.pk) for report in reports[1:3])
    return {
        LAST_DAY: lambda: submitted.update(status=ReportStatus.SUBMITTED),
        LAST_DAY + timedelta(1): lambda: SpecialDay.objects.create(day=date(2024, 1, 5), name="臨時の閉庁日"),
        YEAR_BEGINS: lambda: moved.update(due_on=date(2024, 1, 10)),
    }


def tell_quietly(plan: CalendarPlan, changes: Changes) -> Counter[Told]:
    """Return what one planner and one sender tell on these days, and take it back."""
    backend = override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
    with backend, transaction.atomic():
        for day in plan.days:
            if day in changes:
                changes[day]()
            if day not in plan.stopped:
                now = datetime(day.year, day.month, day.day, 10, tzinfo=TOKYO)
                plan_reminders(today=day, now=now)
                deliver_due(read_clock=lambda now=now: now, recheck=recheck)  # type: ignore[misc]
        told = all_told()
        transaction.set_rollback(True)
    return told


def all_told() -> Counter[Told]:
    """Count the reminders whose mail went out."""
    reminders = Reminder.objects.filter(mail__state=MailState.SENT).select_related("obligation__ministry")
    return Counter(
        (
            reminder.obligation.kind,
            reminder.obligation.ministry.name,
            reminder.rule.offset_days,
            reminder.rule.step,
            reminder.mail.to,
            instant_in_tokyo(reminder.mail.sent_at).date(),
        )
        for reminder in reminders.select_related("rule", "mail")
        if reminder.mail.sent_at
    )


def ring() -> None:
    """Order two plans at once, as two schedulers do, and a delivery."""
    with contextlib.suppress(OperationalError):  # the broker may be away
        plan_task.delay()
        plan_task.delay()
        deliver_mail.delay()


def is_open(day: date) -> bool:
    """Tell whether something is still to go out on a day; what waits for a later one is none of it."""
    try:
        queued = OutgoingMail.objects.queued().filter(not_before__lt=_end_of(day))
        held = OutgoingMail.objects.filter(state__in=(MailState.SENDING, MailState.IN_DOUBT))
        return queued.exists() or held.exists()
    except DatabaseError:
        connection.close()
        return True


def let_time_pass(day: date) -> None:
    """End the pauses of a day and the claims of the dead; a fence guards those of the living."""
    opening = datetime(day.year, day.month, day.day, 9, 30, tzinfo=TOKYO)
    paused = OutgoingMail.objects.queued().filter(attempts__gt=0, not_before__lt=_end_of(day))
    try:
        paused.update(not_before=opening)
        OutgoingMail.objects.filter(state=MailState.SENDING).update(leased_until=LONG_AGO)
        MailOutage.objects.update(next_probe_at=LONG_AGO)
    except DatabaseError:  # a frozen planner keeps the one writer of SQLite out: the next time
        connection.close()


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO) + timedelta(1)
