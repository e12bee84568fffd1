"""A report that is asked again only for what a form added, answered by workbook."""

from __future__ import annotations

import pytest
from django.db.models import F
from django.test import Client

from followup.models import AnswerImport, BodyAnswer, Report
from followup.services import import_work
from followup.services.contents import Content, report_content
from followup.workbooks import answer_import
from tests.factories import BODY_ANSWERS, ask_again, make_answered_report
from tests.imports.excel import cell_of, confirm, download, fill, newest, portal, text_of, upload


@pytest.fixture
def report(db: None) -> Report:
    return make_answered_report(bodies=1)


def body_name(report: Report) -> str:
    return str(report.assignment.notifications.get().body.name)


def test_the_cell_of_a_submitted_answer_that_was_changed_is_named(laptop: Client, report: Report) -> None:
    ask_again(report)
    book = fill(
        download(laptop, portal(report)),
        {body_name(report): {"visits": 3, "reach_status": "未定"}},
        {"issue_style": "メール"},
    )

    page = upload(laptop, portal(report), book)

    problems = {(found["cell"], found["label"]) for found in newest().problems}
    assert (cell_of(book, body_name(report), "reach_status"), "周知状況") in problems
    assert "発出形式" in {label for _cell, label in problems}
    assert "提出済みで、追加で回答を求められている設問ではない" in text_of(page)
    assert newest().marked_file


def test_what_is_asked_again_is_stored(laptop: Client, report: Report) -> None:
    ask_again(report)
    book = fill(download(laptop, portal(report)), {body_name(report): {"visits": 3}})

    upload(laptop, portal(report), book)
    confirm(laptop, portal(report))

    assert BodyAnswer.objects.get().answers == BODY_ANSWERS | {"visits": 3}


def test_to_store_what_is_asked_again_it_is_read_once(
    laptop: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_again(report)
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {body_name(report): {"visits": 3}}))
    read: list[int] = []

    def counted(asked: Report) -> Content:
        read.append(asked.pk)
        return report_content(asked)

    monkeypatch.setattr(answer_import, "report_content", counted)
    confirm(laptop, portal(report))

    assert read == [report.pk]
    assert BodyAnswer.objects.get().answers == BODY_ANSWERS | {"visits": 3}


def test_what_is_asked_again_while_it_waits_is_shown_before_it_is_stored(
    laptop: Client, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_again(report)
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {body_name(report): {"visits": 3}}))
    real = import_work.show_progress

    def shown(*, item: AnswerImport, percent: int) -> None:
        if percent == answer_import.MERGED:
            Report.objects.filter(pk=report.pk).update(asked_keys=["training"], version=F("version") + 1)
        real(item=item, percent=percent)

    monkeypatch.setattr(answer_import, "show_progress", shown)
    confirm(laptop, portal(report))

    assert newest().is_renewed
    assert BodyAnswer.objects.get().answers == BODY_ANSWERS


def test_a_workbook_from_before_the_submission_changes_nothing_by_being_older(
    laptop: Client, report: Report
) -> None:
    older = download(laptop, portal(report))
    ask_again(report)

    upload(laptop, portal(report), older)

    assert newest().problems == []
