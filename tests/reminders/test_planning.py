"""Reminders are planned when they are reached: once, for the right people, with true words."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from followup.models import Audience, Reminder, ReminderRule, Report, ReturnPoint, SpecialDay, Submission
from followup.rules.obligations import REPORT_DUE
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.reference import load_followup_reference
from followup.services.reminder_recipients import ministries_without_officer
from followup.services.reminders import Plan, plan_reminders
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role
from outreach.rules.wareki import TOKYO
from tests.factories import (
    make_body,
    make_ministry,
    make_notification,
    make_officer,
    make_report,
    make_round,
    make_staff,
)

pytestmark = pytest.mark.django_db

FIVE_BEFORE = date(2023, 9, 29)
THREE_BEFORE = date(2023, 10, 3)
DUE_ON = date(2023, 10, 6)
ONE_AFTER = date(2023, 10, 10)  # 10/9 is a holiday
THREE_AFTER = date(2023, 10, 12)


@pytest.fixture(autouse=True)
def _rules_for_reports() -> None:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)


def at(day: date, hour: int = 7, minute: int = 30, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=TOKYO)


def plan(day: date, hour: int = 7, minute: int = 30, **options: bool) -> Plan:
    return plan_reminders(today=day, now=at(day, hour, minute), **options)


def report_with_officer(**fields: object) -> Report:
    report = make_report(**fields)  # type: ignore[arg-type]
    make_officer(report.assignment.ministry)
    return report


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind=MailKind.REMINDER).order_by("pk"))


def stages() -> list[int]:
    return list(Reminder.objects.order_by("pk").values_list("rule__offset_days", flat=True))


def submit(report: Report, on: date) -> Submission:
    assert report.form_version
    assert report.due_on
    return Submission.objects.create(
        report=report,
        number=1,
        receipt_number=f"FU6-{report.pk}-01",
        form_version=report.form_version,
        submitted_at=at(on, 12),
        submitted_by=make_officer(report.assignment.ministry, role=Role.VIEWER),
        due_on=report.due_on,
    )


def test_a_rule_reminds_once_however_often_the_plan_runs() -> None:
    report = report_with_officer()

    for hour in (7, 9, 10):
        plan(FIVE_BEFORE, hour)

    assert stages() == [-5]
    (mail,) = mails()
    assert mail.subject == "【期限 10/6】フォローアップの御回答について（お知らせ）"
    assert mail.to == report.assignment.ministry.users.get().email
    assert mail.not_before == at(FIVE_BEFORE, 9, 30)


def test_every_stage_has_its_day() -> None:
    report_with_officer(ministry=make_ministry(mailbox=""))

    for day in range(20, 31):
        plan(date(2023, 9, day))
    for day in range(1, 32):
        plan(date(2023, 10, day))

    assert stages() == [-5, -3, 0, 1, 3, 5]
    assert list(Reminder.objects.order_by("pk").values_list("planned_on", flat=True)) == [
        FIVE_BEFORE, THREE_BEFORE, DUE_ON, ONE_AFTER, THREE_AFTER, date(2023, 10, 16)
    ]  # fmt: skip


def test_after_an_outage_of_three_days_only_the_stage_that_applies_now_is_sent() -> None:
    report_with_officer()

    plan(date(2023, 10, 5))

    assert stages() == [-3]


def test_after_an_outage_on_the_due_day_the_next_opening_day_catches_up_once() -> None:
    report_with_officer()

    plan(ONE_AFTER)
    plan(date(2023, 10, 11))

    assert stages() == [1]


def test_nothing_is_planned_on_a_closed_day() -> None:
    report_with_officer()

    assert not plan(date(2023, 9, 30)).planned
    assert not plan(date(2023, 10, 9)).planned


def test_a_moved_due_date_starts_anew() -> None:
    report = report_with_officer()
    plan(FIVE_BEFORE)

    Report.objects.filter(pk=report.pk).update(due_on=date(2023, 10, 13))
    plan(THREE_BEFORE)
    plan(date(2023, 10, 5))

    assert list(Reminder.objects.order_by("pk").values_list("rule__offset_days", "due_on")) == [
        (-5, DUE_ON), (-5, date(2023, 10, 13))
    ]  # fmt: skip


def test_a_holiday_that_was_added_moves_what_is_still_to_come() -> None:
    report_with_officer()
    SpecialDay.objects.create(day=date(2023, 10, 4), name="臨時の閉庁日")

    plan(date(2023, 9, 28))

    assert stages() == [-5]


@pytest.mark.parametrize("status", [ReportStatus.SUBMITTED, ReportStatus.ACCEPTED])
def test_who_has_answered_is_left_alone(status: ReportStatus) -> None:
    report_with_officer(status=status)

    assert not plan(FIVE_BEFORE).planned


@pytest.mark.parametrize("status", [RoundStatus.FORM_UNDECIDED, RoundStatus.CLOSED, RoundStatus.FIXED])
def test_only_a_round_that_is_being_collected_reminds(status: RoundStatus) -> None:
    collection = make_round(status=status)
    report_with_officer(collection=collection, form_version=None)

    assert not plan(FIVE_BEFORE).planned


def test_a_report_returned_after_its_due_date_does_not_get_the_missed_stages() -> None:
    report = report_with_officer(status=ReportStatus.RETURNED)
    submission = submit(report, date(2023, 10, 5))
    ReturnPoint.objects.create(
        submission=submission, comment="確認", created_by=make_staff(), created_at=at(THREE_AFTER, 15)
    )

    assert not plan(THREE_AFTER, 16).planned
    assert not plan(date(2023, 10, 13)).planned
    last = plan(date(2023, 10, 16)).planned
    assert [reminder.occasion.rule.offset_days for reminder in last] == [5, 5]


def test_before_the_due_date_officers_and_coordinators_get_it_and_viewers_do_not() -> None:
    report = make_report()
    ministry = report.assignment.ministry
    expected = {make_officer(ministry, role=role).email for role in (Role.COORDINATOR, Role.CONTRIBUTOR)}
    make_officer(ministry, role=Role.VIEWER)
    make_officer(ministry, is_active=False)

    plan(FIVE_BEFORE)

    assert {mail.to for mail in mails()} == expected


def test_after_the_due_date_coordinators_get_it() -> None:
    report = make_report()
    coordinator = make_officer(report.assignment.ministry)
    make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR)

    plan(ONE_AFTER)

    assert [mail.to for mail in mails()] == [coordinator.email]


def test_escalation_adds_the_shared_mailbox_and_one_copy_to_the_superior() -> None:
    ministry = make_ministry(mailbox="box@ministry.example", superior_email="superior@ministry.example")
    make_report(ministry)
    coordinators = [make_officer(ministry).email for _ in range(2)]

    plan(THREE_AFTER)

    assert [(mail.to, mail.cc) for mail in mails()] == [
        (coordinators[0], "superior@ministry.example"),
        (coordinators[1], ""),
        ("box@ministry.example", ""),
    ]


def test_without_officers_it_goes_to_the_shared_mailbox_and_staff_see_the_problem() -> None:
    report = make_report()
    ministry = report.assignment.ministry
    make_officer(ministry, is_active=False)

    plan(FIVE_BEFORE)

    assert [mail.to for mail in mails()] == [ministry.mailbox]
    assert Reminder.objects.get().user is None
    assert list(ministries_without_officer()) == [ministry]


def test_with_nobody_at_all_the_problem_remains_for_staff() -> None:
    ministry = make_ministry(mailbox="")
    make_report(ministry)

    assert not plan(FIVE_BEFORE).planned
    assert list(ministries_without_officer()) == [ministry]


def test_a_ministry_with_officers_or_without_a_debt_is_no_problem() -> None:
    report_with_officer()
    make_report(status=ReportStatus.ACCEPTED)
    make_ministry()

    assert not ministries_without_officer().exists()


def test_several_reports_of_a_recipient_share_one_mail_led_by_the_most_pressing() -> None:
    ministry = make_ministry()
    officer = make_officer(ministry)
    first = make_report(ministry, make_round(due_on=DUE_ON))
    second = make_report(ministry, make_round(due_on=date(2023, 10, 13)))

    plan(DUE_ON)

    (mail,) = mails()
    assert mail.to == officer.email
    assert mail.subject == "【本日期限】フォローアップの御回答について（お知らせ）ほか1件"
    assert {reminder.obligation.report for reminder in mail.reminders.all()} == {first, second}
    for report in (first, second):
        assert f"/portal/reports/{report.pk}/" in mail.body
    assert "令和5年10月13日（金）（期限の5開庁日前のお知らせ）" in mail.body


def test_a_recipient_gets_one_mail_a_day_and_the_rest_on_the_next() -> None:
    ministry = make_ministry()
    make_officer(ministry)
    make_report(ministry)
    plan(FIVE_BEFORE)

    make_report(ministry)  # a second round opens in the afternoon
    plan(FIVE_BEFORE, 14)
    assert len(mails()) == 1
    plan(date(2023, 10, 2))

    assert len(mails()) == 2
    assert Reminder.objects.count() == 2


def test_a_mail_tells_only_of_its_own_ministry() -> None:
    collection = make_round()
    reports = [report_with_officer(collection=collection) for _ in range(3)]

    plan(FIVE_BEFORE)

    for report in reports:
        ministry = report.assignment.ministry
        (mail,) = OutgoingMail.objects.filter(ministry=ministry)
        others = [other for other in reports if other != report]
        assert ministry.name in mail.body
        assert not [other for other in others if other.assignment.ministry.name in mail.body]
        assert not [other for other in others if f"/reports/{other.pk}/" in mail.body]


def test_the_words_tell_what_is_open_and_why_the_mail_came() -> None:
    report = report_with_officer(collection=make_round(contact_phone="03-0000-0000"))
    ministry = report.assignment.ministry
    for _ in range(2):
        make_notification(report.assignment, make_body(ministry))
    make_notification(report.assignment, make_body(ministry), issued_on=None)

    plan(FIVE_BEFORE)

    body = mails()[0].body
    assert "登録済みの団体等：2件（うち報告入力済み 0件）" in body
    assert "現在の状況：未着手" in body
    assert "回答期限が令和5年10月6日（金）となっております" in body
    assert "【問合せ先】デジタル庁広報戦略チーム　電話：03-0000-0000" in body
    assert f"{ministry.name}の取りまとめ担当として登録されており" in body
    assert "{{" not in body
    assert mails()[0].why == "期限の5開庁日前（期限 10/6）：報告が提出されていないため"


def test_the_day_of_the_last_reminder_is_told_else_that_of_the_form() -> None:
    report_with_officer()

    plan(THREE_AFTER)

    assert "令和5年9月4日にもお願いしたところですが" in mails()[0].body


@pytest.mark.parametrize(
    ("instant", "stage", "sends_at"),
    [
        ("2023-10-05T23:59:50", 0, "2023-10-06T09:30:00"),
        ("2023-10-06T00:00:10", 0, "2023-10-06T09:30:00"),
        ("2023-10-06T18:14:59", 0, "2023-10-06T18:14:59"),
        ("2023-10-06T18:15:00", 1, "2023-10-10T09:30:00"),
    ],
)
def test_around_midnight_the_stage_is_that_of_the_day_it_is_sent_on(
    instant: str, stage: int, sends_at: str
) -> None:
    report_with_officer()
    now = datetime.fromisoformat(f"{instant}+09:00")

    plan_reminders(today=now.date(), now=now)

    assert stages() == [stage]
    assert mails()[0].not_before == datetime.fromisoformat(f"{sends_at}+09:00")


def test_the_evening_and_the_next_morning_plan_the_same_mail_once() -> None:
    report_with_officer()

    plan(date(2023, 10, 5), 20)
    plan(DUE_ON)

    assert stages() == [0]


def test_over_new_year_nothing_is_planned_and_the_first_day_catches_up() -> None:
    report_with_officer(collection=make_round(due_on=date(2023, 12, 28)))

    for day in (29, 30, 31):
        assert not plan(date(2023, 12, day)).planned
    for day in (1, 2, 3):
        assert not plan(date(2024, 1, day)).planned
    plan(date(2024, 1, 4))

    assert stages() == [1]


def test_a_due_date_far_in_the_future_disturbs_nobody() -> None:
    report_with_officer(due_on=date(2999, 1, 1))
    report_with_officer()

    assert plan(FIVE_BEFORE).reminders == 1


def test_a_dry_run_shows_the_same_and_writes_nothing() -> None:
    report = report_with_officer()

    shown = plan(FIVE_BEFORE, dry_run=True)

    assert [reminder.ministry for reminder in shown.planned] == [report.assignment.ministry]
    assert (mails(), stages(), AuditEntry.objects.count()) == ([], [], 0)
    assert plan(FIVE_BEFORE).planned == shown.planned


def test_rules_that_are_switched_off_say_nothing() -> None:
    report_with_officer()
    ReminderRule.objects.update(is_active=False)

    assert not plan(FIVE_BEFORE).planned


def test_planning_leaves_one_entry_in_the_audit_trail() -> None:
    report_with_officer()

    plan(FIVE_BEFORE)
    plan(FIVE_BEFORE, 9)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_label) == ("督促を計画", "督促の規則")
    assert entry.after == {
        "送信予定日": "2023-09-29",
        "督促": 1,
        "メール": 1,
        "理由": {"報告の提出：期限の5開庁日前": 1},
    }


def test_the_database_refuses_a_second_reminder_of_the_same_stage() -> None:
    report_with_officer()
    plan(FIVE_BEFORE)
    reminder = Reminder.objects.get()
    reminder.pk, reminder._state.adding = None, True

    with pytest.raises(IntegrityError):
        reminder.save()


def test_the_queries_do_not_grow_with_the_reports() -> None:
    def queries(count: int) -> int:
        collection = make_round(due_on=date(2023, 10, 6))
        for _ in range(count):
            report_with_officer(collection=collection)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            plan(FIVE_BEFORE)
        return len(captured)

    assert queries(1) == queries(20)


def test_a_rule_with_an_unknown_placeholder_is_refused() -> None:
    rule = ReminderRule(
        offset_days=9, audience=Audience.OFFICERS, subject="{{宛名}}", text="{{府省庁名}} {{団体名}}"
    )

    with pytest.raises(ValidationError, match="差込項目「団体名」はありません") as refusal:
        rule.full_clean()

    assert set(refusal.value.message_dict) == {"subject", "text"}
