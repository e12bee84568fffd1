"""Plan reminders (督促): find what was reached and not yet reminded, and queue one mail a recipient.

Planning works on sets: however many obligations there are, it takes the same number of statements and
no more memory. Sending is outreach.services.delivery, which asks followup.services.mail_recheck first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from followup.models import Audience, Obligation, Reminder, ReminderPause, ReminderRule
from followup.rules.due import Due, passed_by
from followup.rules.obligations import KINDS, LEAST_OFFSET, NOT_REACHED
from followup.rules.reminder_stages import Stage, opening_of, sending_opens_at, stages_on
from followup.services.obligations import Move, refresh_obligations, refresh_statistics
from followup.services.opening_days import opening_days
from followup.services.reminder_audiences import Audiences
from followup.services.reminder_ledger import Group, Occasion, count_new, stop_waiting, write_ledger
from followup.services.reminder_mails import queue_mails
from followup.services.reminder_recipients import Recipient
from outreach.models import IssuingOffice, MailKind, MailState, Ministry, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import format_wareki, instant_in_tokyo
from outreach.services.audit import record_audit

ACTOR = "督促の規則"
PUT_OFF = "この日のお知らせを既に送っているため、翌開庁日に送ります。"
LOOKS_BACK = timedelta(days=14)
"""How old a mail of today may be: it was queued before the last closed days at the earliest."""

Rules = Mapping[str, Mapping[int, Sequence[ReminderRule]]]
"""The rules that hold on a day, by kind and offset, in the order of their steps."""


def _in_words(group: Group) -> str:
    kind = KINDS[group.kind]
    return f"{kind.label}：{kind.stage(group.offset)}"


@dataclass(frozen=True)
class PlannedReminder:
    """One rule reached for some obligations of a ministry, and one recipient who is told."""

    occasion: Occasion
    ministry: Ministry
    count: int

    @property
    def reason(self) -> str:
        """Return why, as 「報告の提出：期限の5開庁日前」."""
        return _in_words(self.occasion.group)


@dataclass(frozen=True)
class NotPlanned:
    """What was reached and is not told (now), and why."""

    group: Group
    ministry: Ministry
    count: int
    why: str

    @property
    def reason(self) -> str:
        """Return what was reached, as 「報告の提出：期限の5開庁日前」."""
        return _in_words(self.group)


@dataclass(frozen=True)
class Plan:
    """What a run planned: `sends_on` is the day on which it goes out, `closed` why it planned nothing."""

    sends_on: date
    closed: str | None = None
    planned: Sequence[PlannedReminder] = ()
    left_out: Sequence[NotPlanned] = ()
    moved: Sequence[Move] = ()
    mails: int = 0

    @property
    def reminders(self) -> int:
        return sum(reminder.count for reminder in self.planned)


@dataclass
class _Draft:
    """A plan in the making: who is told of each group, and what is left out.

    `paused` gives the last day of each ministry's pause.
    """

    on: date
    ministries: Mapping[int, Ministry]
    audiences: Audiences
    paused: Mapping[int, date]
    occasions: list[Occasion] = field(default_factory=list)
    left_out: list[NotPlanned] = field(default_factory=list)

    def address(self, group: Group, count: int, rules: Sequence[ReminderRule]) -> None:
        """Add whom the rules of a group's stage mean."""
        ministry = self.ministries[group.ministry_id]
        found = [
            _occasion(group, rule, recipient, ministry, self.on)
            for rule in rules
            for recipient in self.audiences.of(rule, ministry, group.office_id, on=self.on)
        ]
        if group.ministry_id in self.paused:
            until = format_wareki(self.paused[group.ministry_id])
            self.leave_out(group, count, f"督促を休止しています（{until}まで）。")
        elif not found:
            why = "送り先がありません。" if rules else "この段階の規則は停止されています。"
            self.leave_out(group, count, why)
        else:
            self.occasions += found

    def leave_out(self, group: Group, count: int, why: str) -> None:
        self.left_out.append(NotPlanned(group, self.ministries[group.ministry_id], count, why))


