"""What the scheduler starts, and the commands that do the same by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils.module_loading import import_string
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from followup import tasks
from followup.models import Reminder, ReminderRule, Report
from followup.rules.obligations import REPORT_DUE
from followup.services.reference import load_followup_reference
from outreach.models import AuditEntry, AuditSeal, OutgoingMail
from outreach.rules.wareki import TOKYO
from outreach.services.audit import record_audit
from tests.factories import NOW, make_mail, make_ministry, make_officer, make_report, make_round

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]


@pytest.fixture(autouse=True)
def _a_morning_five_opening_days_before_the_due_date() -> Iterator[None]:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)
    with time_machine.travel(datetime(2023, 9, 29, 10, 0, tzinfo=TOKYO), tick=False):
        yield


def run(command: str, *options: str) -> str:
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


def report_with_officer() -> Report:
    report = make_report(make_ministry("農林水産省", mailbox="box@maff.example"))
    make_officer(report.assignment.ministry, email="officer@maff.example")
    return report


def test_a_dry_run_prints_who_would_get_what_and_why_and_writes_nothing() -> None:
    report_with_officer()

    output = run("plan_reminders", "--dry-run")

    assert "令和5年9月29日（金）の督促・お知らせ" in output
    (row,) = [line for line in output.splitlines() if "officer@maff.example" in line]
    assert row.split("  ")[0] == "農林水産省"
    assert "報告の提出：期限の5開庁日前" in row
    assert "1件を計画します（--dry-run" in output
    assert not Reminder.objects.exists()


def test_planning_by_hand_is_the_scheduler_s_planning() -> None:
    report_with_officer()

    assert "1件を計画しました" in run("plan_reminders")
    assert "0件を計画しました" in run("plan_reminders")
    assert tasks.plan_reminders() == 0


def test_a_ministry_without_officers_is_named() -> None:
    make_report(make_ministry("総務省"), make_round())
    make_report(make_ministry("法務省", mailbox=""), make_round())

    output = run("plan_reminders", "--dry-run")

    assert "要対応：総務省には有効な担当者がいません（共有メールボックスに送ります）。" in output
    assert "要対応：法務省には有効な担当者がいません（送り先がありません）。" in output


def test_on_a_closed_day_the_plan_says_so() -> None:
    report_with_officer()

    with time_machine.travel(datetime(2023, 10, 9, 10, 0, tzinfo=TOKYO), tick=False):
        output = run("plan_reminders")

    assert "閉庁日（スポーツの日）のため、計画しません。" in output
    assert not Reminder.objects.exists()


def test_delivering_by_hand_says_how_it_went(mailoutbox: Outbox) -> None:
    now = datetime(2023, 9, 29, 10, 0, tzinfo=TOKYO)
    make_mail(not_before=now)
    make_mail(not_before=datetime(2023, 9, 29, 11, 0, tzinfo=TOKYO))

    output = run("deliver_mail")

    assert "1件：送信しました。" in output
    assert "送信待ちは1件です。" in output
    assert len(mailoutbox) == 1


def test_one_command_does_all_that_is_due(mailoutbox: Outbox) -> None:
    report_with_officer()

    run("run_due")

    assert [sent.to for sent in mailoutbox] == [["officer@maff.example"]]
    assert not AuditEntry.objects.filter(seal=None).exists()


def test_every_tick_of_the_scheduler_names_a_task() -> None:
    for tick in settings.CELERY_BEAT_SCHEDULE.values():
        assert import_string(tick["task"]).name == tick["task"]


def test_tasks_open_their_own_scope(mailoutbox: Outbox) -> None:
    report = report_with_officer()

    with scope():
        with pytest.raises(ScopeError):
            Report.objects.count()
        assert tasks.plan_reminders() == 1
        assert tasks.deliver_mail() == {"sent": 1}

    assert OutgoingMail.objects.get().ministry == report.assignment.ministry


def test_an_intact_audit_trail_is_said_to_be_so() -> None:
    report_with_officer()
    run("run_due")

    assert f"封印された記録{AuditSeal.objects.count()}件に異状はありません" in run("verify_audit")


def test_a_rewritten_audit_entry_is_found() -> None:
    report_with_officer()
    run("run_due")
    entry = AuditEntry.objects.earliest("pk")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outreach_auditentry SET action = %s WHERE id = %s", ["偽装", entry.pk])

    with pytest.raises(CommandError, match=f"記録 {entry.pk}"):
        run("verify_audit")


def test_two_sealers_that_go_on_from_the_same_seal_cannot_fork_the_chain() -> None:
    report_with_officer()
    run("run_due")
    first = AuditSeal.objects.earliest("pk")
    entry = record_audit(action="封印の競合", now=NOW, actor=None)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditSeal.objects.create(entry=entry, previous_hash=first.previous_hash, chain_hash="0" * 64)

    assert tasks.seal_audit() == 1
    assert "異状はありません" in run("verify_audit")
