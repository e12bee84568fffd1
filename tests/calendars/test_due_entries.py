"""Mails about a due date carry its calendar entry, which another reader understands as it was meant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import vobject
from django.core.mail import EmailMessage

from followup.documents.due_calendar import calendar_of
from followup.documents.mail_attachments import recheck
from followup.models import Report
from followup.rules.due import Due
from followup.rules.status import ReportStatus
from followup.services.due_change import change_due_date
from followup.services.due_events import DueEvent, report_events
from followup.services.mail_texts import url_of
from followup.services.reference import load_followup_reference
from followup.services.reminders import plan_reminders
from outreach.models import MailKind, Ministry, OutgoingMail
from outreach.rules.wareki import TOKYO
from outreach.services.delivery import deliver_due
from tests.factories import NOW, make_asked_report, make_mail, make_officer, make_report, make_staff

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]
FIVE_BEFORE = datetime(2023, 9, 29, 9, 30, tzinfo=TOKYO)


def ministry_of(report: Report) -> Ministry:
    return report.assignment.ministry


def read(content: Any) -> Any:
    return vobject.readOne(content.decode() if isinstance(content, bytes) else content)


def move_due(report: Report, due_on: date) -> None:
    change_due_date(round=report.round, due_on=due_on, reason="都合", actor=make_staff(), now=NOW)


def entries(message: EmailMessage) -> list[Any]:
    return [
        read(part.get_payload(decode=True))
        for part in message.message().walk()
        if part.get_content_type() == "text/calendar"
    ]


def send(now: datetime) -> None:
    deliver_due(read_clock=lambda: now, recheck=recheck)


def event(**fields: Any) -> DueEvent:
    defaults: dict[str, Any] = {
        "uid": "report-1@outreach.example", "sequence": 0, "due": Due(date(2023, 10, 6)),
        "title": "【回答期限】フォローアップ（厚生労働省）", "text": "回答期限です。", "url": "https://outreach.example/",
    }  # fmt: skip
    return DueEvent(**(defaults | fields))


def test_a_reminder_carries_the_entry_of_its_due_date(mailoutbox: Outbox) -> None:
    load_followup_reference()
    report = make_report()
    officer = make_officer(ministry_of(report))
    plan_reminders(today=FIVE_BEFORE.date(), now=FIVE_BEFORE)

    send(FIVE_BEFORE)

    (message,) = (sent for sent in mailoutbox if sent.subject.startswith("【期限 10/6】"))
    assert message.to == [officer.email]
    (calendar,) = entries(message)
    part = next(part for part in message.message().walk() if part.get_content_type() == "text/calendar")
    assert part.get_filename() == "回答期限_10月6日.ics"
    assert (part.get_param("method"), part.get_content_charset()) == ("PUBLISH", "utf-8")
    assert calendar.method.value == "PUBLISH"
    assert calendar.vevent.dtstart.value == date(2023, 10, 6)
    assert calendar.vevent.summary.value == f"【回答期限】フォローアップ（{ministry_of(report).name}）"
    assert calendar.vevent.url.value == url_of("portal:report_detail", report.pk)


def test_publishing_a_form_and_moving_the_date_carry_it_too(mailoutbox: Outbox) -> None:
    report = make_asked_report()
    make_officer(ministry_of(report))
    change_due_date(
        round=report.round,
        due_on=date(2023, 10, 13),
        due_time=time(17),
        reason="都合",
        actor=make_staff(),
        now=NOW,
    )

    send(NOW)

    kinds = set(OutgoingMail.objects.values_list("kind", flat=True))
    found = [[entry.vevent for entry in entries(message)] for message in mailoutbox]
    assert kinds == {MailKind.FORM, MailKind.EXTENDED}
    assert all(len(events) == 1 for events in found)
    assert {events[0].uid.value.partition("@")[0] for events in found} == {f"report-{report.pk}"}


def test_only_the_due_dates_that_a_mail_links_to_go_with_it(mailoutbox: Outbox) -> None:
    report = make_report()
    other = make_report(ministry_of(report))
    url = url_of("portal:report_detail", report.pk)
    make_mail(kind=MailKind.FORM, ministry=ministry_of(report), body=f"入力画面：{url}")
    make_mail(kind=MailKind.RECEIPT, ministry=ministry_of(report), body=f"入力画面：{url}")
    make_mail(kind=MailKind.FORM, body=f"入力画面：{url}")

    send(NOW)

    assert [len(entries(message)) for message in mailoutbox] == [1, 0, 0]
    assert str(other.pk) not in entries(mailoutbox[0])[0].vevent.url.value


def test_what_was_submitted_meanwhile_is_in_no_mail(mailoutbox: Outbox) -> None:
    report = make_report(status=ReportStatus.SUBMITTED)
    url = url_of("portal:report_detail", report.pk)
    make_mail(kind=MailKind.EXTENDED, ministry=ministry_of(report), body=f"入力画面：{url}")

    send(NOW)

    assert entries(mailoutbox[0]) == []


def test_a_reminder_of_what_was_submitted_meanwhile_carries_nothing(mailoutbox: Outbox) -> None:
    load_followup_reference()
    report = make_report()
    make_officer(ministry_of(report))
    plan_reminders(today=FIVE_BEFORE.date(), now=FIVE_BEFORE)
    Report.objects.update(status=ReportStatus.SUBMITTED)

    send(FIVE_BEFORE)

    assert not any(entries(message) for message in mailoutbox)


def test_the_entry_is_the_same_and_its_sequence_grows_whenever_the_day_moves() -> None:
    report = make_asked_report()
    seen = []
    for day in (None, 13, 20, 13):
        if day:
            change_due_date(
                round=report.round, due_on=date(2023, 10, day), reason="都合", actor=make_staff(), now=NOW
            )
        (found,) = report_events(ministry_of(report))
        seen.append((found.uid, found.sequence))

    assert len({uid for uid, _sequence in seen}) == 1
    assert [sequence for _uid, sequence in seen] == [0, 1, 2, 3]


def test_saving_a_draft_does_not_change_the_entry() -> None:
    report = make_asked_report()
    report.answers = {"note": "下書き"}
    report.save(update_fields=["answers"])

    (found,) = report_events(ministry_of(report))

    assert found.sequence == 0


def test_what_is_submitted_is_cancelled_and_comes_back_when_it_is_returned() -> None:
    report = make_asked_report()
    seen = []
    for status in (ReportStatus.SUBMITTED, ReportStatus.RETURNED):
        Report.objects.filter(pk=report.pk).update(status=status)
        (found,) = report_events(ministry_of(report))
        calendar = read(calendar_of([found], name="期限", now=NOW))
        seen.append((calendar.vevent.status.value, found.sequence, hasattr(calendar.vevent, "valarm")))

    assert seen == [("CANCELLED", 1, False), ("CONFIRMED", 2, True)]


@pytest.mark.parametrize(
    ("due", "starts", "ends", "trigger"),
    [
        (Due(date(2023, 10, 6)), date(2023, 10, 6), date(2023, 10, 7), timedelta(hours=-15)),
        (
            Due(date(2023, 10, 6), time(17)),
            datetime(2023, 10, 6, 16, 30, tzinfo=TOKYO),
            datetime(2023, 10, 6, 17, 0, tzinfo=TOKYO),
            timedelta(hours=-31, minutes=-30),
        ),
    ],
)
def test_another_reader_finds_the_day_in_japanese_time_and_an_alarm_the_morning_before(
    due: Due, starts: object, ends: object, trigger: timedelta
) -> None:
    calendar = read(calendar_of([event(due=due)], name="期限", now=NOW))

    assert calendar.vevent.dtstart.value == starts
    assert calendar.vevent.dtend.value == ends
    assert calendar.vevent.valarm.trigger.value == trigger
    assert calendar.vevent.dtstamp.value == NOW


def test_a_title_cannot_add_a_line_of_its_own() -> None:
    content = calendar_of(
        [event(title="期限\r\nATTENDEE:mailto:a@b.example", text="a;b,c\\d")], name="期限", now=NOW
    )

    calendar = read(content)
    assert not hasattr(calendar.vevent, "attendee")
    assert calendar.vevent.description.value == "a;b,c\\d"
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
