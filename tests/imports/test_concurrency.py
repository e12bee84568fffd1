"""Two confirmations at the same moment, on a real PostgreSQL: one is stored, the other is told."""

from __future__ import annotations

import pytest

from followup.models import AnswerImport, BodyAnswer, Report
from followup.services.answer_imports import ImportAtWork, ImportSettled, confirm_import, receive_import
from followup.services.answer_workbooks import issue_workbook
from followup.tasks import read_answer_import, store_answer_import
from followup.workbooks.answer_download import workbook_bytes
from outreach import clock
from tests.factories import make_asked_report, make_officer
from tests.followup.test_concurrency import at_once
from tests.imports.excel import fill

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def previewed(report: Report) -> AnswerImport:
    """Make an import that was read and waits to be confirmed."""
    officer = make_officer(report.assignment.ministry)
    workbook, content = issue_workbook(report=report, actor=officer, now=clock.now())
    [row] = content.rows
    book = fill(workbook_bytes(workbook, content), {row.body_name: {"member_count": 12}})
    item = receive_import(report=report, file_name="回答.xlsx", content=book, actor=officer, now=clock.now())
    read_answer_import(item.pk)
    found: AnswerImport = AnswerImport.objects.select_related("report", "requested_by").get(pk=item.pk)
    return found


def confirm_and_store(item: AnswerImport) -> bool:
    assert item.requested_by is not None
    confirm_import(item=item, digest=item.digest, choices={}, actor=item.requested_by, now=clock.now())
    return bool(store_answer_import(item.pk))


def test_two_confirmations_at_once_store_once() -> None:
    item = previewed(make_asked_report(bodies=1))

    results = at_once(*(lambda: confirm_and_store(item) for _ in range(2)))

    assert [type(result) for result in results].count(ImportSettled) == 1
    assert True in results
    assert BodyAnswer.objects.get().version == 1


def test_two_workers_at_once_store_once() -> None:
    item = previewed(make_asked_report(bodies=1))
    assert item.requested_by is not None
    confirm_import(item=item, digest=item.digest, choices={}, actor=item.requested_by, now=clock.now())

    results = at_once(*(lambda: store_answer_import(item.pk) for _ in range(2)))

    assert sorted(map(str, results)) == ["False", "True"]
    assert BodyAnswer.objects.get().version == 1


def test_two_colleagues_who_confirm_at_once_lose_nothing() -> None:
    report = make_asked_report(bodies=1)
    items = [previewed(report), previewed(report)]

    at_once(*(lambda item=item: confirm_and_store(item) for item in items))

    stages = sorted(AnswerImport.objects.values_list("stage", "state"))
    assert stages == [("read", "done"), ("store", "done")]
    assert BodyAnswer.objects.get().version == 1


def test_two_uploads_of_one_user_at_once_leave_one_at_work() -> None:
    report = make_asked_report(bodies=1)
    officer = make_officer(report.assignment.ministry)

    results = at_once(
        *(
            lambda: receive_import(
                report=report, file_name="回答.xlsx", content=b"PK", actor=officer, now=clock.now()
            )
            for _ in range(2)
        )
    )

    assert [type(result) for result in results].count(ImportAtWork) == 1
    assert AnswerImport.objects.count() == 1
