"""A result is ordered when it falls due, once a day, and its links are mailed when it is done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from followup.models import CouncilReport, ExportLink, ExportRun, ExportSchedule, RunState
from followup.rules.status import RoundStatus
from followup.services import export_runs
from outreach.models import AuditEntry, MailState, OutgoingMail, User
from tests.exports.conftest import at, deliver, fail, finish, make_schedule, sent, tick
from tests.factories import NOW, make_round

pytestmark = pytest.mark.django_db


def run_days(schedule: ExportSchedule) -> list[str]:
    return [f"{run.run_on:%m-%d}" for run in schedule.runs.order_by("pk")]


def test_it_is_ordered_at_its_time_and_once_however_often_the_scheduler_rings(
    schedule: ExportSchedule,
) -> None:
    tick(4, 9, 59)
    assert run_days(schedule) == []
    for minute in (0, 1, 2):
        tick(4, 10, minute)

    assert run_days(schedule) == ["09-04"]
    assert CouncilReport.objects.get().round == schedule.round


def test_two_schedulers_at_once_order_one(schedule: ExportSchedule, monkeypatch: pytest.MonkeyPatch) -> None:
    order = export_runs._order

    def after_another_did_the_same(*values: Any) -> int | None:
        monkeypatch.setattr(export_runs, "_order", order)
        assert len(export_runs.order_due_exports(now=NOW)) == 1
        return order(*values)

    monkeypatch.setattr(export_runs, "_order", after_another_did_the_same)

    assert export_runs.order_due_exports(now=NOW) == []
    assert run_days(schedule) == ["09-04"]
    assert CouncilReport.objects.count() == 1


def test_after_an_outage_it_is_caught_up_once(schedule: ExportSchedule) -> None:
    tick(20, 8)

    assert run_days(schedule) == ["09-19"]  # for Monday the 18th, a holiday
    tick(20, 9)
    assert run_days(schedule) == ["09-19"]


def test_what_passed_before_it_was_made_is_nobodys(staff: User) -> None:
    schedule = make_schedule(staff, counts_from=at(4, 10, 30))

    tick(4, 11)
    assert run_days(schedule) == []
    tick(7, 10)
    assert run_days(schedule) == ["09-07"]


def test_a_moved_due_date_takes_effect(staff: User) -> None:
    schedule = make_schedule(staff, cadence="around_due", weekdays="", due_offsets="-1")
    type(schedule.round).objects.update(due_on=date(2023, 9, 8))

    tick(7, 10)
    type(schedule.round).objects.update(due_on=date(2023, 9, 15))
    tick(8, 10)
    tick(14, 10)

    assert run_days(schedule) == ["09-07", "09-14"]


def test_switched_off_and_for_a_fixed_round_it_rests(staff: User) -> None:
    off = make_schedule(staff, is_active=False)
    fixed = make_schedule(staff, round=make_round(status=RoundStatus.FIXED))

    tick(4, 10)

    assert run_days(off) == run_days(fixed) == []


def test_each_recipient_gets_a_mail_with_a_link_of_their_own_and_no_attachment(
    schedule: ExportSchedule, mailoutbox: list[Any]
) -> None:
    links = sent(schedule)

    deliver(4, 10, 2)

    assert [link.email for link in links] == ["chair@council.example", "member@council.example"]
    assert [mail.to for mail in mailoutbox] == [[link.email] for link in links]
    bodies = [mail.body for mail in mailoutbox]
    assert all("http://localhost:8000/shared/" in body for body in bodies)
    assert bodies[0] != bodies[1]
    assert all("令和5年9月18日（月）" in body for body in bodies)
    assert not any(mail.attachments for mail in mailoutbox)
    assert not OutgoingMail.objects.exclude(secret_link="").exists()


def test_the_links_are_mailed_once_however_often_it_is_settled(schedule: ExportSchedule) -> None:
    sent(schedule)

    for minute in (2, 3):
        tick(4, 10, minute)

    assert OutgoingMail.objects.count() == ExportLink.objects.count() == 2
    assert schedule.runs.get().state == RunState.SENT


def test_nothing_is_mailed_before_the_result_is_done(schedule: ExportSchedule) -> None:
    tick(4, 10)
    tick(4, 10, 1)

    assert schedule.runs.get().state == RunState.ORDERED
    assert not OutgoingMail.objects.exists()


def test_a_failed_result_is_mailed_to_nobody_and_staff_see_it(schedule: ExportSchedule, desk: Client) -> None:
    tick(4, 10)
    fail(CouncilReport.objects.get())
    tick(4, 10, 1)

    run = schedule.runs.get()
    assert run.state == RunState.FAILED
    assert not OutgoingMail.objects.exists()
    assert "失敗した定期送付" in desk.get(reverse("admin:index")).content.decode()
    page = desk.get(reverse("admin:followup_exportrun_change", args=[run.pk])).content.decode()
    assert "ファイルを保存できませんでした。" in page
    schedules = desk.get(reverse("admin:followup_exportschedule_changelist")).content.decode()
    assert "取りまとめの作成に失敗（送付していません）" in schedules


def test_staff_make_a_failed_result_anew_and_its_links_go_out(schedule: ExportSchedule, desk: Client) -> None:
    tick(4, 10)
    fail(CouncilReport.objects.get())
    tick(4, 10, 1)
    retry = reverse("admin:followup_exportrun_retry", args=[schedule.runs.get().pk])

    desk.post(retry)
    again = desk.post(retry).content.decode()
    finish(CouncilReport.objects.latest("pk"))
    tick(4, 10, 2)

    assert "失敗した回だけです" in again
    assert (schedule.runs.get().state, ExportLink.objects.count()) == (RunState.SENT, 2)


def test_switched_off_while_the_result_is_made_nothing_is_mailed(schedule: ExportSchedule) -> None:
    tick(4, 10)
    ExportSchedule.objects.update(is_active=False)
    finish(CouncilReport.objects.get())
    tick(4, 10, 1)

    assert schedule.runs.get().state == RunState.DROPPED
    assert not OutgoingMail.objects.exists()


def test_mail_waits_for_office_hours_and_the_days_of_the_link_count_from_then(
    staff: User, mailoutbox: list[Any]
) -> None:
    schedule = make_schedule(staff, weekdays="4", send_at=at(8, 20).time(), link_days=1)
    tick(8, 20)
    finish(CouncilReport.objects.get())
    tick(8, 20, 1)

    deliver(8, 21)
    assert not mailoutbox
    deliver(11, 9, 30)
    assert len(mailoutbox) == 2
    assert schedule.runs.get().links.first().expires_at == at(12, 23, 59).replace(second=59)  # type: ignore[union-attr]


def test_a_link_that_has_expired_is_not_mailed_any_more(
    schedule: ExportSchedule, mailoutbox: list[Any]
) -> None:
    sent(schedule)

    deliver(19, 10)

    assert not mailoutbox
    assert {mail.state for mail in OutgoingMail.objects.all()} == {MailState.CANCELLED}


def test_all_of_it_is_on_the_trail(schedule: ExportSchedule) -> None:
    sent(schedule)

    told = AuditEntry.objects.filter(object_type="followup.exportrun").order_by("pk")
    assert [(entry.action, entry.actor_label) for entry in told] == [
        ("定期送付を開始", "取りまとめの定期送付"),
        ("定期送付：送付済み", "取りまとめの定期送付"),
    ]


def test_run_due_makes_and_sends_in_one_go(schedule: ExportSchedule, mailoutbox: list[Any]) -> None:
    call_command("run_due")

    assert schedule.runs.get().state == RunState.SENT
    assert len(mailoutbox) == 2


def test_the_database_keeps_one_run_a_day(schedule: ExportSchedule) -> None:
    run = sent(schedule)[0].run

    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        ExportRun.objects.create(schedule=schedule, run_on=run.run_on, report=run.report, ordered_at=NOW)
