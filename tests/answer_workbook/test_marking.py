"""The workbook handed back: its wrong cells marked, all else as it was, fit to be taken in again."""

from __future__ import annotations

from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from followup.services.contents import Content
from followup.workbooks import marked_workbook
from followup.workbooks.answer_reading import Finding, find_token
from followup.workbooks.marked_workbook import AUTHOR, mark_cells
from outreach.workbooks.book import read_book
from outreach.workbooks.guard import check_upload
from tests.answer_workbook.books import (
    TOKEN,
    book_of,
    make_content,
    make_row,
    opened,
    reread,
    saved,
    standard_form,
    written,
)

FORM = standard_form()
WRONG = [
    Finding("団体別回答", "G7", "周知状況", "選択肢の中から選んでください。"),
    Finding("団体別回答", "G7", "周知状況", "=二つ目の指摘"),
    Finding("府省庁回答", "E17", "対象職員数", "+0以上の数を入力してください。\x0b"),
    Finding("", "", "", "@全体の指摘"),
    Finding("ないシート", "A1", "", "シートがない指摘"),
]


@pytest.fixture(scope="module")
def content() -> Content:
    answers = {"reach_status": "not_done", "not_reached_reason": "=1+1"}
    return make_content(FORM, {"insurance_staff": 5}, [make_row(FORM, 1, {**answers})])


@pytest.fixture(scope="module")
def file(content: Content) -> bytes:
    return written(content)


@pytest.fixture(scope="module")
def marked(file: bytes) -> Workbook:
    return opened(mark_cells(file, WRONG))


def test_each_wrong_cell_is_filled_and_says_all_that_is_wrong_in_one_comment(marked: Workbook) -> None:
    cell, plain = marked["団体別回答"]["G7"], marked["団体別回答"]["H7"]

    assert cell.comment.text == "選択肢の中から選んでください。\n=二つ目の指摘"
    assert cell.comment.author == AUTHOR == "周知依頼トラッカー"
    assert cell.fill.fgColor.rgb != plain.fill.fgColor.rgb
    assert cell.border.left.style == "medium"
    assert plain.comment is None


def test_a_list_of_all_that_is_wrong_comes_first_as_text_and_leads_to_the_cells(marked: Workbook) -> None:
    sheet = marked.worksheets[0]

    assert sheet.title == "修正のお願い"
    assert marked.active is sheet
    assert list(sheet.iter_rows(min_row=4, values_only=True)) == [
        ("シート", "セル", "項目", "内容"),
        ("団体別回答", "G7", "周知状況", "選択肢の中から選んでください。"),
        ("団体別回答", "G7", "周知状況", "=二つ目の指摘"),
        ("府省庁回答", "E17", "対象職員数", "+0以上の数を入力してください。"),
        (None, None, None, "@全体の指摘"),
        ("ないシート", "A1", None, "シートがない指摘"),
    ]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet["D6"].quotePrefix
    assert [sheet[f"B{row}"].hyperlink is not None for row in range(5, 10)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_all_else_of_the_book_stays(marked: Workbook, file: bytes) -> None:
    before = opened(file)

    assert marked.sheetnames[1:] == before.sheetnames
    assert [sheet.sheet_state for sheet in marked][1:] == [sheet.sheet_state for sheet in before]
    for name in ("府省庁回答", "団体別回答"):
        was, now = before[name], marked[name]
        rules = len(was.data_validations.dataValidation)
        assert len(now.data_validations.dataValidation) == rules > 0
        assert now.protection.sheet
        assert [[c.protection.locked for c in row] for row in now] == [
            [c.protection.locked for c in row] for row in was
        ]
        assert [[c.value for c in row] for row in now] == [[c.value for c in row] for row in was]
        assert all(c.data_type != "f" for row in now for c in row)
        assert (now.freeze_panes, now.print_title_rows) == (was.freeze_panes, was.print_title_rows)
    assert set(marked.defined_names) == set(before.defined_names)


def test_the_marked_book_is_taken_in_again(file: bytes, content: Content) -> None:
    handed_back = mark_cells(file, WRONG)

    assert check_upload("回答.xlsx", handed_back) == "xlsx"
    book = read_book(handed_back)
    assert find_token(book) == TOKEN
    reading = reread(handed_back, content)
    assert reading.problems == []
    assert reading.ministry == content.answers
    assert reading.rows == {1: content.rows[0].answers}


def test_marking_again_replaces_what_was_marked_before(file: bytes) -> None:
    again = opened(
        mark_cells(mark_cells(file, WRONG), [Finding("団体別回答", "H7", "周知日", "直してください。")])
    )

    bodies = again["団体別回答"]
    assert bodies["G7"].comment is None
    assert bodies["G7"].fill.fgColor.rgb == "00FFFBE0"
    assert bodies["H7"].comment.text == "直してください。"
    assert again.sheetnames.count("修正のお願い") == 1
    assert again.worksheets[0].max_row == 5


def test_an_officers_own_comment_is_kept(file: bytes) -> None:
    book = opened(file)
    book["団体別回答"]["G7"].comment = Comment("要確認", "担当者")

    handed_back = opened(mark_cells(saved(book), WRONG[:1]))

    assert handed_back["団体別回答"]["G7"].comment.text == "要確認\n選択肢の中から選んでください。"


def test_a_book_that_cannot_be_marked_in_time_is_not_handed_back(file: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr(marked_workbook, "MARKING_SECONDS", 0.01)

    assert mark_cells(file, WRONG) == b""
    assert mark_cells(b"broken", WRONG) == b""


def test_merged_cells_do_not_stop_the_marking(file: bytes) -> None:
    book = opened(file)
    book["団体別回答"].merge_cells("G7:H7")

    handed_back = opened(mark_cells(saved(book), [Finding("団体別回答", "H7", "", "結合"), WRONG[0]]))

    assert handed_back["団体別回答"]["G7"].comment.text == "選択肢の中から選んでください。"
    assert book_of(handed_back).sheets
