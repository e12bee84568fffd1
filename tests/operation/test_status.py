"""稼働状況: what stands still is told, with what to do next; what is well is not cried over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse

from followup import tasks
from followup.services import system_facts
from outreach.models import MailState, TaskRun, WorkState
from outreach.rules.task_table import TASKS, Queue
from outreach.services.audit import record_audit
from outreach.services.servers import Space
from tests.factories import NOW, make_council_report, make_mail, make_staff, make_task_run
from tests.operation.conftest import GIB

pytestmark = pytest.mark.usefixtures("healthy")

PAGE = "admin:outreach_taskrun_status"
PARTS = ("h3", ".ui-tag", "div")
HOUR = timedelta(hours=1)


def rows(client: Client) -> dict[str, tuple[str, str]]:
    """Return what the page says of each part: its state, and the rest."""
    page = BeautifulSoup(client.get(reverse(PAGE)).content, "html.parser")
    found = {}
    for part in page.select(".system-parts > li"):
        label, state, told = (part.select(what)[0].get_text(" ", strip=True) for what in PARTS)
        found[label] = (state, told)
    return found


def troubles(client: Client) -> dict[str, str]:
    return {label: state for label, (state, _told) in rows(client).items() if state != "正常"}


def test_where_all_runs_nothing_is_cried_over(desk: Client) -> None:
    page = desk.get(reverse(PAGE)).content.decode()

    assert not troubles(desk)
    assert "全て正常です" in page


def stop(queue: Queue) -> None:
    names = [name for name, plan in TASKS.items() if plan.queue == queue]
    TaskRun.objects.filter(task__in=names).update(started_at=NOW - HOUR, ended_at=NOW - HOUR)


def stop_everything() -> None:
    for queue in Queue:
        stop(queue)


def forget_a_seal() -> None:
    with time_machine.travel(NOW - HOUR, tick=False):
        record_audit(action="依頼を発出", now=NOW - HOUR, actor=None)


def forget_migrations() -> None:
    MigrationRecorder.Migration.objects.filter(app="followup").delete()


def fail_item() -> None:
    make_council_report(state=WorkState.FAILED, error="理由", finished_at=NOW - HOUR)


CASES: dict[str, tuple[Callable[[], Any], dict[str, str], str]] = {
    "mail worker": (lambda: stop(Queue.MAIL), {"worker（メール）": "異常"}, "待ち行列「mail」の worker"),
    "file worker": (lambda: stop(Queue.FILES), {"worker（ファイル）": "異常"}, "待ち行列「files」の worker"),
    "everything": (
        stop_everything,
        {
            "scheduler": "異常",
            "worker（メール）": "異常",
            "worker（ファイル）": "異常",
            "worker（計画）": "異常",
            "督促の計画": "異常",
        },
        "manage.py run_due",
    ),
    "late mail": (
        lambda: make_mail(not_before=NOW - HOUR),
        {"送信箱": "異常"},
        "メールサーバー（EMAIL_URL）",
    ),
    "failed mail": (
        lambda: make_mail(state=MailState.FAILED),
        {"送れなかったメール": "注意"},
        "宛先を直してから再送",
    ),
    "late item": (
        lambda: make_council_report(requested_at=NOW - HOUR),
        {"裏の作成と取込み": "異常"},
        "数を増やしてください",
    ),
    "failed item": (fail_item, {"裏の作成と取込み": "注意"}, "ログを確かめて"),
    "seal": (forget_a_seal, {"記録の封印": "異常"}, "戻れば自動でつなぎます"),
    "failing task": (
        lambda: make_task_run("keep_counts", started_at=NOW, error="OperationalError"),
        {"定時の仕事": "注意"},
        "集計の控え",
    ),
    "cut off": (
        lambda: make_task_run("keep_counts", started_at=NOW - HOUR, ended_at=None),
        {"定時の仕事": "注意"},
        "メモリーが足りなかった",
    ),
    "migration": (
        forget_migrations,
        {"データベース": "異常"},
        "manage.py migrate",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_stands_still_is_told_with_what_to_do(desk: Client, case: str) -> None:
    arrange, expected, advice = CASES[case]
    arrange()

    assert troubles(desk) == expected
    assert any(advice in told for _state, told in rows(desk).values())


@pytest.mark.parametrize(
    ("free", "expected"), [(30, {}), (9, {"ファイルの置き場": "注意"}), (4, {"ファイルの置き場": "異常"})]
)
def test_a_disk_that_fills_up_is_told_before_it_is_full(
    desk: Client, monkeypatch: pytest.MonkeyPatch, free: int, expected: dict[str, str]
) -> None:
    monkeypatch.setattr(system_facts, "storage_space", lambda: Space(free=free * GIB, total=100 * GIB))

    assert troubles(desk) == expected


def test_a_worker_at_a_long_work_is_not_a_dead_one(desk: Client) -> None:
    stop(Queue.FILES)
    make_task_run("build_council_report", started_at=NOW - timedelta(minutes=20), ended_at=None)

    assert not troubles(desk)
    assert "取りまとめの作成" in rows(desk)["worker（ファイル）"][1]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(f"2023-09-{text}:00+09:00")


@pytest.mark.parametrize(
    ("now", "last", "state"),
    [
        ("05T07:46", "04T17:30", "異常"),  # last night's did not run
        ("05T07:46", "05T07:30", "正常"),
        ("05T07:44", "04T17:30", "正常"),  # it may still come
        ("05T09:46", "05T07:30", "異常"),
        ("05T03:00", "04T17:30", "正常"),
    ],
)
def test_whether_the_last_plan_ran_is_known(desk: Client, now: str, last: str, state: str) -> None:
    TaskRun.objects.filter(task="plan_reminders").delete()
    make_task_run("plan_reminders", started_at=instant(last), done=12)

    with time_machine.travel(instant(now), tick=False):
        desk.force_login(make_staff(is_superuser=True))
        found = rows(desk)["督促の計画"]

    assert found[0] == state
    assert ("12件" in found[1]) == (state == "正常")


def test_a_plan_that_failed_is_told_although_it_was_on_time(desk: Client) -> None:
    make_task_run("plan_reminders", started_at=NOW, error="IntegrityError")

    state, told = rows(desk)["督促の計画"]

    assert state == "異常"
    assert "IntegrityError" in told


def test_a_broker_out_of_reach_is_told_and_nothing_waits_for_it(desk: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    state, told = rows(desk)["待ち行列（Redis）"]

    assert state == "異常"
    assert "失われるものはありません" in told


def test_on_a_new_system_nothing_has_run_yet(desk: Client) -> None:
    TaskRun.objects.all().delete()

    assert rows(desk)["scheduler"][0] == "異常"
    assert "最後は記録なし" in rows(desk)["督促の計画"][1]


def test_it_costs_the_same_however_much_there_is(desk: Client, django_assert_max_num_queries: Any) -> None:
    def count() -> int:
        with django_assert_max_num_queries(60) as captured:
            desk.get(reverse(PAGE))
        return len(captured)

    few = count()
    for number in range(20):
        make_task_run("deliver_mail", started_at=NOW - timedelta(minutes=number))
        make_mail()
    make_council_report()

    assert count() == few


def test_who_may_not_see_the_runs_may_not_see_the_status(client: Client) -> None:
    staff = make_staff(is_superuser=False)
    client.force_login(staff)

    assert client.get(reverse(PAGE)).status_code == 403

    staff.user_permissions.add(Permission.objects.get(codename="view_taskrun"))
    assert client.get(reverse(PAGE)).status_code == 200
    mails = reverse("admin:outreach_outgoingmail_changelist")
    assert mails not in client.get(reverse(PAGE)).content.decode()


def test_a_rehearsal_watches_the_real_clock(desk: Client, settings: Any) -> None:
    settings.OUTREACH_TODAY = NOW.date() - timedelta(days=30)

    tasks.plan_reminders()

    assert TaskRun.objects.latest("pk").started_at == NOW
    assert not troubles(desk)