@transaction.atomic
def plan_reminders(*, today: date, now: datetime, dry_run: bool = False) -> Plan:
    """Queue the reminders of a day and return them, in 建制順; nothing on a closed day.

    Safe to run again, late, or twice at once: the rules are locked, so that one planner plans at a time.
    What counts is the day on which the mail will go out: after hours that is the next 開庁日. Somebody
    who has had a reminder for that day gets no second one; the rest follows on the next. With `dry_run`
    nothing stays written.
    """
    plan = _plan(today=today, now=now)
    if dry_run:
        transaction.set_rollback(True)
    return plan


def _plan(*, today: date, now: datetime) -> Plan:
    days = opening_days()
    starts_at = now if instant_in_tokyo(now).date() == today else opening_of(today)
    sends_at = sending_opens_at(starts_at, days)
    on = sends_at.date()
    rules = _rules(on)
    offsets = {kind: list(stages) for kind, stages in rules.items()}
    moved = refresh_obligations(now=now, days=days, offsets=offsets)
    if not days.is_open(today):
        return Plan(on, closed=days.closed_name(today), moved=moved)
    if _reach_stages(offsets, days, sends_at):
        refresh_statistics()
    _take_up_again(on)
    draft = _addressed(rules, on)
    planned, mails = _write(draft, sends_at=sends_at, today=today, now=now)
    return Plan(on, planned=planned, left_out=draft.left_out, moved=moved, mails=mails)


def _rules(on: date) -> Rules:
    """Return the rules of a day, locked: only one planner passes here at a time."""
    found: dict[str, dict[int, list[ReminderRule]]] = defaultdict(lambda: defaultdict(list))
    for rule in ReminderRule.objects.valid(on).select_for_update().order_by("kind", "offset_days", "step"):
        found[rule.kind][rule.offset_days].append(rule)
    return found


def _reach_stages(offsets: Mapping[str, Iterable[int]], days: OpeningDays, sends_at: datetime) -> int:
    """Let all obligations wait that have come to a stage later than the last one; return how many.

    One statement a stage. Each reads only what it changes (index obligation_stage), which is why the
    earlier stages are listed one by one.
    """
    passed, reached = passed_by(sends_at), 0
    for kind, of_kind in offsets.items():
        for stage in stages_on(sends_at.date(), offsets=of_kind, days=days):
            earlier = [NOT_REACHED, *range(LEAST_OFFSET, stage.offset)]
            at_stage = Obligation.objects.open().filter(kind=kind, reached__in=earlier)
            reached += at_stage.filter(_within(stage, passed)).update(reached=stage.offset, is_waiting=True)
    lapsed = Obligation.objects.waiting().filter(reached__lte=0).lapsed(passed)
    lapsed.update(is_waiting=False)
    return reached


def _within(stage: Stage, passed: Due) -> Q:
    """Return which anchors are at a stage; one up to the anchor day lapses with it, at its time of day.

    The days are one plain range, which the index takes: inside an OR each stage would read all that
    was reminded of before.
    """
    if stage.offset > 0:
        return Q(anchor_on__range=(stage.first, stage.last))
    on_time = Q(anchor_on__gt=passed.on) | Q(anchor_time=None) | Q(anchor_time__gte=passed.time)
    return Q(on_time, anchor_on__range=(max(stage.first, passed.on), stage.last))


def _take_up_again(on: date) -> None:
    """Let wait again what a mail of this day was withdrawn for: somebody else may have to be told.

    Who has been told already is in the ledger and is not told again.
    """
    mails = OutgoingMail.objects.filter(
        kind=MailKind.REMINDER,
        state=MailState.CANCELLED,
        created_at__gte=opening_of(on) - LOOKS_BACK,
        not_before__gte=opening_of(on),
    )
    withdrawn = list(mails.values_list("pk", flat=True))
    if not withdrawn:
        return
    told = Reminder.objects.filter(mail__in=withdrawn, obligation=OuterRef("pk"))
    current = told.filter(rule__offset_days=OuterRef("reached"), due_on=OuterRef("anchor_on"))
    ids = Reminder.objects.filter(mail__in=withdrawn).values("obligation")
    Obligation.objects.open().filter(Exists(current), pk__in=ids).update(is_waiting=True)


