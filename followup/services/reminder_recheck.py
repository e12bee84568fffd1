"""Ask again, just before a reminder is sent, whether it still applies, and write it as things stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from followup.models import Reminder, ReminderRule, Report
from followup.rules.due import Due
from followup.rules.reminder_stages import current_stage, opening_of, sending_opens_at, stage_day
from followup.rules.reminder_text import Wording, compose
from followup.rules.status import UNANSWERED, RoundStatus
from followup.services.opening_days import opening_days
from followup.services.reminder_facts import Facts, gather, open_report
from followup.services.reminder_recipients import Recipients, addressee, follow_mail
from outreach.models import MailKind, OutgoingMail
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.delivery import Cancel, Postpone, Send, Verdict

SENT_ALREADY = "同じ督促を、代理又は後任の方にも送っています。"


def recheck(mail: OutgoingMail, now: datetime) -> Verdict | None:
    """Return what to do with a reminder that is about to be sent; None for mail of another kind.

    It is postponed out of hours and when the calendar has moved its stage; it tells only of
    the reports that are still owed, and is cancelled when there is none left.
    """
    if mail.kind != MailKind.REMINDER:
        return None
    days = opening_days()
    today = instant_in_tokyo(now).date()
    reminders = list(
        mail.reminders.select_related(
            "rule", "user", "report__round__request", "report__assignment__ministry", "report__form_version"
        ).order_by("-rule__offset_days", "pk")
    )
    facts = gather(Report.objects.filter(reminders__mail=mail))
    offsets = list(ReminderRule.objects.active().values_list("offset_days", flat=True))
    recipients = Recipients({reminder.report.assignment.ministry for reminder in reminders})
    doubled = follow_mail(mail, reminders)
    objections = {
        reminder: SENT_ALREADY
        if reminder in doubled
        else _objection(reminder, _newest(reminder, offsets, facts, days, now), days, today, recipients)
        for reminder in reminders
    }
    owed = [reminder for reminder in reminders if not objections[reminder]]
    if not owed:
        return Cancel("、".join(dict.fromkeys(objections.values())) or "対象の報告がありません。")
    opens_at = max(sending_opens_at(now, days), opening_of(_last_stage_day(owed, days)))
    if opens_at > now:
        return Postpone(opens_at)
    return _written_anew(mail, owed, facts=facts, now=now)


def _newest(
    reminder: Reminder, offsets: Sequence[int], facts: Facts, days: OpeningDays, now: datetime
) -> int | None:
    return current_stage(
        due=Due(reminder.due_on, reminder.report.due_time),
        at=now,
        offsets=offsets,
        days=days,
        quiet_until=facts.quiet_until.get(reminder.report_id),
    )


def _objection(
    reminder: Reminder, newest: int | None, days: OpeningDays, today: date, recipients: Recipients
) -> str:
    """Return why a reminder must not be sent any more, or "". `newest` is the stage of today."""
    report = reminder.report
    ministry = report.assignment.ministry
    is_reached = _stage_day(reminder, days) <= today
    is_meant = recipients.are_meant(reminder.rule, ministry, address=reminder.recipient, on=today)
    checks = (
        (report.status not in UNANSWERED, "報告は提出されました。"),
        (report.round.status != RoundStatus.OPEN, "フォローアップの受付が終わりました。"),
        (report.due_on != reminder.due_on, "回答期限が変わりました。"),
        (not reminder.rule.is_active, "督促の規則が停止されました。"),
        (not is_meant, "宛先が変わりました。"),
        (is_reached and newest != reminder.rule.offset_days, "この段階の時期を過ぎました。"),
    )
    return next((reason for is_broken, reason in checks if is_broken), "")


def _stage_day(reminder: Reminder, days: OpeningDays) -> date:
    return stage_day(due_on=reminder.due_on, offset=reminder.rule.offset_days, days=days)


def _last_stage_day(reminders: Sequence[Reminder], days: OpeningDays) -> date:
    """Return when all stages of a mail are reached: a holiday added since may have moved them."""
    return max(_stage_day(reminder, days) for reminder in reminders)


def _written_anew(mail: OutgoingMail, reminders: Sequence[Reminder], *, facts: Facts, now: datetime) -> Send:
    today = instant_in_tokyo(now).date()
    first = reminders[0]
    subject, body = compose(
        wording=Wording(first.rule.subject, first.rule.text),
        reports=[
            open_report(reminder.report, stage=str(reminder.rule), facts=facts, today=today)
            for reminder in reminders
        ],
        addressee=addressee(first.user),
        sent_at=now,
    )
    cc = first.report.assignment.ministry.superior_email if mail.cc else ""
    return Send(subject, body, cc)
