"""A reminder is sent only when it still applies, and tells what is open at that moment."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.mail import EmailMessage
from pytest_django import DjangoAssertNumQueries

from followup.models import Reminder, ReminderRule, Report, SpecialDay
from followup.rules.obligations import REPORT_DUE
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.reference import load_followup_reference
from followup.services.reminder_recheck import recheck
from followup.services.reminders import plan_reminders
from outreach.models import Ministry, OutgoingMail, Role, User
from outreach.rules.wareki import TOKYO
from outreach.services.delivery import deliver_due
from tests.factories import make_mail, make_ministry, make_officer, make_report, make_round

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]

FIVE_BEFORE = date(2023, 9, 29)
DUE_ON = date(2023, 10, 6)
ONE_AFTER = date(2023, 10, 10)
THREE_AFTER = date(2023, 10, 12)
ANSWERED = "報告は提出されたか、フォローアップの受付が終わりました。"


@pytest.fixture(autouse=True)
def _rules_for_reports() -> None:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)


def at(day: date, hour: int = 7, minute: int = 30) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TOKYO)


def plan(day: date) -> None:
    plan_reminders(today=day, now=at(day))


def send(day: date, hour: int = 9, minute: int = 30) -> None:
    deliver_due(read_clock=lambda: at(day, hour, minute), recheck=recheck)


@pytest.fixture
def report() -> Report:
    report = make_report()
    make_officer(report.assignment.ministry)
    return report


def officer_of(report: Report) -> User:
    return report.assignment.ministry.users.get()


def reason_of_cancelling() -> str:
    mail = OutgoingMail.objects.get()
    assert mail.state == "cancelled"
    return mail.last_error


def test_a_planned_reminder_arrives_at_half_past_nine(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)

    send(FIVE_BEFORE, 9, 29)
    assert mailoutbox == []
    send(FIVE_BEFORE)

    assert [sent.to for sent in mailoutbox] == [[officer_of(report).email]]


@pytest.mark.parametrize("status", [ReportStatus.SUBMITTED, ReportStatus.ACCEPTED])
def test_who_answered_meanwhile_gets_none(report: Report, status: ReportStatus, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    Report.objects.update(status=status)

    send(FIVE_BEFORE)

    assert mailoutbox == []
    assert reason_of_cancelling() == ANSWERED


def test_a_closed_round_reminds_nobody(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    report.round.status = RoundStatus.CLOSED
    report.round.save(update_fields=["status"])

    send(FIVE_BEFORE)

    assert mailoutbox == []
    assert reason_of_cancelling() == ANSWERED


def test_a_due_date_moved_while_queued_stops_the_old_and_arms_the_new(
    report: Report, mailoutbox: Outbox
) -> None:
    plan(FIVE_BEFORE)
    Report.objects.update(due_on=date(2023, 10, 13))

    send(FIVE_BEFORE)
    assert reason_of_cancelling() == "期限が変わりました。"
    plan(date(2023, 10, 5))
    send(date(2023, 10, 5))

    assert ["10/13" in sent.subject for sent in mailoutbox] == [True]


def test_a_rule_switched_off_while_queued_says_nothing(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    ReminderRule.objects.update(is_active=False)

    send(FIVE_BEFORE)

    assert reason_of_cancelling() == "督促の規則が停止されました。"


def test_an_officer_who_is_no_longer_meant_gets_none(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    User.objects.filter(pk=officer_of(report).pk).update(role=Role.VIEWER)

    send(FIVE_BEFORE)

    assert mailoutbox == []
    assert reason_of_cancelling()


def test_when_a_mail_is_withdrawn_whoever_is_meant_now_is_reminded_once(
    report: Report, mailoutbox: Outbox
) -> None:
    plan(FIVE_BEFORE)
    User.objects.filter(pk=officer_of(report).pk).update(role=Role.VIEWER)
    newcomer = make_officer(report.assignment.ministry)

    for _ in range(2):
        send(FIVE_BEFORE)
        plan(FIVE_BEFORE)
    send(FIVE_BEFORE)

    assert [sent.to for sent in mailoutbox] == [[newcomer.email]]


def test_an_officer_who_moved_to_another_ministry_gets_none(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    User.objects.filter(pk=officer_of(report).pk).update(ministry=make_ministry())

    send(FIVE_BEFORE)

    assert [sent.to for sent in mailoutbox] == [[report.assignment.ministry.mailbox]]


def test_when_the_only_officer_leaves_the_shared_mailbox_gets_it_once(
    report: Report, mailoutbox: Outbox
) -> None:
    plan(FIVE_BEFORE)
    User.objects.filter(pk=officer_of(report).pk).update(is_active=False)

    send(FIVE_BEFORE)
    plan(FIVE_BEFORE)
    send(FIVE_BEFORE)

    mailbox = report.assignment.ministry.mailbox
    assert [sent.to for sent in mailoutbox] == [[mailbox]]
    assert Reminder.objects.get().recipient == mailbox


def test_when_an_officer_leaves_after_planning_the_successor_gets_it_once(
    report: Report, mailoutbox: Outbox
) -> None:
    officer = officer_of(report)
    plan(FIVE_BEFORE)
    successor = make_officer(report.assignment.ministry)
    User.objects.filter(pk=officer.pk).update(is_active=False, successor=successor)

    send(FIVE_BEFORE)
    plan_reminders(today=FIVE_BEFORE, now=at(FIVE_BEFORE, 10))
    send(FIVE_BEFORE, 10, 30)

    assert [sent.to for sent in mailoutbox] == [[successor.email]]
    reminder = Reminder.objects.get()
    assert (reminder.user, reminder.recipient) == (successor, successor.email)


def test_a_deputy_who_was_reminded_already_gets_no_second_reminder(
    report: Report, mailoutbox: Outbox
) -> None:
    officer = officer_of(report)
    deputy = make_officer(report.assignment.ministry)
    plan(FIVE_BEFORE)
    User.objects.filter(pk=officer.pk).update(away_from=FIVE_BEFORE, away_until=FIVE_BEFORE, deputy=deputy)

    send(FIVE_BEFORE)

    assert [sent.to for sent in mailoutbox] == [[deputy.email]]
    cancelled = OutgoingMail.objects.get(state="cancelled")
    assert "代理" in cancelled.last_error


def test_an_absence_that_begins_after_planning_reaches_the_deputy(report: Report, mailoutbox: Outbox) -> None:
    officer = officer_of(report)
    plan(ONE_AFTER)  # for coordinators
    deputy = make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR)
    User.objects.filter(pk=officer.pk).update(away_from=ONE_AFTER, away_until=ONE_AFTER, deputy=deputy)

    send(ONE_AFTER)
    plan_reminders(today=ONE_AFTER, now=at(ONE_AFTER, 10))
    send(ONE_AFTER, 10, 30)

    assert [sent.to for sent in mailoutbox] == [[deputy.email]]


def test_a_shared_mailbox_that_changed_gets_none(mailoutbox: Outbox) -> None:
    make_report()
    plan(FIVE_BEFORE)
    Ministry.objects.update(mailbox="other@ministry.example")

    send(FIVE_BEFORE)

    assert mailoutbox == []


def test_the_copy_goes_to_who_is_the_superior_now(mailoutbox: Outbox) -> None:
    ministry = make_ministry(mailbox="", superior_email="old@ministry.example")
    make_report(ministry)
    make_officer(ministry)
    plan(THREE_AFTER)
    Ministry.objects.filter(pk=ministry.pk).update(superior_email="new@ministry.example")

    send(THREE_AFTER)

    assert [sent.cc for sent in mailoutbox] == [["new@ministry.example"]]


def test_a_stage_that_was_overtaken_in_the_queue_is_not_sent(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)

    plan(ONE_AFTER)
    send(ONE_AFTER)

    assert [sent.subject for sent in mailoutbox] == [
        "【再度のお願い】フォローアップの御回答について（10/6期限分）"
    ]


def test_out_of_hours_a_reminder_waits_and_other_mail_does_not(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    other = make_mail(not_before=at(FIVE_BEFORE))

    send(FIVE_BEFORE, 18, 15)

    reminder = Reminder.objects.get().mail
    assert [sent.to for sent in mailoutbox] == [[other.to]]
    assert (reminder.state, reminder.not_before) == ("queued", at(date(2023, 10, 2), 9, 30))


def test_a_holiday_added_after_planning_holds_the_reminder_back(report: Report, mailoutbox: Outbox) -> None:
    plan(DUE_ON)
    SpecialDay.objects.create(day=DUE_ON, name="臨時の閉庁日")

    send(DUE_ON)
    assert mailoutbox == []
    plan(ONE_AFTER)
    send(ONE_AFTER)

    assert [sent.subject[:8] for sent in mailoutbox] == ["【再度のお願い】"]


def test_a_stage_that_the_calendar_moved_to_tomorrow_waits_for_it(report: Report, mailoutbox: Outbox) -> None:
    plan(FIVE_BEFORE)
    saturday = date(2023, 9, 30)
    SpecialDay.objects.create(day=saturday, is_closed=False, name="臨時の開庁日")

    send(FIVE_BEFORE)
    assert mailoutbox == []
    plan(saturday)
    send(saturday)

    assert len(mailoutbox) == Reminder.objects.count() == 1


def test_the_digest_leaves_out_what_was_answered_meanwhile(mailoutbox: Outbox) -> None:
    ministry = make_ministry()
    make_officer(ministry)
    answered = make_report(ministry, make_round(due_on=DUE_ON))
    owed = make_report(ministry, make_round(due_on=date(2023, 10, 13)))
    plan(DUE_ON)
    Report.objects.filter(pk=answered.pk).update(status=ReportStatus.SUBMITTED)

    send(DUE_ON)

    (sent,) = mailoutbox
    assert sent.subject == "【期限 10/13】フォローアップの御回答について（お知らせ）"
    opened_by = {row.obligation.report_id: f"/portal/reminders/{row.pk}/" for row in Reminder.objects.all()}
    assert opened_by[owed.pk] in sent.body
    assert opened_by[answered.pk] not in sent.body


def test_the_words_are_those_of_the_moment_of_sending(report: Report, mailoutbox: Outbox) -> None:
    plan(DUE_ON)
    Report.objects.update(status=ReportStatus.IN_REVIEW, review_asked_at=at(DUE_ON))

    send(DUE_ON, 11, 5)

    assert "11時05分の時点で" in mailoutbox[0].body
    assert "現在の状況：部内確認中" in mailoutbox[0].body
    assert OutgoingMail.objects.get().body == mailoutbox[0].body


def test_an_escalation_names_the_day_of_the_reminder_before(report: Report, mailoutbox: Outbox) -> None:
    plan(ONE_AFTER)
    send(ONE_AFTER)

    plan(THREE_AFTER)
    send(THREE_AFTER)

    assert "令和5年10月10日にもお願いしたところですが" in mailoutbox[1].body


def test_looking_again_costs_the_same_for_one_report_and_for_many(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def queries(reports: int, day: date) -> int:
        ministry = make_ministry()
        make_officer(ministry)
        for _ in range(reports):
            make_report(ministry)
        plan(day)
        mail = OutgoingMail.objects.get(ministry=ministry)
        with django_assert_max_num_queries(20) as captured:
            assert recheck(mail, at(day, 10))
        return len(captured)

    assert queries(1, FIVE_BEFORE) == queries(8, FIVE_BEFORE)


def test_after_an_address_changed_the_reminder_and_the_ledger_follow_it(
    report: Report, mailoutbox: Outbox
) -> None:
    plan(DUE_ON)
    User.objects.filter(ministry=report.assignment.ministry).update(email="new@ministry.example")

    send(DUE_ON)
    plan(DUE_ON)
    send(DUE_ON, 11)

    assert [mail.to for mail in mailoutbox] == [["new@ministry.example"]]
    assert Reminder.objects.get().recipient == "new@ministry.example"