def _addressed(rules: Rules, on: date) -> _Draft:
    """Find whom to tell of what waits, group by group."""
    waiting = Obligation.objects.waiting().order_by("kind", "reached", "ministry", "office")
    groups = waiting.values_list("kind", "reached", "ministry", "office").annotate(Count("pk"))
    counts = {Group(*key): count for *key, count in groups}
    ministries = Ministry.objects.in_bulk({group.ministry_id for group in counts})
    pauses = ReminderPause.objects.on(on).filter(ministry__isnull=False)
    draft = _Draft(
        on=on,
        ministries=ministries,
        audiences=Audiences(ministries.values(), IssuingOffice.objects.all()),
        paused=dict(pauses.values_list("ministry", "until")),
    )
    for group in sorted(counts, key=lambda group: (ministries[group.ministry_id].order, -group.offset)):
        draft.address(group, counts[group], rules.get(group.kind, {}).get(group.offset, ()))
    return draft


def _occasion(
    group: Group, rule: ReminderRule, recipient: Recipient, ministry: Ministry, on: date
) -> Occasion:
    """Name the mail: one recipient and day, so that there is one mail; an escalation has its own."""
    is_to_staff = rule.audience == Audience.STAFF
    whose = f"office{group.office_id}" if is_to_staff else str(ministry.pk)
    who = str(recipient.user.pk) if recipient.user else _mailbox_key(recipient.address, ministry)
    step = f":step{rule.step}" if rule.step else ""
    key = f"reminder:{on}:{whose}:{who}{step}"
    return Occasion(group, rule, recipient, key, None if is_to_staff else ministry)


def _mailbox_key(address: str, ministry: Ministry) -> str:
    return "mailbox" if address == ministry.mailbox else address


def _write(
    draft: _Draft, *, sends_at: datetime, today: date, now: datetime
) -> tuple[list[PlannedReminder], int]:
    """Write mails, ledger and audit of what is new; what everybody was told of waits no longer."""
    if not draft.occasions:
        return [], 0
    on = draft.on
    counts = dict(zip(draft.occasions, count_new(draft.occasions, on=on), strict=True))
    mailed = _mailed_already(draft.occasions)
    new = {occasion: count for occasion, count in counts.items() if count and occasion.mail_key not in mailed}
    mails = queue_mails(new, on=on, sends_at=sends_at, now=now)
    sent = [occasion for occasion in new if occasion.mail_key in mails]
    write_ledger(sent, mails=mails, on=on, planned_on=today)
    put_off = [occasion for occasion, count in counts.items() if count and occasion.mail_key in mailed]
    for occasion in put_off:
        draft.leave_out(occasion.group, counts[occasion], f"{occasion.recipient.address}：{PUT_OFF}")
    unfinished = {occasion.group for occasion in put_off}
    stop_waiting([occasion for occasion in counts if occasion.group not in unfinished], on=on)
    planned = [
        PlannedReminder(occasion, draft.ministries[occasion.group.ministry_id], counts[occasion])
        for occasion in sent
    ]
    if planned:
        _audit(planned, mails=len(mails), sends_on=on, now=now)
    return planned, len(mails)


def _mailed_already(occasions: Iterable[Occasion]) -> set[str]:
    """Return which of the day's mails are there already."""
    keys = {occasion.mail_key for occasion in occasions}
    return set(OutgoingMail.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))


def _audit(planned: Sequence[PlannedReminder], *, mails: int, sends_on: date, now: datetime) -> None:
    reasons: Counter[str] = Counter()
    for reminder in planned:
        reasons[reminder.reason] += reminder.count
    record_audit(
        action="督促を計画",
        now=now,
        actor=None,
        rule=ACTOR,
        after={"送信予定日": sends_on, "督促": sum(reasons.values()), "メール": mails, "理由": dict(reasons)},
    )
