"""What the API tells is what the pages tell: rounds, figures, frozen results and their files."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followup.api import access
from followup.models import CouncilReport, FileKind
from followup.rules.figure_definitions import DEFINITIONS
from followup.rules.stored_figures import EDITION, as_json
from followup.services.figures import count_figures
from outreach.models import AuditEntry, User
from tests.api.conftest import Call, program
from tests.api.test_tokens import colleague
from tests.factories import (
    NOW,
    make_answered_report,
    make_council_file,
    make_council_report,
    make_frozen_report,
    make_notification,
    make_report,
    make_round,
    make_submission,
)

pytestmark = pytest.mark.django_db


def queries(call: Call, path: str) -> int:
    with CaptureQueriesContext(connection) as context:
        assert call(path).status_code == 200
    return len(context)


def test_the_rounds_are_told_newest_first(call: Call) -> None:
    old, new = make_round(), make_round()

    page = call("/rounds").json()

    assert (page["count"], page["page"], page["pages"]) == (2, 1, 1)
    assert [item["id"] for item in page["items"]] == [new.pk, old.pk]
    assert call(f"/rounds/{new.pk}").json() == {
        "id": new.pk,
        "title": str(new),
        "number": 1,
        "request_id": new.request_id,
        "council_number": 6,
        "council_name": "関係省庁連絡会議",
        "council_held_on": None,
        "status": "open",
        "status_label": "受付中",
        "due_on": "2023-10-06",
        "due_time": None,
    }


def test_a_page_has_what_is_asked_for(call: Call) -> None:
    rounds = [make_round() for _ in range(3)]

    page = call("/rounds", page=2, per_page=2).json()

    assert (page["count"], page["pages"]) == (3, 2)
    assert [item["id"] for item in page["items"]] == [rounds[0].pk]


def test_every_definition_is_told_as_the_one_module_has_it(call: Call) -> None:
    told = call("/definitions").json()["items"]

    assert [item["key"] for item in told] == [definition.key for definition in DEFINITIONS]
    assert told[0] == vars(DEFINITIONS[0])


def test_the_figures_of_a_round_are_those_that_every_page_counts(call: Call) -> None:
    collection = make_submission(make_answered_report(bodies=2)).report.round
    report = make_report(collection=collection)
    make_notification(report.assignment, issued_on=None)

    told = call(f"/rounds/{collection.pk}/figures").json()

    expected = as_json(count_figures(round=collection, now=NOW))
    assert told["edition"] == expected.pop("edition") == EDITION
    assert told["figures"] == expected
    assert (told["round_id"], told["as_of"]) == (collection.pk, "2023-09-04T10:00:00+09:00")
    values = {item["key"]: item["value"] for item in told["headline"]}
    assert {
        key: values[key] for key in ("asked", "submitted", "aimed", "issued", "issue_rate", "spread")
    } == {
        "asked": 2,
        "submitted": 1,
        "aimed": 3,
        "issued": 2,
        "issue_rate": 66.7,
        "spread": 2,
    }


def test_every_headline_has_a_definition_and_what_nobody_answered_is_no_zero(call: Call) -> None:
    empty = call(f"/rounds/{make_round().pk}/figures").json()["headline"]

    names = {definition.key: definition.name for definition in DEFINITIONS}
    assert all(names[item["key"]] == item["name"] for item in empty)
    values = {item["key"]: item["value"] for item in empty}
    assert (values["asked"], values["response_rate"], values["member_reach_rate"]) == (0, None, None)


def test_counting_anew_is_bounded(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "COUNTS_PER_TOKEN", 1)
    collection = make_round()

    codes = [call(f"/rounds/{collection.pk}/figures").status_code for _ in range(2)]

    assert codes == [200, 429]
    assert call("/rounds").status_code == 200


def test_frozen_figures_stay_as_they_were(call: Call) -> None:
    collection = make_submission().report.round
    figures = as_json(count_figures(round=collection, now=NOW))
    report = make_frozen_report(collection, figures=figures)
    before = call(f"/snapshots/{report.pk}/figures").json()

    make_report(collection=collection)

    assert call(f"/snapshots/{report.pk}/figures").json() == before
    assert {"edition": before["edition"], **before["figures"]} == figures


def test_figures_of_an_unknown_edition_and_unfinished_ones_are_a_conflict(call: Call) -> None:
    strange = make_frozen_report(figures={"edition": 99})
    waiting = make_council_report()

    for report, words in ((strange, "読めない形式"), (waiting, "まだ完成していません")):
        response = call(f"/snapshots/{report.pk}/figures")
        assert response.status_code == 409
        assert words in response.json()["message"]


def test_two_frozen_results_are_compared_and_only_what_changed_is_told(call: Call) -> None:
    collection = make_submission().report.round
    before = make_frozen_report(collection, figures=as_json(count_figures(round=collection, now=NOW)))
    make_report(collection=collection)
    after = make_frozen_report(collection, figures=as_json(count_figures(round=collection, now=NOW)))

    told = call(f"/snapshots/{after.pk}/changes", since=before.pk).json()
    same = call(f"/snapshots/{after.pk}/changes", since=after.pk).json()

    assert (told["before_id"], told["after_id"], same["tables"]) == (before.pk, after.pk, [])
    rows = [row for table in told["tables"] for row in table["changes"]]
    asked = next(row for row in rows if row["heading"] == "対象府省庁数")
    assert (asked["before"]["value"], asked["after"]["value"], asked["difference"]) == (1, 2, 1)
    assert call(f"/snapshots/{after.pk}/changes", since=10**9).status_code == 404
    assert call(f"/snapshots/{after.pk}/changes").status_code == 422


def test_the_frozen_results_are_listed_with_their_files(call: Call) -> None:
    report = make_frozen_report()
    waiting = make_council_report(as_of=NOW + timedelta(days=1))

    told = call("/snapshots").json()["items"]

    assert [(item["id"], item["state"], item["state_label"]) for item in told] == [
        (waiting.pk, "queued", "作成待ち"),
        (report.pk, "done", "完成"),
    ]
    assert (told[0]["files"], told[0]["finished_at"]) == ([], None)
    assert [file["kind"] for file in told[1]["files"]] == ["data", "paper"]
    assert call(f"/snapshots/{report.pk}").json() == told[1]
    assert call(f"/snapshots/{report.pk}/files").json()["items"] == told[1]["files"]
    only = call("/snapshots", round_id=waiting.round_id).json()
    assert [item["id"] for item in only["items"]] == [waiting.pk]


def test_a_file_comes_byte_by_byte_and_who_took_it_is_on_the_trail(call: Call, staff: User) -> None:
    report = make_frozen_report()
    file = call(f"/snapshots/{report.pk}/files").json()["items"][0]

    response = call(file["url"].removeprefix("http://localhost:8000/api/v1"))
    content = response.getvalue()

    assert response.status_code == 200
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert len(content) == file["size"]
    assert response["Content-Disposition"].startswith("attachment")
    taken = AuditEntry.objects.get(action="取りまとめをダウンロード")
    assert (taken.actor, taken.object_id, taken.after and taken.after["ファイル"]) == (
        staff,
        str(report.pk),
        file["name"],
    )


def test_files_of_other_reports_of_unfinished_ones_and_of_ministries_are_not_there(call: Call) -> None:
    report, other, running = make_frozen_report(), make_frozen_report(), make_council_report(state="running")
    unfinished = make_council_file(running)
    mixed = make_council_report(state="running")
    for kind in (FileKind.DATA, FileKind.PAPER):
        make_council_file(mixed, kind)
    sheet = make_council_file(
        mixed, FileKind.MINISTRY_SHEET, ministry=make_report(collection=mixed.round).assignment.ministry
    )
    CouncilReport.objects.filter(pk=mixed.pk).update(state="done", progress=100, finished_at=NOW)

    for owner, file in ((report, other.files.first()), (running, unfinished), (mixed, sheet)):
        assert file
        assert call(f"/snapshots/{owner.pk}/files/{file.pk}").status_code == 404
    assert call("/snapshots/99").status_code == 404
    assert not AuditEntry.objects.filter(action="取りまとめをダウンロード").exists()


def test_a_file_that_is_gone_is_told_and_not_handed_out(call: Call) -> None:
    file = make_frozen_report().files.get(kind="data")
    file.file.storage.delete(str(file.file.name))

    response = call(f"/snapshots/{file.report_id}/files/{file.pk}")

    assert response.status_code == 409
    assert "控えから戻してください" in response.json()["message"]


def test_the_right_to_results_alone_opens_results_only(db: None) -> None:
    call = program(colleague("view_councilreport"))
    report = make_frozen_report()

    assert call(f"/snapshots/{report.pk}").status_code == 200
    assert call(f"/rounds/{report.round_id}/figures").status_code == 403


@pytest.mark.parametrize("path", ["/rounds", "/snapshots"])
def test_one_row_and_twenty_take_the_same_queries(call: Call, path: str) -> None:
    make_frozen_report(make_round())
    few = queries(call, path)
    for _ in range(19):
        make_frozen_report(make_round())

    assert queries(call, path) == few


def test_days_and_instants_are_told_in_japanese_time(call: Call) -> None:
    collection = make_round(due_on=date(2023, 10, 6))
    report: Any = make_frozen_report(collection, as_of=NOW.replace(hour=0))

    assert call(f"/snapshots/{report.pk}").json()["as_of"] == "2023-09-04T00:00:00+09:00"
