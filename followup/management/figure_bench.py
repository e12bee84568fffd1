"""Measure the figures beside a bare GROUP BY of the same rows, and the overview pages of the staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.db.models import Count
from django.test import Client, override_settings
from django.urls import reverse

from followup.management.bench_cost import least_cost, nothing
from followup.management.list_bench import BASE_ROWS, LARGE_STEP
from followup.management.row_copies import MADE_UNIQUE, MOVED, Copied, copy_rows, refresh_statistics
from followup.models import AnswerCount, DistinctCount, LedgerCount, Report, Round, SubmittedAnswer
from followup.services.answer_counts import latest_rows_of
from followup.services.figures import count_figures
from followup.services.ledger_counts import ledger_of
from followup.services.live_figures import keep_counts_of, live_figures
from outreach.models import Body, Notification, User

MEASURED_TIMES = 3
OVERVIEW_SECONDS = 0.3
"""What an overview page may cost (CPU)."""
COPIES = (
    Copied(Body, {"name": MADE_UNIQUE, "name_key": MADE_UNIQUE}),
    Copied(Notification, {"body_id": MOVED}),
    Copied(Notification.channels.through, {"notification_id": MOVED}),
    Copied(SubmittedAnswer, {"notification_id": MOVED, "body_name": MADE_UNIQUE}),
)
"""What is multiplied, a table before those that point at it."""


def multiply(rows: int) -> None:
    """Let a round with about BASE_ROWS notices have about `rows`, all with their answers."""
    if rows > BASE_ROWS:
        for copied in COPIES:
            copy_rows(copied, times=rows // BASE_ROWS - 1, step=LARGE_STEP)
    refresh_statistics()


def compare_figures(collection: Round, *, actor: User, now: datetime) -> Iterator[str]:
    """Yield what to print: how many times the GROUP BY each way of counting costs, then the pages."""
    group_by = _least(lambda: _group_by(collection))
    yield f"{1:8.2f} 倍　{group_by:9.3f} 秒　基準：発出を府省庁とひな形、回答を提出で数えるだけの GROUP BY"
    for name, prepare, measured in _counts(collection, now):
        seconds = _least(measured, prepare)
        yield f"{seconds / group_by:8.2f} 倍　{seconds:9.3f} 秒　{name}"
    keep_counts_of(round=collection, now=now)
    for name, seconds in _pages(collection, actor):
        verdict = "以内" if seconds < OVERVIEW_SECONDS else "超過"
        yield f"{seconds:9.3f} 秒（{OVERVIEW_SECONDS}秒{verdict}）　{name}"


def _group_by(collection: Round) -> None:
    """Count in the barest way the rows that the figures are counted from."""
    notices = ledger_of(collection).order_by("assignment_id", "template_id")
    list(notices.values_list("assignment_id", "template_id").annotate(Count("pk")))
    rows = latest_rows_of(collection).order_by("submission_id")
    list(rows.values_list("submission_id").annotate(Count("pk")))


def _counts(
    collection: Round, now: datetime
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Yield each way of counting: its name, what happens before, and what is measured."""

    def live() -> object:
        return live_figures(round=collection, now=now)

    def freeze() -> object:
        """Count as a freeze does: what is kept is brought up to date, then read."""
        keep_counts_of(round=collection, now=now)
        return count_figures(round=collection, now=now)

    def keep() -> None:
        keep_counts_of(round=collection, now=now)

    def change() -> None:
        keep()
        report = Report.objects.filter(round=collection, submissions__is_latest=True).order_by("pk")[0]
        first = report.assignment.notifications.order_by("pk")[0]
        report.assignment.notifications.filter(pk=first.pk).update(issued_on=now.date())

    def submit() -> None:
        """Let all rows of a ministry have been submitted just now, after its ledger changed."""
        change()
        AnswerCount.objects.order_by("submission__report_id")[0].delete()

    yield "画面とAPIの数値（変更なし）", keep, live
    yield "画面とAPIの数値（一つの府省庁の発出が変わった後）", change, live
    yield "取りまとめの数値（変更なし）", keep, freeze
    yield "取りまとめの数値（一つの府省庁の発出が変わった後）", change, freeze
    yield "取りまとめの数値（その府省庁が提出もした後）", submit, freeze
    yield "取りまとめの数値（控えが一つもないとき。全て数える）", _forget, freeze


def _forget() -> None:
    for kept in (LedgerCount, AnswerCount, DistinctCount):
        kept.objects.all().delete()


def _pages(collection: Round, actor: User) -> Iterator[tuple[str, float]]:
    client = Client()
    client.force_login(actor, backend=settings.AUTHENTICATION_BACKENDS[0])
    pages = {
        "管理画面の最初のページ": reverse("admin:index"),
        "府省庁別の進捗": reverse("admin:followup_round_progress", args=[collection.pk]),
    }
    with override_settings(ALLOWED_HOSTS=["testserver"], DEBUG=False, STAFF_MFA_REQUIRED=False):
        for name, address in pages.items():
            yield name, _least(lambda address=address: _open(client, address))  # type: ignore[misc]


def _open(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{address} answered {response.status_code}.")


def _least(measured: Callable[[], object], prepare: Callable[[], object] = nothing) -> float:
    return least_cost(measured, times=MEASURED_TIMES, prepare=prepare)
