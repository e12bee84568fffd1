"""The due date to the second, in Asia/Tokyo: the second that is named still counts, the next does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from followup.models import ReminderRule, Report, Round
from followup.rules.obligations import REPORT_DUE
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.extensions import extend_due_date
from followup.services.figures import count_figures
from followup.services.forms import create_form_draft, publish_form
from followup.services.reference import load_followup_reference
from followup.services.reminders import plan_reminders
from followup.services.review import return_report
from followup.services.submissions import submit_report
from outreach.models import MailKind, OutgoingMail, User
from outreach.rules.wareki import TOKYO
from outreach.services.errors import Refusal
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_officer,
    make_report,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db

DUE_ON = date(2023, 10, 6)
FIVE = time(17)
BOTH_ENDS = [
    (FIVE, datetime(2023, 10, 6, 17, 0, 0, 999_999, TOKYO), False),
    (FIVE, datetime(2023, 10, 6, 17, 0, 1, 0, TOKYO), True),
    (None, datetime(2023, 10, 6, 23, 59, 59, 999_999, TOKYO), False),
    (None, datetime(2023, 10, 6, 15, 0, 0, 0, UTC), True),  # midnight in Tokyo
    (time(0), datetime(2023, 10, 6, 0, 0, 0, 0, TOKYO), False),
    (time(0), datetime(2023, 10, 6, 0, 0, 1, 0, TOKYO), True),
]
ENDS = pytest.mark.parametrize(("due_time", "at", "passed"), BOTH_ENDS)


@pytest.fixture
def staff() -> User:
    return make_staff()


def due_at(report: Report, due_time: time | None, *, accepts_late: bool = False) -> Report:
    """Give a report and its round the due time."""
    Report.objects.filter(pk=report.pk).update(due_time=due_time)
    Round.objects.filter(pk=report.round_id).update(due_time=due_time, accepts_late=accepts_late)
    return Report.objects.select_related("round").get(pk=report.pk)


@ENDS
def test_a_report_is_overdue_from_the_second_after(due_time: time | None, at: datetime, passed: bool) -> None:
    report = due_at(make_report(), due_time)

    found = Report.objects.overdue(at)

    assert report.is_overdue(at) is passed
    assert found.filter(pk=report.pk).exists() is passed


@ENDS
def test_where_no_late_report_is_taken_the_last_second_is_taken_and_the_next_is_not(
    due_time: time | None, at: datetime, passed: bool
) -> None:
    report = due_at(make_answered_report(), due_time)
    officer = make_officer(report.assignment.ministry)

    if passed:
        with pytest.raises(Refusal, match="期限を過ぎた"):
            submit_report(report=report, expected_version=report.version, actor=officer, now=at)
    else:
        submit_report(report=report, expected_version=report.version, actor=officer, now=at)

    assert report.submissions.exists() is not passed


def test_a_returned_report_is_taken_after_the_due_time_all_the_same(staff: User) -> None:
    report = make_submission(due_at(make_answered_report(), FIVE)).report
    late = datetime(2023, 10, 6, 17, 0, 1, tzinfo=TOKYO)
    returned = return_report(report=report, reason="確認してください。", actor=staff, now=late)

    again = submit_report(
        report=returned,
        expected_version=returned.version,
        actor=make_officer(report.assignment.ministry),
        now=late,
    )

    assert again.number == 2


@ENDS
def test_what_was_late_is_told_by_the_due_time_of_that_day_whatever_becomes_of_it(
    staff: User, due_time: time | None, at: datetime, passed: bool
) -> None:
    report = due_at(make_answered_report(), due_time, accepts_late=True)
    submission = submit_report(
        report=report,
        expected_version=report.version,
        actor=make_officer(report.assignment.ministry),
        now=at,
    )
    Report.objects.filter(pk=report.pk).update(due_on=DUE_ON + timedelta(days=30), due_time=None)

    progress = count_figures(round=report.round, now=NOW).progress

    assert (submission.due_on, submission.due_time) == (DUE_ON, due_time)
    assert progress.ministries[0].is_late is passed


def test_a_form_is_published_with_a_time_that_its_reports_mail_and_pages_tell(
    client: Client, staff: User
) -> None:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    report = make_report(collection=collection)
    draft = create_form_draft(round=collection, actor=staff, now=NOW)
    client.force_login(staff)
    url = reverse("admin:followup_formversion_publish", args=[draft.pk])
    typed = {"due_on": "令和5年10月6日", "due_time": "午後5時"}

    with time_machine.travel(NOW, tick=False):
        preview = client.post(url, typed).content.decode()
        client.post(url, {"due_on": "令和5年10月6日", "due_time": "17時", "confirmed": "1"})

    report.refresh_from_db()
    assert "令和5年10月6日（金）17時まで" in preview
    assert str(report.due) == "令和5年10月6日（金）17時"
    mail = OutgoingMail.objects.get(kind=MailKind.FORM)
    assert "１　回答期限　令和5年10月6日（金）17時まで" in mail.body
    client.force_login(make_officer(report.assignment.ministry))
    for page in ("portal:home", "portal:report_list"):
        assert "令和5年10月6日（金）17時" in client.get(reverse(page)).content.decode()
    assert (
        "令和5年10月6日（金）17時まで"
        in client.get(reverse("portal:report_detail", args=[report.pk])).content.decode()
    )


@pytest.mark.parametrize(
    ("typed", "problem"), [("9時", "時刻を過ぎています"), ("夕方", "読み取れません"), ("24時", "実在しない")]
)
def test_a_due_time_that_cannot_be_is_refused_before_the_preview(
    client: Client, staff: User, typed: str, problem: str
) -> None:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    draft = create_form_draft(round=collection, actor=staff, now=NOW)
    client.force_login(staff)

    with time_machine.travel(NOW, tick=False):
        page = client.post(
            reverse("admin:followup_formversion_publish", args=[draft.pk]),
            {"due_on": "令和5年9月4日", "due_time": typed},
        )

    assert page.status_code == 400
    assert problem in page.content.decode()


def test_publishing_again_gives_more_time_within_the_day_and_takes_none_away(staff: User) -> None:
    collection = make_asked_report().round
    reports = [make_report(collection=collection, due_time=value) for value in (time(12), time(18), None)]
    Report.objects.filter(pk=reports[2].pk).update(due_on=DUE_ON + timedelta(days=1))
    Round.objects.filter(pk=collection.pk).update(due_time=time(9))
    draft = create_form_draft(round=collection, actor=staff, now=NOW)

    publish_form(form_version=draft, due_on=DUE_ON, due_time=FIVE, actor=staff, now=NOW)

    kept = [Report.objects.get(pk=report.pk).due for report in reports]
    assert [str(due) for due in kept] == [
        "令和5年10月6日（金）17時",
        "令和5年10月6日（金）18時",
        "令和5年10月7日（土）",
    ]


def test_more_time_on_the_same_day_is_an_extension_and_less_is_none(staff: User) -> None:
    report = due_at(make_asked_report(), FIVE)

    with pytest.raises(Refusal, match="現在の回答期限より後の"):
        extend_due_date(report=report, due_on=DUE_ON, due_time=FIVE, reason="理由", actor=staff, now=NOW)
    extended = extend_due_date(report=report, due_on=DUE_ON, reason="集計のため", actor=staff, now=NOW)

    assert str(extended.due) == "令和5年10月6日（金）"
    mail = OutgoingMail.objects.filter(kind=MailKind.EXTENDED).earliest("pk")
    assert "延長前の回答期限：令和5年10月6日（金）17時" in mail.body


def test_a_receipt_tells_until_when_a_version_may_be_replaced() -> None:
    report = due_at(make_answered_report(), FIVE)

    make_submission(report)

    mail = OutgoingMail.objects.filter(kind=MailKind.RECEIPT).earliest("pk")
    assert "令和5年10月6日（金）17時までに画面から" in mail.body


def test_reminders_tell_the_time_and_the_due_day_mail_lapses_with_it() -> None:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)
    report = due_at(make_report(), FIVE)
    make_officer(report.assignment.ministry)

    late = plan_reminders(today=DUE_ON, now=datetime(2023, 10, 6, 17, 30, tzinfo=TOKYO))
    early = plan_reminders(today=DUE_ON, now=datetime(2023, 10, 6, 10, 0, tzinfo=TOKYO))

    assert not late.planned
    assert [reminder.occasion.group.offset for reminder in early.planned] == [0]
    [mail] = OutgoingMail.objects.filter(kind=MailKind.REMINDER)
    assert "本日（令和5年10月6日（金）17時）" in mail.body


@pytest.mark.parametrize("model", [Round, Report])
def test_a_time_without_a_day_is_no_due_date(model: type[Round] | type[Report]) -> None:
    row = make_report(status=ReportStatus.DRAFT, due_on=None)
    Round.objects.filter(pk=row.round_id).update(status=RoundStatus.FORM_UNDECIDED, due_on=None)

    with pytest.raises(IntegrityError):
        model.objects.update(due_time=FIVE)


def test_the_round_says_so_in_words() -> None:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None, due_time=None)
    collection.due_time = FIVE

    with pytest.raises(ValidationError, match="日付も入力"):
        collection.validate_constraints()
