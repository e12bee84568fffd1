"""What comes back in an answer workbook: found again wherever it was moved, and all that is wrong told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from followup.rules.cell_answers import read_cell
from followup.rules.questions import Answer, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from followup.services.contents import Content
from followup.workbooks import answer_cells
from followup.workbooks.answer_reading import AnswerReading, find_token
from outreach.models import BodyCategory
from outreach.workbooks.guard import UploadRefused
from tests.answer_workbook.books import (
    TOKEN,
    book_of,
    make_content,
    make_row,
    opened,
    reread,
    standard_form,
    written,
)

FORM = standard_form()
DONE: dict[str, Answer] = {
    "reach_status": "done",
    "reached_on": "2023-09-10",
    "reach_channels": ["mail", "other"],
    "reach_channels__other": "掲示板",
    "member_count": 100,
    "reached_member_count": 80,
    "forwarded": False,
    "onsite_count": 0,
    "good_practice": "会報に載せた。\n総会でも説明した。",
}
AGENCY: dict[str, Answer] = {
    "reach_status": "done",
    "reached_on": "2023-09-11",
    "reach_channels": ["intranet"],
    "reached_staff_count": 30,
}
UNDECIDED: dict[str, Answer] = {"reach_status": "undecided"}
MINISTRY: dict[str, Answer] = {
    "has_bodies": True,
    "issue_style": "other",
    "issue_style__other": "訓令",
    "issued_on": "2023-09-01",
    "insurance_methods": ["mail", "meeting"],
    "insurance_staff": 1200,
    "account_methods": ["none"],
}


BODIES = [
    make_row(FORM, 11, DONE, name="一般社団法人甲協会"),
    make_row(FORM, 12, AGENCY, name="独立行政法人乙機構", category=BodyCategory.AGENCY_MEDIUM),
    make_row(FORM, 13, UNDECIDED, name="丙連合会"),
]


@pytest.fixture(scope="module")
def content() -> Content:
    """Return a report of three bodies that may be submitted as it is."""
    return make_content(FORM, MINISTRY, BODIES, from_ledger=["has_bodies", "issued_on"])


@pytest.fixture(scope="module")
def file(content: Content) -> bytes:
    return written(content)


@pytest.fixture
def book(file: bytes) -> Workbook:
    return opened(file)


def column(sheet: Worksheet, key: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == key)


def place(sheet: Worksheet, key: str, row: int) -> str:
    return f"{sheet.cell(row, column(sheet, key)).coordinate}"


def put(sheet: Worksheet, row: int, **values: Any) -> None:
    """Write into the columns of these keys; "" stands for `=` in the key of a choice."""
    for key, value in values.items():
        sheet.cell(row, column(sheet, key.replace("place_", "#"))).value = value


def answer_row(sheet: Worksheet, key: str) -> int:
    return next(cells[0].row for cells in sheet.iter_rows() if cells[0].value == key)


def texts(findings: list[Any]) -> list[str]:
    return [finding.text for finding in findings]


def unchanged(reading: AnswerReading, content: Content) -> None:
    """Hold that a book says exactly what is stored, and that nothing is to be confirmed about it."""
    assert texts(reading.problems) == []
    assert texts(reading.proposals) == []
    assert reading.ministry == content.answers
    assert reading.rows == {row.pk: row.answers for row in content.rows}
    assert reading.new_bodies == []


def test_an_untouched_book_changes_nothing(book: Workbook, content: Content) -> None:
    unchanged(reread(book, content), content)


def test_a_filled_cell_is_an_answer_and_an_emptied_one_takes_it_back(
    book: Workbook, content: Content
) -> None:
    bodies, ministry = book["団体別回答"], book["府省庁回答"]
    put(
        bodies,
        9,
        reach_status="周知する予定",
        reach_planned_on=date(2023, 10, 1),
        member_count="１，２００者",
    )
    put(bodies, 7, good_practice=None)
    ministry.cell(answer_row(ministry, "insurance_methods=meeting"), 5).value = None
    ministry.cell(answer_row(ministry, "account_on"), 5).value = "令和5年9月8日"

    reading = reread(book, content)

    assert texts(reading.problems) == []
    assert reading.rows[13] == {
        "reach_status": "planned",
        "reach_planned_on": "2023-10-01",
        "member_count": 1200,
    }
    assert reading.rows[11] == {key: DONE[key] for key in DONE if key != "good_practice"}
    assert reading.ministry == MINISTRY | {"insurance_methods": ["mail"], "account_on": "2023-09-08"}


def _sort(sheet: Worksheet) -> None:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7, max_row=9)]
    for number, values in enumerate(reversed(rows), start=7):
        for index, value in enumerate(values, start=1):
            sheet.cell(number, index).value = value


def _move_last_column_first(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        values = [cell.value for cell in row]
        for cell, value in zip(row, [values[-1], *values[:-1]], strict=True):
            cell.value = value


def _insert_column(sheet: Worksheet) -> None:
    sheet.insert_cols(8)


def _insert_rows(sheet: Worksheet) -> None:
    sheet.insert_rows(8)
    sheet.insert_rows(1, 2)


def _hide(sheet: Worksheet) -> None:
    sheet.row_dimensions[8].hidden = True
    sheet.column_dimensions["J"].hidden = True


def _drop_key_row(sheet: Worksheet) -> None:
    sheet.delete_rows(1)


def _widen_headings(sheet: Worksheet) -> None:
    sheet.delete_rows(1)
    for cell in sheet[4]:
        cell.value = str(cell.value or "").replace("SNS", "ｓｎｓ").replace("（", "( ").replace("）", " )")


def _rename(sheet: Worksheet) -> None:
    sheet.title = "提出用"


def _unhide(sheet: Worksheet) -> None:
    sheet.row_dimensions[1].hidden = False


@pytest.mark.parametrize(
    "change",
    [
        _sort, _move_last_column_first, _insert_column, _insert_rows, _hide, _drop_key_row, _widen_headings,
        _rename, _unhide,
    ],
)  # fmt: skip
def test_where_things_stand_in_the_table_of_bodies_does_not_matter(
    change: Callable[[Worksheet], None], book: Workbook, content: Content
) -> None:
    change(book["団体別回答"])

    unchanged(reread(book, content), content)


def _reverse_questions(sheet: Worksheet) -> None:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    for row, values in zip(sheet.iter_rows(min_row=5), reversed(rows), strict=True):
        for cell, value in zip(row, values, strict=True):
            cell.value = value


def _drop_keys(sheet: Worksheet) -> None:
    sheet.delete_rows(1)
    sheet.delete_cols(1)


@pytest.mark.parametrize(
    "change", [_reverse_questions, _move_last_column_first, _drop_keys, _rename, _insert_rows]
)
def test_where_things_stand_in_the_ministrys_table_does_not_matter(
    change: Callable[[Worksheet], None], book: Workbook, content: Content
) -> None:
    change(book["府省庁回答"])

    unchanged(reread(book, content), content)


def test_other_sheets_before_after_and_hidden_are_left_alone(book: Workbook, content: Content) -> None:
    book.create_sheet("メモ", 0)["A1"] = "確認中"
    copy = book.copy_worksheet(book["団体別回答"])
    copy.sheet_state = "hidden"
    put(copy, 9, reach_status="周知した")

    reading = reread(book, content)

    unchanged(reading, content)
    assert texts(reading.notices) == []


def test_a_copy_of_a_sheet_is_not_read_and_that_is_told(book: Workbook, content: Content) -> None:
    copy = book.copy_worksheet(book["団体別回答"])
    book.move_sheet(copy, -3)
    put(copy, 9, reach_status="周知した")

    reading = reread(book, content)

    unchanged(reading, content)
    name = "団体別回答 Copy"
    assert texts(reading.notices) == [
        f"シート『{name}』: 『団体別回答』と同じ様式のシートのため、取り込みません。"
    ]


def test_a_sheet_that_is_not_in_the_book_leaves_its_side_as_it_is(book: Workbook, content: Content) -> None:
    del book["府省庁回答"]

    reading = reread(book, content)

    assert reading.ministry is None
    assert set(reading.rows) == {11, 12, 13}
    assert texts(reading.problems) == []
    assert texts(reading.notices) == [
        "シート『府省庁回答』: シートがブックにないため、登録されている回答のままとします。"
    ]


def test_a_hidden_sheet_of_answers_is_read_and_that_is_told(book: Workbook, content: Content) -> None:
    book["団体別回答"].sheet_state = "hidden"
    put(book["団体別回答"], 7, member_count=150)

    reading = reread(book, content)

    assert reading.rows[11]["member_count"] == 150
    assert texts(reading.notices) == [
        "シート『団体別回答』: 非表示のシートですが、このシートの回答を取り込みます。"
    ]


def test_a_sheet_of_ours_that_lost_its_headings_is_not_passed_over(book: Workbook, content: Content) -> None:
    book["府省庁回答"].delete_cols(5)

    reading = reread(book, content)

    assert [finding.sheet for finding in reading.problems] == ["府省庁回答"]
    assert reading.problems[0].message.startswith("見出しの行が見つかりません。")


def test_a_deleted_column_or_row_leaves_its_answers_as_they_are(book: Workbook, content: Content) -> None:
    bodies, ministry = book["団体別回答"], book["府省庁回答"]
    bodies.delete_cols(column(bodies, "reach_channels=mail"))
    bodies.delete_cols(column(bodies, "good_practice"))
    bodies.delete_rows(8)
    ministry.delete_rows(answer_row(ministry, "insurance_staff"))

    reading = reread(book, content)

    assert texts(reading.problems) == []
    assert reading.ministry == MINISTRY
    assert reading.rows == {11: DONE, 13: UNDECIDED}
    assert (11, "good_practice") not in reading.cells
    gone = "ブックから削除されているため、登録されている回答のままとします。"
    assert texts(reading.notices) == [
        f"シート『府省庁回答』: 健康保険証利用申込の促進の対象職員数：{gone}",
        f"シート『団体別回答』: 周知手段：メール：{gone}",
        f"シート『団体別回答』: 好事例：{gone}",
        (
            "シート『団体別回答』: 1団体の行がブックにありません（独立行政法人乙機構）。"
            "登録されている回答のままとします。"
        ),
    ]


def test_required_answers_that_are_blank_are_told_once_a_question(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    for number in (7, 8, 9):
        put(bodies, number, reach_status=None, reached_on=None)

    reading = reread(book, content)

    told = next(finding for finding in reading.notices if finding.label == "周知状況")
    assert (told.cell, told.message) == (
        "G7",
        "必須の欄が未記入です（G7、G8、G9）。取り込めますが、提出までに記入してください。",
    )
    assert reading.problems == []


def test_a_required_group_of_marks_without_any_is_told_by_its_question(
    book: Workbook, content: Content
) -> None:
    bodies = book["団体別回答"]
    put(bodies, 8, **{"reach_channels=intranet": None})

    reading = reread(book, content)

    cell = place(bodies, "reach_channels=mail", 8)
    assert [(finding.cell, finding.label) for finding in reading.notices] == [(cell, "周知手段")]


def test_a_renamed_heading_is_refused_by_name(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    bodies[place(bodies, "reached_on", 5)].value = "周知予定日"

    reading = reread(book, content)

    assert len(reading.problems) == 1
    assert reading.problems[0].cell == place(bodies, "reached_on", 5)
    assert "見出し「周知予定日」は、元の「周知日」から変えられています。" in reading.problems[0].message


def test_an_unknown_heading_without_its_key_is_refused_as_it_may_be_ours(
    book: Workbook, content: Content
) -> None:
    bodies = book["団体別回答"]
    cell = place(bodies, "reached_on", 4)
    bodies.delete_rows(1)
    bodies[cell].value = "周知した日"

    reading = reread(book, content)

    assert texts(reading.problems) == [
        (
            f"シート『団体別回答』 セル {cell}: 周知した日：様式にない見出しです。"
            "変えた場合は元に戻し、加えた列の場合は列を削除してください。"
        )
    ]


def test_a_heading_that_is_there_twice_is_refused_by_name(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    last = bodies.max_column + 1
    for row in range(1, 10):
        bodies.cell(row, last).value = bodies.cell(row, column(bodies, "member_count")).value

    reading = reread(book, content)

    assert (
        "見出し「会員事業者数（者）」が二つ以上あります。一つだけを残してください。"
        in texts(reading.problems)[0]
    )


def test_a_renamed_question_of_the_ministry_is_refused_by_name(book: Workbook, content: Content) -> None:
    ministry = book["府省庁回答"]
    row = answer_row(ministry, "insurance_staff")
    ministry.cell(row, 4).value = "職員の数"

    reading = reread(book, content)

    assert [(finding.cell, finding.message[:24]) for finding in reading.problems] == [
        (f"E{row}", "設問「職員の数」は、元の「健康保険証利用申込の促")
    ]


def test_a_column_of_ones_own_is_told_and_not_taken(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    last = bodies.max_column + 1
    bodies.cell(5, last).value = "担当者メモ"
    bodies.cell(7, last).value = "確認済み"
    bodies.cell(7, last + 1).value = "！"

    reading = reread(book, content)

    unchanged(reading, content)
    assert [finding.message for finding in reading.notices[:2]] == [
        "様式にない列のため、取り込みません。"
    ] * 2


def test_merged_cells_of_answers_are_named_and_those_of_headings_do_not_matter(
    book: Workbook, content: Content
) -> None:
    bodies = book["団体別回答"]
    bodies.merge_cells("G4:H4")
    bodies.merge_cells("G7:G8")

    reading = reread(book, content)

    assert texts(reading.problems) == [
        (
            "シート『団体別回答』 セル G7: セルが結合されています（G7:G8）。"
            "結合を解除し、それぞれの欄に記入してください。"
        )
    ]


def test_rows_of_one_body_with_different_answers_are_both_refused(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    for index in range(1, bodies.max_column + 1):
        bodies.cell(10, index).value = bodies.cell(7, index).value
    put(bodies, 10, member_count=101)

    reading = reread(book, content)

    assert [(finding.cell, finding.message) for finding in reading.problems] == [
        ("C7", "同じ団体の行が二つあります（7・10行目）。一つだけを残してください。"),
        ("C10", "同じ団体の行が二つあります（7・10行目）。一つだけを残してください。"),
    ]


def test_rows_of_one_body_that_say_the_same_count_once(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    for index in range(1, bodies.max_column + 1):
        bodies.cell(10, index).value = bodies.cell(7, index).value

    reading = reread(book, content)

    unchanged(reading, content)
    assert reading.notices[0].message.endswith("内容が同じため、一つとして取り込みます。")


@pytest.mark.parametrize("value", [999, "12a", True, 11.5, -1])
def test_a_row_that_is_not_of_this_report_is_named_by_its_row_only(
    value: Any, book: Workbook, content: Content
) -> None:
    put(book["団体別回答"], 8, place_id=value)

    reading = reread(book, content)

    assert len(reading.problems) == 1
    assert reading.problems[0].cell == "C8"
    assert reading.problems[0].message.startswith("この行の団体を確認できません。")
    assert str(value) not in reading.problems[0].text


def test_a_row_that_was_emptied_is_as_one_that_is_not_there(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    for cell in bodies[8]:
        cell.value = None
    put(bodies, 8, place_id=" ")

    reading = reread(book, content)

    assert reading.problems == []
    assert set(reading.rows) == {11, 13}


def test_a_partly_sorted_table_is_refused(book: Workbook, content: Content) -> None:
    put(book["団体別回答"], 7, place_name="丙連合会")

    reading = reread(book, content)

    assert reading.problems[0].cell == "C7"
    assert "別の行の団体の名称になっています" in reading.problems[0].message


def test_another_name_for_a_body_is_told_and_not_taken(book: Workbook, content: Content) -> None:
    put(book["団体別回答"], 7, place_name="一般社団法人　甲協会（改称）")

    reading = reread(book, content)

    unchanged(reading, content)
    assert reading.notices[0].message.startswith(
        "名称の変更は取り込みません（登録されている名称：一般社団法人甲協会）"
    )


@pytest.mark.parametrize("key", ["place_number", "place_name"])
def test_a_row_of_totals_is_refused(key: str, book: Workbook, content: Content) -> None:
    put(book["団体別回答"], 10, **{key: "合　計", "member_count": 100})

    reading = reread(book, content)

    assert texts(reading.problems) == [
        "シート『団体別回答』 セル C10: 合計の行は取り込めません。行を削除してください。"
    ]


def test_a_book_without_rows_says_so(book: Workbook, content: Content) -> None:
    del book["府省庁回答"]
    book["団体別回答"].delete_rows(7, 50)

    reading = reread(book, content)

    assert texts(reading.problems) == ["データの行がありません。記入した行が残っているか確認してください。"]


def test_a_book_without_our_sheets_says_so(content: Content) -> None:
    reading = reread(Workbook(), content)

    assert "シート『府省庁回答』も『団体別回答』も見つかりません。" in texts(reading.problems)[0]


def test_everything_wrong_in_a_row_is_told_at_once_with_its_cell(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    put(bodies, 7, reached_on="後日", member_count="百", onsite_count=-1, forwarded="多分")
    put(bodies, 8, reach_status="=#N/A")

    reading = reread(book, content)

    told = {finding.cell: finding for finding in reading.problems}
    assert set(told) == {
        *(place(bodies, key, 7) for key in ("reached_on", "member_count", "onsite_count", "forwarded")),
        place(bodies, "reach_status", 8),
    }
    assert told[place(bodies, "onsite_count", 7)].text == (
        f"シート『団体別回答』 セル {place(bodies, 'onsite_count', 7)}: "
        "出張申請受付の実施回数：0以上の数を入力してください。"
    )


def test_a_cross_check_names_both_values(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    put(bodies, 7, reached_member_count=1120)

    reading = reread(book, content)

    assert texts(reading.problems) == [
        (
            f"シート『団体別回答』 セル {place(bodies, 'reached_member_count', 7)}: "
            "周知した会員数(1,120)が会員事業者数(100)を超えています"
        )
    ]


def test_answers_that_are_not_asked_for_are_told_by_cell(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    put(bodies, 9, reach_status="未定", reached_on=date(2023, 9, 1))
    put(bodies, 8, member_count=5)
    put(bodies, 7, not_reached_reason="－")
    bodies[place(bodies, "reach_channels=other", 7)].value = None

    reading = reread(book, content)

    assert texts(reading.problems) == []
    assert reading.rows[13] == {"reach_status": "undecided"}
    assert reading.rows[12] == AGENCY
    told = {finding.cell: finding.message.removesuffix("、取り込みません。") for finding in reading.notices}
    assert told == {
        place(bodies, "reach_channels__other", 7): "「その他」が選ばれていないため",
        place(bodies, "not_reached_reason", 7): "「周知状況」が「周知しない」のときだけ尋ねる設問のため",
        place(bodies, "member_count", 8): "この区分の団体には尋ねない設問（業界団体等のみ）のため",
        place(bodies, "reached_on", 9): "「周知状況」が「周知した」のときだけ尋ねる設問のため",
    }


def test_what_hangs_on_a_refused_cell_is_read_all_the_same(book: Workbook, content: Content) -> None:
    put(book["団体別回答"], 7, reach_status="???", reached_on="後日")

    reading = reread(book, content)

    assert [finding.label for finding in reading.problems] == ["周知状況", "周知日"]
    assert reading.notices == []


def test_what_was_not_taken_as_it_stands_is_proposed(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    put(bodies, 7, member_count="約1,200")

    reading = reread(book, content)

    assert reading.rows[11]["member_count"] == 1200
    assert [(finding.cell, finding.label) for finding in reading.proposals] == [
        (place(bodies, "member_count", 7), "会員事業者数")
    ]


def test_every_answer_is_found_at_its_cell(book: Workbook, content: Content) -> None:
    reading = reread(book, content)

    bodies, ministry = book["団体別回答"], book["府省庁回答"]
    assert reading.cells[11, "reached_on"] == ("団体別回答", place(bodies, "reached_on", 7))
    assert reading.cells[12, "reach_channels"] == ("団体別回答", place(bodies, "reach_channels=mail", 8))
    assert reading.cells[None, "insurance_staff"] == (
        "府省庁回答",
        f"E{answer_row(ministry, 'insurance_staff')}",
    )
    assert len(reading.cells) == len(list(reading.cells))


def test_a_row_added_at_the_bottom_is_a_new_body(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    put(
        bodies, 10, place_name="  ﾃｲ協会 ", place_category="業界団体等", place_issued_on="R5.9.4",
        reach_status="周知した", member_count=7, reached_staff_count=3,
    )  # fmt: skip

    reading = reread(book, content)

    assert texts(reading.problems) == []
    (body,) = reading.new_bodies
    assert (body.cell, body.name, body.category) == ("C10", "テイ協会", "industry")
    assert (body.template_number, body.issued_on) == (1, date(2023, 9, 4))
    assert body.answers == {"reach_status": "done", "member_count": 7}
    assert [finding.message for finding in reading.proposals] == [
        "未記入のため、区分に応じて「ひな形1」としました。"
    ]


def test_what_a_new_body_lacks_is_told_at_once(book: Workbook, content: Content) -> None:
    put(book["団体別回答"], 10, place_name="丁協会", place_category="協会", place_template=3)
    put(book["団体別回答"], 11, reach_status="周知した")
    put(book["団体別回答"], 12, place_name="戊\u202e協会")
    put(book["団体別回答"], 13, place_name="己" * 121)

    reading = reread(book, content)

    assert reading.new_bodies == []
    told = [(finding.cell, finding.label) for finding in reading.problems]
    assert told[:4] == [("D10", "区分"), ("E10", "ひな形"), ("F10", "発出日"), ("C11", "名称")]
    assert ("C12", "名称") in told
    assert "120文字以内で入力してください（現在121文字）。" in {f.message for f in reading.problems}


def test_a_new_body_must_not_be_listed_or_added_twice(book: Workbook, content: Content) -> None:
    bodies = book["団体別回答"]
    for number, name in ((10, "丙連合会"), (11, "丁協会"), (12, "丁 協会")):
        put(
            bodies, number, place_name=name, place_category="業界団体等", place_template="ひな形1",
            place_issued_on=date(2023, 9, 4),
        )  # fmt: skip

    reading = reread(book, content)

    assert reading.new_bodies == []
    assert [(finding.cell, finding.message[:24]) for finding in reading.problems] == [
        ("C10", "「丙連合会」は既に一覧にあります。この行を削除し"),
        ("C11", "「丁協会」が二回追加されています（11・12行目"),
        ("C12", "「丁 協会」が二回追加されています（11・12行"),
    ]


def _form(*questions: QuestionSpec) -> FormSpec:
    return FormSpec(questions)


def _asked(key: str, kind: QuestionType, **fields: Any) -> QuestionSpec:
    return QuestionSpec(key=key, scope=Scope.BODY, type=kind, label=f"設問{key}", **fields)


def test_a_book_of_an_older_form_is_mapped_by_keys_and_the_differences_told() -> None:
    choices = (Choice("a", "甲"), Choice("b", "乙"), Choice("c", "丙"))
    then = _form(
        _asked("kept", QuestionType.INTEGER),
        _asked("gone", QuestionType.INTEGER),
        _asked("one", QuestionType.SINGLE, choices=choices),
        _asked("many", QuestionType.MULTIPLE, choices=choices),
    )
    relabelled = tuple(replace(choice, label=f"新{choice.label}") for choice in choices[:2])
    now = _form(
        _asked("kept", QuestionType.INTEGER, help="新しい説明"),
        _asked("one", QuestionType.SINGLE, choices=relabelled),
        _asked("many", QuestionType.MULTIPLE, choices=relabelled),
        _asked("new", QuestionType.SHORT_TEXT),
    )
    answers: dict[str, Answer] = {"kept": 1, "gone": 2, "one": "a", "many": ["a", "b"]}
    book = written(make_content(then, rows=[make_row(then, 1, answers)]))
    stored: dict[str, Answer] = {"kept": 1, "one": "b", "new": "新しい回答"}

    reading = reread(book, make_content(now, rows=[make_row(now, 1, stored)]), then)

    assert texts(reading.problems) == []
    assert reading.rows == {1: {"kept": 1, "one": "a", "many": ["a", "b"], "new": "新しい回答"}}
    assert [(finding.label, finding.message[:14]) for finding in reading.notices] == [
        ("設問gone", "今の様式にない設問のため、こ"),
        ("設問one", "ブックを作成した後に設問が変わ"[:14]),
        ("設問many", "ブックを作成した後に設問が変わ"[:14]),
        ("設問new", "ブックを作成した後に加わった設"[:14]),
    ]


def test_a_mark_for_a_choice_that_is_gone_is_refused() -> None:
    choices = (Choice("a", "甲"), Choice("b", "乙"))
    then = _form(_asked("many", QuestionType.MULTIPLE, choices=choices))
    now = _form(_asked("many", QuestionType.MULTIPLE, choices=choices[:1]))
    book = written(make_content(then, rows=[make_row(then, 1, {"many": ["a", "b"]})]))

    reading = reread(book, make_content(now, rows=[make_row(now, 1)]), then)

    assert texts(reading.problems) == [
        (
            "シート『団体別回答』 セル H7: 設問many：乙：この選択肢は今の様式にありません。"
            "ほかの選択肢を選んでください。"
        )
    ]


def test_a_choice_from_the_drop_down_is_taken_by_its_label_even_if_that_is_a_number() -> None:
    choices = tuple(Choice(f"c{number}", str(number)) for number in (3, 2, 1, 0))
    form = _form(_asked("rate", QuestionType.SINGLE, choices=choices))
    content = make_content(form, rows=[make_row(form, 1, {"rate": "c1"})])

    reading = reread(written(content), content)

    assert reading.problems == []
    assert reading.rows == {1: {"rate": "c1"}}


def test_what_many_rows_repeat_and_what_nobody_touched_is_not_read_again(monkeypatch: Any) -> None:
    read: list[Any] = []

    def count(question: QuestionSpec, value: Any, **more: Any) -> Any:
        read.append(value)
        return read_cell(question, value, **more)

    monkeypatch.setattr(answer_cells, "read_cell", count)
    counts = []
    for number in (2, 40):
        rows = [make_row(FORM, pk, DONE | {"good_practice": f"事例{pk}"}) for pk in range(1, number + 1)]
        content = make_content(FORM, MINISTRY, rows)
        read.clear()

        unchanged(reread(written(content), content), content)

        counts.append(len(read))

    assert counts[0] == counts[1]


def test_the_token_is_found_as_long_as_one_place_says_it(file: bytes) -> None:
    for names in (("記入要領",), ("_定義",), ("記入要領", "_定義")):
        book = opened(file)
        for name in names:
            del book[name]

        assert find_token(book_of(book)) == TOKEN


def test_a_book_without_a_token_or_with_two_is_refused_without_saying_what_it_is(file: bytes) -> None:
    other = opened(file)
    other["_定義"]["B1"].value = "f" * 32
    broken = opened(file)
    broken["_定義"]["B1"].value = "'; --"

    for book in (Workbook(), other, broken):
        with pytest.raises(UploadRefused, match="この報告の回答用ブックであることを確認できません。"):
            find_token(book_of(book))
