"""Staff change the due date of an open round, and whether reports are taken after it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import Reminder, Report, Round
from followup.services.due_change import change_due_date
from followup.services.extensions import extend_due_date
from followup.services.reference import load_followup_reference
from followup.services.reminders import plan_reminders
from followup.services.reports import ask_review
from followup.services.review import return_report
from followup.services.rounds import close_round, fix_round, switch_late
from followup.services.submissions import submit_report
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role, User
from outreach.rules.wareki import TOKYO
from outreach.services.errors import NotAllowed, Refusal
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_ministry,
    make_officer,
    make_report,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db

LATER = date(2023, 10, 13)


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff() -> User:
    return make_staff()


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def step(collection: Round, verb: str) -> str:
    return reverse(f"admin:followup_round_{verb}", args=[collection.pk])


def due_texts(*reports: Report) -> list[str]:
    return [str(Report.objects.get(pk=report.pk).due) for report in reports]


def test_staff_see_whom_a_change_affects_before_it_is_made(desk: Client) -> None:
    owed = make_asked_report(make_ministry("未提出省"))
    collection = owed.round
    make_submission(make_answered_report(make_ministry("提出省"), collection))
    own = make_asked_report(make_ministry("延長省"), collection)
    Report.objects.filter(pk=own.pk).update(due_on=date(2023, 10, 20))
    typed = {"due_on": "令和5年10月9日", "due_time": "17時", "reason": "会議の延期のため"}

    page = desk.post(step(collection, "change-due"), typed).content.decode()

    assert "まだ変更していません" in page
    assert "1府省庁（未提出省）" in page
    assert "1府省庁（提出省）" in page
    assert "延長省（令和5年10月20日（金））" in page
    assert "閉庁日（スポーツの日）" in page
    assert "変更後の回答期限：令和5年10月9日（月）17時" in page
    assert due_texts(owed) == ["令和5年10月6日（金）"]


def test_a_change_moves_those_that_follow_tells_them_and_leaves_a_trail(desk: Client) -> None:
    owed = make_asked_report()
    collection = owed.round
    done = make_submission(make_answered_report(collection=collection)).report
    own = make_asked_report(collection=collection)
    Report.objects.filter(pk=own.pk).update(due_on=date(2023, 10, 20))
    OutgoingMail.objects.all().delete()
    typed = {"due_on": "R5.10.13", "due_time": "17:00", "reason": "会議の延期のため", "confirmed": "1"}

    answer = desk.post(step(collection, "change-due"), typed)

    assert answer.status_code == 302
    assert due_texts(owed, done, own) == [
        "令和5年10月13日（金）17時",
        "令和5年10月13日（金）17時",
        "令和5年10月20日（金）",
    ]
    told = OutgoingMail.objects.filter(kind=MailKind.EXTENDED)
    assert {mail.ministry for mail in told} == {owed.assignment.ministry}
    assert "変更前の回答期限：令和5年10月6日（金）" in told[0].body
    entry = AuditEntry.objects.get(action="フォローアップ：回答期限を変更")
    assert entry.reason == "会議の延期のため"
    assert entry.after == {
        "回答期限": "2023-10-13",
        "回答期限の時刻": "17:00:00",
        "期限が変わった報告": 2,
    }


def test_an_earlier_due_date_leaves_extensions_and_reminds_anew(staff: User) -> None:
    load_followup_reference()
    owed = make_report(make_ministry())
    make_officer(owed.assignment.ministry)
    extended = extend_due_date(
        report=make_report(collection=owed.round), due_on=LATER, reason="集計", actor=staff, now=NOW
    )
    plan_reminders(today=date(2023, 9, 29), now=datetime(2023, 9, 29, 10, tzinfo=TOKYO))
    change_due_date(
        round=owed.round, due_on=date(2023, 10, 5), reason="会議の前倒しのため", actor=staff, now=NOW
    )

    plan_reminders(today=date(2023, 10, 2), now=datetime(2023, 10, 2, 10, tzinfo=TOKYO))

    assert due_texts(owed, extended) == ["令和5年10月5日（木）", "令和5年10月13日（金）"]
    reminded = Reminder.objects.filter(obligation__report=owed).order_by("pk")
    assert [reminder.due_on for reminder in reminded] == [date(2023, 10, 6), date(2023, 10, 5)]


def test_a_change_that_gives_more_time_than_an_extension_takes_its_place(staff: User) -> None:
    report = make_report(due_on=date(2023, 10, 10))

    change_due_date(round=report.round, due_on=LATER, reason="延期", actor=staff, now=NOW)

    assert due_texts(report) == ["令和5年10月13日（金）"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"due_on": date(2023, 9, 3)}, "本日以降"),
        ({"due_on": date(2023, 9, 4), "due_time": time(9)}, "時刻を過ぎて"),
        ({"due_on": date(2023, 10, 6)}, "同じ"),
        ({"reason": "　"}, "理由"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(staff: User, changes: dict[str, Any], problem: str) -> None:
    collection = make_round()
    given: dict[str, Any] = {"due_on": LATER, "reason": "延期"} | changes

    with pytest.raises(Refusal, match=problem):
        change_due_date(round=collection, actor=staff, now=NOW, **given)

    assert Round.objects.get().due_on == date(2023, 10, 6)


def test_neither_officers_nor_a_closed_round_change_a_due_date(staff: User) -> None:
    report = make_asked_report()
    officer = make_officer(report.assignment.ministry)

    with pytest.raises(NotAllowed):
        change_due_date(round=report.round, due_on=LATER, reason="延期", actor=officer, now=NOW)
    close_round(round=report.round, actor=staff, now=NOW)
    with pytest.raises(Refusal, match="受付中"):
        change_due_date(round=report.round, due_on=LATER, reason="延期", actor=staff, now=NOW)


def test_late_reports_are_taken_or_not_by_a_switch_that_officers_see(
    client: Client, desk: Client, staff: User
) -> None:
    report = make_answered_report()
    officer = make_officer(report.assignment.ministry)
    page = reverse("portal:report_detail", args=[report.pk])

    answer = desk.post(step(report.round, "late"), {"accepts_late": "no", "reason": "会議が近いため"})
    again = desk.post(step(report.round, "late"), {"accepts_late": "no", "reason": "会議が近いため"})

    assert (answer.status_code, again.status_code) == (302, 400)
    entry = AuditEntry.objects.get(action="期限後の提出の扱いを変更")
    assert (entry.reason, list((entry.after or {}).values())) == ("会議が近いため", ["受け付けない"])
    client.force_login(officer)
    assert "期限を過ぎると提出できなくなります" in client.get(page).content.decode()
    with time_machine.travel(datetime(2023, 10, 7, 0, 0, tzinfo=TOKYO), tick=False):
        client.force_login(officer)
        assert "期限後の提出は受け付けていません" in client.get(page).content.decode()
        refused = client.post(
            reverse("portal:report_submit", args=[report.pk]), {"version": report.version}, follow=True
        )
    assert "期限を過ぎたため、受け付けられません" in refused.content.decode()
    assert not report.submissions.exists()


def test_the_switch_needs_a_reason_a_member_of_staff_and_a_round_that_is_not_fixed(staff: User) -> None:
    collection = make_round()
    given: dict[str, Any] = {"round": collection, "accepts_late": False, "now": NOW}

    with pytest.raises(Refusal, match="理由"):
        switch_late(reason=" ", actor=staff, **given)
    with pytest.raises(NotAllowed):
        switch_late(reason="理由", actor=make_officer(), **given)
    close_round(round=collection, actor=staff, now=NOW)
    fix_round(round=collection, actor=staff, now=NOW)
    with pytest.raises(Refusal, match="確定"):
        switch_late(reason="理由", actor=staff, **given)


def test_a_returned_report_is_taken_late_also_by_way_of_review(staff: User) -> None:
    report = make_submission(make_answered_report()).report
    Round.objects.update(accepts_late=False)
    late = datetime(2023, 10, 10, 10, tzinfo=TOKYO)
    returned = return_report(report=report, reason="確認してください。", actor=staff, now=late)
    ministry = report.assignment.ministry
    asked = ask_review(report=returned, actor=make_officer(ministry, role=Role.CONTRIBUTOR), now=late)

    again = submit_report(
        report=asked, expected_version=asked.version, actor=make_officer(ministry), now=late
    )

    assert again.number == 2


def test_a_council_whose_day_is_unknown_is_shown_as_such(client: Client, desk: Client) -> None:
    report = make_asked_report()
    page = reverse("admin:followup_round_change", args=[report.round_id])

    undecided = desk.get(page).content.decode()
    report.round.council.held_on = date(2023, 10, 20)
    report.round.council.save(update_fields=["held_on"])
    decided = desk.get(page).content.decode()

    assert "開催日未定" in undecided
    assert "令和5年10月20日（金）開催" in decided
    client.force_login(make_officer(report.assignment.ministry))
    own = client.get(reverse("portal:report_detail", args=[report.pk])).content.decode()
    assert "令和5年10月20日（金）開催" in own
