"""From the download to stored answers, by the officer's door."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from followup.models import AnswerImport, AnswerWorkbook, BodyAnswer, Report
from followup.services.drafts import save_answers
from outreach.models import AuditEntry, Body, Channel, Notification, User
from tests.factories import NOW, make_body, make_officer
from tests.imports.excel import cell_of, confirm, download, fill, newest, portal, text_of, upload

DONE = {"reach_status": "周知した", "reached_on": date(2023, 9, 2), "reach_channels=mail": "○"}


def names(report: Report) -> list[str]:
    return list(report.assignment.notifications.order_by("pk").values_list("body__name", flat=True))


def stored(report: Report) -> dict[str, dict[str, object]]:
    rows = BodyAnswer.objects.filter(report=report).select_related("notification__body")
    return {row.notification.body.name: row.answers for row in rows}


def test_what_was_filled_in_is_shown_and_stored_when_confirmed(laptop: Client, report: Report) -> None:
    first, second = names(report)
    book = fill(
        download(laptop, portal(report)),
        {first: {**DONE, "member_count": 120, "reached_member_count": 100}},
        {"issue_style": "事務連絡"},
    )

    preview = upload(laptop, portal(report), book)

    assert "取込みの確認" in text_of(preview)
    assert first in text_of(preview)
    assert "120" in text_of(preview)
    assert not BodyAnswer.objects.exists()

    done: Any = confirm(laptop, portal(report))

    assert done.request["PATH_INFO"] == f"/portal/reports/{report.pk}/"
    assert "取り込み、下書きとして保存しました" in text_of(done)
    assert stored(report) == {
        first: {
            "reach_status": "done",
            "reached_on": "2023-09-02",
            "reach_channels": ["mail"],
            "member_count": 120,
            "reached_member_count": 100,
        }
    }
    assert Report.objects.get(pk=report.pk).answers["issue_style"] == "memo"
    assert second not in stored(report)


def test_a_workbook_that_comes_back_as_it_went_changes_nothing(laptop: Client, report: Report) -> None:
    page = upload(laptop, portal(report), download(laptop, portal(report)))

    assert "変更はありません" in text_of(page)
    assert "この内容で確定する" not in text_of(page)


def test_download_upload_confirmation_and_giving_up_are_on_the_trail(
    laptop: Client, report: Report, officer: User
) -> None:
    book = fill(download(laptop, portal(report)), {names(report)[0]: DONE})
    upload(laptop, portal(report), book)
    confirm(laptop, portal(report))
    upload(laptop, portal(report), book)
    laptop.post(f"{portal(report)}{newest().pk}/cancel/")
    upload(laptop, portal(report), b"%PDF-", "回答.pdf")

    actions = list(
        AuditEntry.objects.filter(actor=officer, ministry=officer.ministry)
        .exclude(action__contains="閲覧")
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert actions == [
        "回答用ブックをダウンロード",
        "回答用ブックを受領",
        "回答の取込みを確定",
        "報告：下書きを保存",
        "回答用ブックを取込み",
        "回答用ブックを受領",
        "回答の取込みを取りやめ",
        "回答用ブックを拒否",
    ]


def test_an_import_confirmed_twice_is_stored_once_and_told(laptop: Client, report: Report) -> None:
    book = fill(download(laptop, portal(report)), {names(report)[0]: DONE})
    upload(laptop, portal(report), book)
    confirm(laptop, portal(report))
    version = Report.objects.get(pk=report.pk).version

    again = confirm(laptop, portal(report))

    assert again.status_code == 409
    assert "既に確定済みです" in text_of(again)
    assert Report.objects.get(pk=report.pk).version == version


def test_what_a_colleague_saved_elsewhere_stays(laptop: Client, report: Report) -> None:
    first, second = names(report)
    book = fill(download(laptop, portal(report)), {first: DONE})
    colleague_saves(report, second, {"member_count": 7})

    page = upload(laptop, portal(report), book)

    assert "ブックを作成した後に、報告が変更されています" in text_of(page)

    confirm(laptop, portal(report))

    assert stored(report)[second] == {"member_count": 7}
    assert stored(report)[first]["reach_status"] == "done"


@pytest.mark.parametrize(("choice", "kept"), [("mine", 120), ("theirs", 7)])
def test_where_both_changed_the_same_answer_the_officer_chooses(
    laptop: Client, report: Report, choice: str, kept: int
) -> None:
    first, _second = names(report)
    book = fill(download(laptop, portal(report)), {first: {"member_count": 120}})
    colleague_saves(report, first, {"member_count": 7})
    page = upload(laptop, portal(report), book)
    assert "ブックの値：120" in text_of(page)
    assert "システムの値：7" in text_of(page)

    refused = confirm(laptop, portal(report))

    assert refused.status_code == 400
    assert stored(report)[first] == {"member_count": 7}

    confirm(laptop, portal(report), **{"conflict-0": choice})

    assert stored(report)[first] == {"member_count": kept}


def test_a_change_between_preview_and_confirmation_shows_a_new_preview(
    laptop: Client, report: Report
) -> None:
    first, _second = names(report)
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {first: {"member_count": 120}}))
    colleague_saves(report, first, {"member_count": 7})

    page = confirm(laptop, portal(report))

    assert page.status_code == 409
    assert "確認の後に、ほかの方が報告を変更しました" in text_of(page)
    assert stored(report)[first] == {"member_count": 7}

    confirm(laptop, portal(report), **{"conflict-0": "mine"})

    assert stored(report)[first] == {"member_count": 120}


def test_a_confirmation_of_an_older_preview_stores_nothing(laptop: Client, report: Report) -> None:
    first, _second = names(report)
    upload(laptop, portal(report), fill(download(laptop, portal(report)), {first: {"member_count": 120}}))

    page = confirm(laptop, portal(report), digest="0" * 64)

    assert page.status_code == 409
    assert not BodyAnswer.objects.exists()
    assert newest().stage == "read"


def test_mistakes_are_told_all_at_once_with_their_cells_and_nothing_can_be_confirmed(
    laptop: Client, report: Report
) -> None:
    first, second = names(report)
    book = fill(
        download(laptop, portal(report)),
        {
            first: {**DONE, "member_count": 100, "reached_member_count": 120},
            second: {"member_count": "たくさん"},
        },
    )

    page = upload(laptop, portal(report), book)

    assert f"セル {cell_of(book, first, 'reached_member_count')}" in text_of(page)
    assert f"セル {cell_of(book, second, 'member_count')}" in text_of(page)
    assert "この内容で確定する" not in text_of(page)
    assert confirm(laptop, portal(report)).status_code == 409
    assert not BodyAnswer.objects.exists()


def test_a_cell_that_cannot_be_read_is_no_answer_taken_out(laptop: Client, report: Report) -> None:
    first, _second = names(report)
    colleague_saves(report, first, {"member_count": 7})

    upload(laptop, portal(report), fill(download(laptop, portal(report)), {first: {"member_count": "多数"}}))

    item = newest()
    assert len(item.problems) == 1
    assert item.changes == []


def test_the_workbook_with_marked_cells_is_its_uploaders(laptop: Client, report: Report) -> None:
    book = fill(download(laptop, portal(report)), {names(report)[0]: {"member_count": "たくさん"}})
    upload(laptop, portal(report), book)
    path = f"{portal(report)}{newest().pk}/marked/"
    others = [make_officer(report.assignment.ministry), make_officer()]

    own = laptop.get(path)

    assert own.status_code == 200
    assert own.getvalue().startswith(b"PK")
    for other in others:
        client = Client()
        client.force_login(other)
        assert client.get(path).status_code == 404


def test_a_reading_that_differs_from_what_was_written_is_agreed_to_first(
    laptop: Client, report: Report
) -> None:
    first, _second = names(report)
    page = upload(
        laptop,
        portal(report),
        fill(download(laptop, portal(report)), {first: {"member_count": "約１，２００"}}),
    )
    assert "約１，２００" in text_of(page)

    assert confirm(laptop, portal(report)).status_code == 400
    assert not BodyAnswer.objects.exists()

    confirm(laptop, portal(report), agreed="on")

    assert stored(report)[first] == {"member_count": 1200}


def test_a_new_body_is_added_when_its_box_is_ticked(laptop: Client, report: Report) -> None:
    channel = Channel.objects.earliest("pk")
    book = fill(
        download(laptop, portal(report)),
        {"新設協会": new_body(member_count=30)},
    )
    page = upload(laptop, portal(report), book)
    assert "新設協会（業界団体等" in text_of(page)

    refused = confirm(laptop, portal(report), **{"body-0": "on"})

    assert refused.status_code == 400
    assert not Body.objects.filter(name="新設協会").exists()

    confirm(laptop, portal(report), **{"body-0": "on", "channels": [channel.pk]})

    notice = Notification.objects.get(body__name="新設協会")
    assert notice.issued_on == date(2023, 9, 3)
    assert list(notice.channels.all()) == [channel]
    assert stored(report)["新設協会"] == {"member_count": 30}


def test_a_new_body_without_a_tick_is_left_out(laptop: Client, report: Report) -> None:
    book = fill(
        download(laptop, portal(report)),
        {
            names(report)[0]: DONE,
            "新設協会": new_body(),
        },
    )
    upload(laptop, portal(report), book)

    confirm(laptop, portal(report))

    assert not Body.objects.filter(name="新設協会").exists()
    assert list(stored(report)) == [names(report)[0]]


def new_body(**fields: object) -> dict[str, object]:
    return {
        "#category": "業界団体等", "#template": "ひな形1", "#issued_on": date(2023, 9, 3), **fields
    }  # fmt: skip


def test_a_body_that_is_on_the_list_is_notified_and_not_added_again(laptop: Client, report: Report) -> None:
    listed = make_body(report.assignment.ministry, name="既存協会")
    book = fill(download(laptop, portal(report)), {"既存協会": new_body(member_count=5)})
    upload(laptop, portal(report), book)

    confirm(laptop, portal(report), **{"body-0": "on", "channels": [Channel.objects.earliest("pk").pk]})

    assert Body.objects.get(name="既存協会") == listed
    assert stored(report)["既存協会"] == {"member_count": 5}


@pytest.mark.parametrize("issued_on", [date(2023, 9, 5), date(2023, 8, 30)])
def test_a_new_body_notified_on_an_impossible_day_is_a_mistake(
    laptop: Client, report: Report, issued_on: date
) -> None:
    entered = new_body(**{"#issued_on": issued_on})
    book = fill(download(laptop, portal(report)), {"新設協会": entered})

    page = upload(laptop, portal(report), book)

    assert "発出日に" in text_of(page)
    [problem] = newest().problems
    assert problem["cell"] == cell_of(book, "新設協会", "#issued_on")
    assert problem["label"] == "発出日"


def test_a_body_that_is_no_longer_used_is_a_mistake(laptop: Client, report: Report) -> None:
    make_body(report.assignment.ministry, name="旧協会", is_active=False)

    page = upload(laptop, portal(report), fill(download(laptop, portal(report)), {"旧協会": new_body()}))

    assert "使用を停止した団体" in text_of(page)
    assert newest().problems


def colleague_saves(report: Report, name: str, answers: dict[str, object]) -> None:
    notice = report.assignment.notifications.get(body__name=name)
    row = BodyAnswer.objects.filter(notification=notice).first()
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={notice.pk: (row.version if row else None, answers)},  # type: ignore[dict-item]
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )


def test_each_download_is_a_workbook_of_its_own_with_what_it_was_prefilled_with(
    laptop: Client, report: Report
) -> None:
    first, _second = names(report)
    download(laptop, portal(report))
    colleague_saves(report, first, {"member_count": 7})
    download(laptop, portal(report))

    older, newer = AnswerWorkbook.objects.order_by("pk")
    notice = report.assignment.notifications.get(body__name=first)
    assert older.token != newer.token
    assert older.rows[str(notice.pk)] == {}
    assert newer.rows[str(notice.pk)] == {"member_count": 7}
    assert not AnswerImport.objects.exists()
