"""Kept counts say what counting anew says, whoever wrote, and in whichever way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from followup.migrations._count_marks import WATCHED, names_of
from followup.models import AnswerChange, DistinctCount, FigureRuling, LedgerChange, LedgerCount, Round
from followup.services import kept_ledger, ledger_counts
from followup.services.figures import count_figures
from followup.services.live_figures import keep_counts, live_figures, live_progress
from outreach.models import Body, BodyCategory, LetterTemplate, Notification
from outreach.rules.wareki import format_wareki_at
from tests.council.conftest import count_anew, owe, submit, use
from tests.factories import NOW, make_body, make_channel, make_notification, make_staff

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)
ROW = {"reach_status": "done", "member_count": 100, "reached_member_count": 40, "good_practice": "会報"}


@pytest.fixture
def notice(collection: Round) -> Notification:
    """Return a notified body of a ministry that has submitted; another ministry has one, too."""
    report = owe(collection)
    notice = use(make_notification(report.assignment), make_channel())
    submit(report, answers={"insurance_methods": ["mail"]}, rows={notice: ROW})
    make_notification(owe(collection).assignment)
    return notice


def _raw(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _add_in_bulk(notice: Notification) -> None:
    bodies = [make_body(notice.body.ministry), make_body(notice.body.ministry)]
    Notification.objects.bulk_create(
        Notification(
            assignment=notice.assignment, body=body, template=notice.template, recorded_by=notice.recorded_by,
            recorded_at=NOW,
        )
        for body in bodies
    )  # fmt: skip


def _delete(notice: Notification) -> None:
    extra = make_notification(notice.assignment)
    LedgerChange.objects.all().delete()
    Notification.objects.filter(pk=extra.pk).delete()


def _renumber_template(_notice: Notification) -> None:
    LetterTemplate.objects.filter(number=2).delete()
    LetterTemplate.objects.update(number=2)


def _merge(_notice: Notification) -> None:
    """Let the two ministries' bodies be one, by a number that both have."""
    Body.objects.update(corporate_number="5010405010596")


def _move(notice: Notification) -> None:
    other = Notification.objects.exclude(assignment=notice.assignment).values("assignment")[:1]
    Notification.objects.filter(pk=notice.pk).update(assignment=other)


def _rule(notice: Notification) -> None:
    report = notice.assignment.reports.get()
    FigureRuling.objects.create(
        report=report, notification=notice, question_key="member_count", submitted_value=100,
        kind="excluded", reason="誤り", created_by=make_staff(), created_at=NOW,
    )  # fmt: skip


def _withdraw(notice: Notification) -> None:
    _rule(notice)
    AnswerChange.objects.all().delete()
    FigureRuling.objects.update(withdrawn_at=NOW, withdrawn_by=make_staff())


def _submit_again(notice: Notification) -> None:
    report = notice.assignment.reports.get()
    submit(report, number=2, rows={notice: ROW | {"member_count": 50}})


WRITES: dict[str, Callable[[Notification], object]] = {
    "one by one": lambda notice: make_notification(notice.assignment),
    "in bulk": _add_in_bulk,
    "an update": lambda _notice: Notification.objects.update(issued_on=date(2023, 9, 20)),
    "a day taken back": lambda notice: Notification.objects.filter(pk=notice.pk).update(issued_on=None),
    "raw SQL": lambda _notice: _raw("UPDATE outreach_notification SET issued_on = NULL"),
    "a deletion": _delete,
    "a channel": lambda notice: use(notice, make_channel(), make_channel()),
    "no channel": lambda notice: notice.channels.clear(),
    "a category": lambda _notice: Body.objects.update(category=BodyCategory.SPECIAL),
    "one number for two": _merge,
    "one name for two": lambda _notice: Body.objects.update(name_key="全国組合"),
    "another ministry": _move,
    "a template": _renumber_template,
    "a ruling": _rule,
    "a ruling withdrawn": _withdraw,
    "another version": _submit_again,
    "raw answers": lambda _notice: _raw("UPDATE followup_submittedanswer SET answers = '{}'"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_no_write_escapes_the_kept_counts(
    collection: Round, notice: Notification, write: Callable[[Notification], object]
) -> None:
    live_figures(round=collection, now=NOW)

    write(notice)

    live = live_figures(round=collection, now=NOW)
    assert live.counted_at is None
    assert live.figures == count_anew(collection)


def test_only_what_changed_is_counted_again(collection: Round, notice: Notification) -> None:
    live_progress(round=collection, now=NOW)

    make_notification(notice.assignment)
    live_progress(round=collection, now=LATER)

    editions = dict(LedgerCount.objects.values_list("assignment", "edition"))
    assert editions.pop(notice.assignment_id) == 2
    assert set(editions.values()) == {1}


def test_of_the_other_ministries_the_bodies_are_those_that_were_kept(
    collection: Round, notice: Notification
) -> None:
    live_progress(round=collection, now=NOW)
    LedgerCount.objects.update(identities=LedgerCount.objects.get(assignment=notice.assignment).identities)

    make_notification(notice.assignment)

    assert count_figures(round=collection, now=LATER).progress.distinct_aimed == 2
    assert live_progress(round=collection, now=LATER).progress.distinct_aimed == 2


def test_what_changes_while_it_is_counted_is_counted_again(
    collection: Round, notice: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = ledger_counts.count_ledgers

    def slow(*args: Any) -> Any:
        counted = count(*args)
        monkeypatch.undo()
        make_notification(notice.assignment)
        return counted

    monkeypatch.setattr(kept_ledger, "count_ledgers", slow)
    live_progress(round=collection, now=NOW)

    assert live_progress(round=collection, now=NOW).progress.aimed == 3


def test_of_very_many_notices_the_page_shows_the_last_count_with_its_time(
    collection: Round, notice: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(make_staff())
    monkeypatch.setattr(kept_ledger, "COUNTED_AT_ONCE", 1)
    live_progress(round=collection, now=NOW)
    make_notification(notice.assignment)

    live = live_progress(round=collection, now=LATER)
    page = client.get(reverse("admin:followup_round_progress", args=[collection.pk]))

    assert (live.progress.aimed, live.progress.distinct_aimed, live.counted_at) == (2, 2, NOW)
    assert f"発出の数は{format_wareki_at(NOW)}現在です" in page.content.decode()

    keep_counts(now=LATER)

    live = live_progress(round=collection, now=LATER)
    assert (live.progress.aimed, live.progress.distinct_aimed, live.counted_at) == (3, 3, None)


def test_counting_twice_counts_nothing_again(collection: Round, notice: Notification) -> None:
    assert keep_counts(now=NOW) > 0

    assert keep_counts(now=LATER) == 0
    assert DistinctCount.objects.get().counted_at == NOW


def test_a_page_asks_as_often_for_many_rows_as_for_one(
    collection: Round, notice: Notification, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        keep_counts(now=NOW)
        with django_assert_num_queries(5):
            live_progress(round=collection, now=NOW)
        for _ in range(4):
            report = owe(collection)
            submit(report, rows={make_notification(report.assignment): ROW for _ in range(3)})


def test_every_watched_table_has_its_marks() -> None:
    """Fail where a migration remade a table (SQLite) without putting the triggers up again."""
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = {name for (name,) in cursor.fetchall()}

    assert {name for watched in WATCHED for name in names_of(watched)} <= found
