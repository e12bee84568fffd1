"""Large workbooks go to a worker; costs do not grow with the rows, nor does the trail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from followup.models import AnswerImport, BodyAnswer, Report
from followup.services import answer_trail, import_work
from followup.services.drafts import save_answers
from followup.tasks import read_answer_import, store_answer_import
from followup.views import import_pages
from followup.workbooks import answer_import
from outreach.models import AuditEntry, Body, User
from tests.factories import NOW, make_asked_report, make_notification, make_officer
from tests.imports.excel import confirm, download, fill, newest, portal, text_of, upload


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    """Let every workbook count as large; the value holds what the worker was told."""
    told: list[tuple[Any, int]] = []
    monkeypatch.setattr(import_pages, "is_small", lambda _content: False)
    monkeypatch.setattr(import_pages, "ring", lambda task, pk: told.append((task, pk)))
    return told


def all_names(report: Report) -> list[str]:
    return list(report.assignment.notifications.order_by("pk").values_list("body__name", flat=True))


def test_a_large_workbook_is_read_and_stored_by_a_worker_with_visible_progress(
    laptop: Client, report: Report, rung: list[tuple[Any, int]]
) -> None:
    book = fill(download(laptop, portal(report)), {all_names(report)[0]: {"member_count": 12}})

    waiting = upload(laptop, portal(report), book)

    assert "ブックを読み取っています" in text_of(waiting)
    assert rung == [(read_answer_import, newest().pk)]

    assert read_answer_import(newest().pk)
    assert not BodyAnswer.objects.exists()
    storing = confirm(laptop, portal(report))

    assert "回答を保存しています" in text_of(storing)
    assert rung[1:] == [(store_answer_import, newest().pk)]

    assert store_answer_import(newest().pk)
    assert not store_answer_import(newest().pk)
    done = laptop.get(f"{portal(report)}{newest().pk}/")

    assert "回答を取り込みました" in text_of(done)
    assert BodyAnswer.objects.get().answers == {"member_count": 12}


def test_a_colleagues_change_while_it_waits_to_be_stored_brings_the_preview_back(
    laptop: Client, report: Report, rung: list[tuple[Any, int]]
) -> None:
    name = all_names(report)[0]
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {name: {"member_count": 12}}))
    read_answer_import(newest().pk)
    confirm(laptop, portal(report))
    save_rows(report, {name: {"member_count": 7}})

    store_answer_import(newest().pk)

    page = laptop.get(f"{portal(report)}{newest().pk}/")
    assert "確認の後に、ほかの方が報告を変更しました" in text_of(page)
    assert BodyAnswer.objects.get().answers == {"member_count": 7}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tell in which order storing reads the workbook and keeps others from changing the report."""
    told: list[str] = []

    def noted(name: str) -> Callable[..., Any]:
        real = getattr(answer_import, name)

        def act(*given: Any, **named: Any) -> Any:
            told.append(name)
            return real(*given, **named)

        return act

    for name in ("read_answers", "lock_report"):
        monkeypatch.setattr(answer_import, name, noted(name))
    return told


def confirmed(laptop: Client, report: Report) -> str:
    """Confirm an import of one body, to be stored by a worker; return the body's name."""
    name = all_names(report)[0]
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {name: {"member_count": 12}}))
    read_answer_import(newest().pk)
    confirm(laptop, portal(report))
    return name


def test_all_is_read_before_others_are_kept_waiting(
    laptop: Client, report: Report, rung: list[tuple[Any, int]], steps: list[str]
) -> None:
    confirmed(laptop, report)
    steps.clear()

    store_answer_import(newest().pk)

    assert steps == ["read_answers", "lock_report"]
    assert BodyAnswer.objects.get().answers == {"member_count": 12}


@pytest.mark.parametrize("moved", ["answers", "category", "notice"])
@pytest.mark.usefixtures("rung")
def test_what_moves_between_reading_and_storing_is_read_once_more(
    laptop: Client,
    report: Report,
    steps: list[str],
    monkeypatch: pytest.MonkeyPatch,
    moved: str,
) -> None:
    name = confirmed(laptop, report)
    notice = report.assignment.notifications.get(body__name=name)
    acts: dict[str, Callable[[], object]] = {
        "answers": lambda: save_rows(report, {name: {"member_count": 7}}),
        "category": lambda: Body.objects.filter(pk=notice.body_id).update(category="special"),
        "notice": lambda: make_notification(assignment=report.assignment, issued_on=NOW.date()),
    }
    real = import_work.show_progress

    def shown(*, item: AnswerImport, percent: int) -> None:
        if percent == answer_import.MERGED:
            acts[moved]()
        real(item=item, percent=percent)

    monkeypatch.setattr(answer_import, "show_progress", shown)
    steps.clear()

    store_answer_import(newest().pk)

    assert steps == ["read_answers", "lock_report", "read_answers"]
    assert newest().is_renewed == (moved != "notice")  # a body of that category is not asked for its members
    stored = {"answers": [{"member_count": 7}], "category": [], "notice": [{"member_count": 12}]}
    assert [row.answers for row in BodyAnswer.objects.all()] == stored[moved]


def save_rows(report: Report, rows: dict[str, dict[str, Any]]) -> None:
    notices = {notice.body.name: notice.pk for notice in report.assignment.notifications.all()}
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notices[name]: (None, answers) for name, answers in rows.items()},
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )


@pytest.mark.parametrize("step", ["download", "upload", "preview", "confirm"])
def test_the_number_of_queries_does_not_depend_on_that_of_bodies(report: Report, step: str) -> None:
    assert queries(make_asked_report(bodies=1), step) == queries(make_asked_report(bodies=20), step)


def queries(report: Report, step: str) -> int:
    client = Client()
    client.force_login(make_officer(report.assignment.ministry))
    names = all_names(report)
    book = fill(download(client, portal(report)), {name: {"member_count": 12} for name in names})
    if step in {"preview", "confirm"}:
        upload(client, portal(report), book)
    acts: dict[str, Callable[[], object]] = {
        "download": lambda: download(client, portal(report)),
        "upload": lambda: upload(client, portal(report), book),
        "preview": lambda: client.get(f"{portal(report)}{newest().pk}/"),
        "confirm": lambda: confirm(client, portal(report)),
    }
    with CaptureQueriesContext(connection) as context:
        acts[step]()
    return len(context)


def test_the_trail_of_many_bodies_tells_counts_and_the_first_of_them(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_trail, "BODIES_IN_FULL", 3)
    many = make_asked_report(bodies=10)

    save_rows(many, {name: {"member_count": 12} for name in all_names(many)})

    entry = AuditEntry.objects.get(action="報告：下書きを保存", ministry=many.assignment.ministry)
    told: dict[str, str] = entry.after  # type: ignore[assignment]
    assert told["変更した団体"] == "10団体（うち3団体の内容を上に示す）"
    assert sum(label.endswith("：会員事業者数") for label in told) == 3
    assert told["会員事業者数（件数）"] == "10団体"


def test_an_import_keeps_every_change_that_the_trail_only_counts(
    laptop: Client, report: Report, officer: User
) -> None:
    names = all_names(report)
    values = {name: {"member_count": number} for number, name in enumerate(names, start=1)}
    upload(laptop, portal(report), fill(download(laptop, portal(report)), values))
    confirm(laptop, portal(report))

    item = AnswerImport.objects.get()
    assert sorted(group["edits"] for group in item.changes) == [
        [["member_count", None, 1]],
        [["member_count", None, 2]],
    ]
    entry = AuditEntry.objects.get(action="回答用ブックを取込み")
    assert item.digest in json.dumps(entry.after)
