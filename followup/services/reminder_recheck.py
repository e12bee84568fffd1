"""Ask again, just before a reminder is sent, whether it still applies, and write it as things stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from followup.models import Obligation, Reminder, ReminderRule
from followup.rules.due import Due
from followup.rules.reminder_stages import current_stage, opening_of, sending_opens_at, stage_day
from followup.rules.reminder_text import LISTED, Letter, Wording, compose
from followup.services.opening_days import opening_days
from followup.services.reminder_audiences import Audiences, called
from followup.services.reminder_facts import Facts, gather, hand_over_url, open_item
from followup.services.reminder_recipients import follow_mail
from outreach.models import MailKind, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.delivery import Cancel, Postpone, Send, Verdict

CHUNK = 500
"""How many reminders of a mail are looked at together."""
PAUSED = "督促を休止しています。"
SENT_ALREADY = "同じ督促を、代理又は後任の方にも送っています。"


@dataclass
class _Checked:
    """What became of a mail's reminders: the first that still apply, and why others do not."""

    owed: list[tuple[Reminder, Facts]] = field(default_factory=list)
    total: int = 0
    last_stage_on: date = date.min
    objections: dict[str, None] = field(default_factory=dict)
    paused: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Today:
    """What reminders are judged by."""

    now: datetime
    days: OpeningDays
    offsets: Mapping[str, Collection[int]]
    rules: Collection[int]
    paused: Collection[int]
    audiences: Audiences

    @property
    def on(self) -> date:
        return instant_in_tokyo(self.now).date()


def recheck(mail: OutgoingMail, now: datetime) -> Verdict | None:
    """Return what to do with a reminder that is about to be sent; None for mail of another kind.

    It is postponed out of hours and when the calendar has moved its stage; it tells only of
    what is still owed, and is cancelled when there is nothing left.
    """
    if mail.kind != MailKind.REMINDER:
        return None
    today = _today(mail, now)
    checked = _Checked()
    for reminders in _chunks(mail):
        doubled = follow_mail(mail, reminders)
        if doubled:
            checked.objections[SENT_ALREADY] = None
        _check([reminder for reminder in reminders if reminder not in doubled], today, checked)
    _give_back(checked.paused)
    if not checked.owed:
        return Cancel("、".join(checked.objections) or "対象がありません。")
    opens_at = max(sending_opens_at(now, today.days), opening_of(checked.last_stage_on))
    if opens_at > now:
        return Postpone(opens_at)
    return _written_anew(mail, checked, now=now)


def _today(mail: OutgoingMail, now: datetime) -> _Today:
    on = instant_in_tokyo(now).date()
    rules = list(ReminderRule.objects.valid(on))
    offsets: dict[str, list[int]] = {}
    for rule in rules:
        offsets.setdefault(rule.kind, []).append(rule.offset_days)
    told = Obligation.objects.filter(reminders__mail=mail)
    unpaused = told.unpaused(on).values("pk")
    return _Today(
        now=now,
        days=opening_days(),
        offsets=offsets,
        rules={rule.pk for rule in rules},
        paused=set(told.exclude(pk__in=unpaused).values_list("pk", flat=True)),
        audiences=Audiences.of_obligations(told),
    )


def _chunks(mail: OutgoingMail) -> Iterator[list[Reminder]]:
    """Yield a mail's reminders, the most pressing first."""
    reminders = mail.reminders.select_related("rule", "user", "obligation__ministry", "obligation__office")
    chunk: list[Reminder] = []
    order = ("-rule__step", "-rule__offset_days", "due_on", "pk")
    for reminder in reminders.order_by(*order).iterator(chunk_size=CHUNK):
        chunk.append(reminder)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _check(reminders: Sequence[Reminder], today: _Today, checked: _Checked) -> None:
    facts = gather([reminder.obligation for reminder in reminders])
    for reminder in reminders:
        objection = _objection(reminder, facts, today)
        if objection == PAUSED:
            checked.paused.append(reminder.pk)
        if objection:
            checked.objections[objection] = None
            continue
        checked.total += 1
        checked.last_stage_on = max(checked.last_stage_on, _stage_day(reminder, today.days))
        if len(checked.owed) < LISTED:
            checked.owed.append((reminder, facts))


def _objection(reminder: Reminder, facts: Facts, today: _Today) -> str:
    """Return why a reminder must not be sent any more, or ""."""
    obligation = reminder.obligation
    row = facts.row(obligation)
    if row is None:
        return obligation.kind_words.gone
    if row["day"] != reminder.due_on:
        return f"{obligation.kind_words.day}が変わりました。"
    if reminder.rule_id not in today.rules:
        return "督促の規則が停止されました。"
    meant = today.audiences.are_meant(
        reminder.rule, obligation.ministry, obligation.office_id, address=reminder.recipient, on=today.on
    )
    if not meant:
        return "宛先が変わりました。"
    if obligation.pk in today.paused:
        return PAUSED
    newest = current_stage(
        due=Due(row["day"], row["at_time"]),
        at=today.now,
        offsets=today.offsets[obligation.kind],
        days=today.days,
        quiet_until=row["quiet"],
    )
    is_reached = _stage_day(reminder, today.days) <= today.on
    return "この段階の時期を過ぎました。" if is_reached and newest != reminder.rule.offset_days else ""


def _stage_day(reminder: Reminder, days: OpeningDays) -> date:
    """Return when the stage is reached: a holiday added since may have moved it."""
    return stage_day(due_on=reminder.due_on, offset=reminder.rule.offset_days, days=days)


@transaction.atomic
def _give_back(paused: Sequence[int]) -> None:
    """Let what is paused wait again: nobody has been told, so the ledger must not say so."""
    if paused:
        reminders = Reminder.objects.filter(pk__in=paused)
        Obligation.objects.open().filter(reminders__in=reminders).update(is_waiting=True)
        reminders.delete()


def _written_anew(mail: OutgoingMail, checked: _Checked, *, now: datetime) -> Send:
    today = instant_in_tokyo(now).date()
    first = checked.owed[0][0]
    ministry, office = first.obligation.ministry, first.obligation.office
    items = [
        open_item(
            reminder.obligation,
            stage=reminder.rule.offset_days,
            facts=facts,
            today=today,
            to_staff=mail.ministry_id is None,
            reminder_id=reminder.pk,
        )
        for reminder, facts in checked.owed
    ]
    addressee = called(first.rule, ministry=ministry, office=office, user=first.user)
    letter = Letter(items, checked.total, addressee, hand_over_url(to_staff=mail.ministry_id is None))
    wording = Wording(first.rule.subject, first.rule.text)
    subject, body = compose(wording=wording, letter=letter, sent_at=now)
    return Send(subject, body, ministry.superior_email if mail.cc else "")
