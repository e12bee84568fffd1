"""Plan reminders (督促): find what was reached and not yet reminded, and queue one mail a recipient.

Sending is outreach.services.delivery, which asks followup.services.mail_recheck just before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db import IntegrityError, transaction

from followup.models import Reminder, ReminderRule, Report
from followup.rules.reminder_stages import current_stage, latest_due_date, opening_of, sending_opens_at
from followup.rules.reminder_text import OpenReport, Wording, compose, reason
from followup.services.opening_days import opening_days
from followup.services.reminder_facts import Facts, gather, open_report
from followup.services.reminder_recipients import Recipient, Recipients, addressee
from outreach.models import MailKind, Ministry, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.mail import message_id

ACTOR = "督促の規則"

Rules = Mapping[int, ReminderRule]
"""The active rules by their offset."""


@dataclass(frozen=True)
class PlannedReminder:
    """One rule reached for one report and recipient, with what the mail will tell of it."""

    report: Report
    rule: ReminderRule
    due_on: date
    recipient: Recipient
    told: OpenReport

    @property
    def ministry(self) -> Ministry:
        return self.report.assignment.ministry

    @property
    def ledger_key(self) -> tuple[int, int, date, str]:
        return (self.report.pk, self.rule.pk, self.due_on, self.recipient.address.lower())

    def mail_key(self, sends_on: date) -> str:
        """Name the occasion of the mail: one recipient and day, so that there is one mail."""
        who = self.recipient.user.pk if self.recipient.user else "mailbox"
        return f"reminder:{sends_on}:{self.ministry.pk}:{who}"


def plan_reminders(*, today: date, now: datetime, dry_run: bool = False) -> list[PlannedReminder]:
    """Queue the reminders of a day and return them, in 建制順; nothing on a closed day.

    Safe to run again, late, or twice at once. What counts is the day on which the mail will go out:
    after hours that is the next 開庁日. Somebody who has had a reminder for that day gets no second
    one; the rest follows on the next. With `dry_run` nothing is written.
    """
    try:
        with transaction.atomic():
            return _plan(today=today, now=now, dry_run=dry_run)
    except IntegrityError:  # another planner was first; now its rows are seen
        with transaction.atomic():
            return _plan(today=today, now=now, dry_run=dry_run)


def _plan(*, today: date, now: datetime, dry_run: bool) -> list[PlannedReminder]:
    days = opening_days()
    rules = {rule.offset_days: rule for rule in ReminderRule.objects.active()}
    if not rules or not days.is_open(today):
        return []
    starts_at = now if instant_in_tokyo(now).date() == today else opening_of(today)
    sends_at = sending_opens_at(starts_at, days)
    planned = _not_yet_reminded(_reached(rules, days, sends_at), sends_at)
    if planned and not dry_run:
        _write(planned, sends_at=sends_at, today=today, now=now)
    return planned


def _reached(rules: Rules, days: OpeningDays, sends_at: datetime) -> list[PlannedReminder]:
    """Return what the rules ask for on the day of sending, whether or not it was done before."""
    on = sends_at.date()
    due = Report.objects.unanswered().filter(due_on__lte=latest_due_date(on=on, offsets=rules, days=days))
    facts = gather(due)
    reports = list(
        due.select_related("round__request", "assignment__ministry", "form_version").order_by(
            "assignment__ministry__order", "due_on", "pk"
        )
    )
    recipients = Recipients({report.assignment.ministry for report in reports})
    planned = []
    for report in reports:
        rule = _rule_reached(report, rules, facts, days, sends_at)
        if rule:
            told = open_report(report, stage=str(rule), facts=facts, today=on)
            planned += [
                PlannedReminder(report, rule, told.due.on, recipient, told)
                for recipient in recipients.of(rule, report.assignment.ministry, on=on)
            ]
    return planned


def _rule_reached(
    report: Report, rules: Rules, facts: Facts, days: OpeningDays, sends_at: datetime
) -> ReminderRule | None:
    if report.due is None:
        return None
    quiet_until = facts.quiet_until.get(report.pk)
    stage = current_stage(due=report.due, at=sends_at, offsets=rules, days=days, quiet_until=quiet_until)
    return None if stage is None else rules[stage]


def _not_yet_reminded(planned: Sequence[PlannedReminder], sends_at: datetime) -> list[PlannedReminder]:
    """Drop what the ledger has, and recipients who have a mail of that day already."""
    sends_on = sends_at.date()
    ledger = Reminder.objects.filter(due_on__in={reminder.due_on for reminder in planned})
    done = {
        (report, rule, due_on, recipient.lower())
        for report, rule, due_on, recipient in ledger.values_list("report", "rule", "due_on", "recipient")
    }
    mailed = set(
        OutgoingMail.objects.filter(dedupe_key__startswith=f"reminder:{sends_on}:").values_list(
            "dedupe_key", flat=True
        )
    )
    return [
        reminder
        for reminder in planned
        if reminder.ledger_key not in done and reminder.mail_key(sends_on) not in mailed
    ]


def _write(planned: Sequence[PlannedReminder], *, sends_at: datetime, today: date, now: datetime) -> None:
    """Write mails, ledger and audit; the unique keys refuse what another planner wrote meanwhile."""
    digests = _digests(planned, sends_at.date())
    mails = OutgoingMail.objects.bulk_create(
        _mail(key, reminders, sends_at=sends_at, now=now) for key, reminders in digests.items()
    )
    Reminder.objects.bulk_create(
        Reminder(
            report=reminder.report,
            rule=reminder.rule,
            due_on=reminder.due_on,
            recipient=reminder.recipient.address,
            user=reminder.recipient.user,
            mail=mail,
            planned_on=today,
        )
        for mail, reminders in zip(mails, digests.values(), strict=True)
        for reminder in reminders
    )
    record_audit(
        action="督促を計画",
        now=now,
        actor=None,
        rule=ACTOR,
        after={"送信予定日": sends_at.date(), "督促": len(planned), "メール": len(mails)},
    )


def _digests(planned: Iterable[PlannedReminder], sends_on: date) -> dict[str, list[PlannedReminder]]:
    """Group by recipient; within a mail the most pressing stage comes first and sets its words."""

    def occasion(reminder: PlannedReminder) -> str:
        return reminder.mail_key(sends_on)

    ordered = sorted(planned, key=lambda reminder: (occasion(reminder), -reminder.rule.offset_days))
    return {key: list(reminders) for key, reminders in groupby(ordered, key=occasion)}


def _mail(
    key: str, reminders: Sequence[PlannedReminder], *, sends_at: datetime, now: datetime
) -> OutgoingMail:
    first = reminders[0]
    told = [reminder.told for reminder in reminders]
    subject, body = compose(
        wording=Wording(first.rule.subject, first.rule.text),
        reports=told,
        addressee=addressee(first.recipient.user),
        sent_at=sends_at,
    )
    return OutgoingMail(
        kind=MailKind.REMINDER,
        dedupe_key=key,
        message_id=message_id(key),
        ministry=first.ministry,
        recipient=first.recipient.user,
        to=first.recipient.address,
        cc=next((reminder.recipient.cc for reminder in reminders if reminder.recipient.cc), ""),
        subject=subject,
        body=body,
        why=reason(told)[:200],
        not_before=sends_at,
        created_at=now,
    )
