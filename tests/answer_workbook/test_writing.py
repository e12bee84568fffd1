"""The answer workbook as Excel opens it: what is open, what is held, what it says, how it prints."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime

import pytest
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from followup.rules.questions import Answer, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from followup.workbooks.answer_layout import condition_text
from followup.workbooks.answer_rules import not_asked_formula
from outreach.models import BodyCategory
from tests.answer_workbook.books import (
    TOKEN,
    make_content,
    make_row,
    opened,
    standard_form,
    written,
)

FORM = standard_form()
DONE: dict[str, Answer] = {
    "reach_status": "done",
    "reached_on": "2023-09-10",
    "reach_channels": ["mail", "sns"],
}


def column_of(sheet: Worksheet, key: str) -> str:
    """Return the letters of the column that a key stands over."""
    return next(cell.column_letter for cell in sheet[1] if cell.value == key)


def cell(sheet: Worksheet, key: str, row: int) -> object:
    return sheet[f"{column_of(sheet, key)}{row}"].value


def validation_of(sheet: Worksheet, key: str) -> DataValidation:
    """Return what the first body's answer is held to."""
    place = f"{column_of(sheet, key)}7"
    return next(rule for rule in sheet.data_validations.dataValidation if place in rule.sqref)


def answer_cell(sheet: Worksheet, key: str) -> str:
    """Return the address of the answer to a question of the ministry."""
    row = next(cells[0].row for cells in sheet.iter_rows() if cells[0].value == key)
    return f"{column_of(sheet, '#answer')}{row}"


def test_the_book_has_its_sheets_in_reading_order_and_hides_what_only_programs_read() -> None:
    book = opened(written(make_content()))

    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [
        ("記入要領", "visible"),
        ("府省庁回答", "visible"),
        ("団体別回答", "visible"),
        ("記入例", "visible"),
        ("_定義", "veryHidden"),
    ]


def test_the_book_says_which_one_it_is_in_three_places() -> None:
    book = opened(written(make_content()))

    guide = [row[2].value for row in book["記入要領"].iter_rows() if row[0].value == "ブック番号"]
    assert guide == [TOKEN]
    assert (book["_定義"]["A1"].value, book["_定義"]["B1"].value) == ("ブック番号", TOKEN)
    assert book.custom_doc_props["answer_book"].value == TOKEN


def test_what_is_known_is_filled_in() -> None:
    answers: dict[str, Answer] = {
        "has_bodies": True,
        "issued_on": "2023-09-04",
        "insurance_staff": 1200,
        "insurance_methods": ["mail"],
    }
    content = make_content(answers=answers, rows=[make_row(FORM, 7, DONE)], from_ledger=["has_bodies"])

    book = opened(written(content))

    ministry, bodies = book["府省庁回答"], book["団体別回答"]
    shown = {
        key: ministry[answer_cell(ministry, key)].value
        for key in ("has_bodies", "issued_on", "insurance_staff")
    }
    assert shown == {"has_bodies": "はい", "issued_on": datetime(2023, 9, 4), "insurance_staff": 1200}  # noqa: DTZ001
    assert ministry[answer_cell(ministry, "insurance_methods=mail")].value == "○"
    assert ministry[answer_cell(ministry, "insurance_methods=meeting")].value is None
    assert [cell(bodies, key, 7) for key in ("#id", "#number", "#name", "#category", "#template")] == [
        7, 1, "第7協会", "業界団体等", "ひな形1",
    ]  # fmt: skip
    assert cell(bodies, "reach_status", 7) == "周知した"
    assert cell(bodies, "reached_on", 7) == datetime(2023, 9, 10)  # noqa: DTZ001
    assert [cell(bodies, f"reach_channels={code}", 7) for code in ("mail", "website", "sns")] == [
        "○",
        None,
        "○",
    ]


def test_what_the_ledger_gave_is_marked_in_words() -> None:
    content = make_content(answers={"has_bodies": True, "insurance_staff": 5}, from_ledger=["has_bodies"])

    sheet = opened(written(content))["府省庁回答"]

    noted = {row[0].value for row in sheet.iter_rows() if row[8].value == "発出の記録から転記"}
    assert noted == {"has_bodies"}


def test_only_answers_and_the_rows_for_new_bodies_are_open() -> None:
    rows = [make_row(FORM, 1), make_row(FORM, 2, category=BodyCategory.AGENCY_MEDIUM)]

    book = opened(written(make_content(rows=rows)))

    assert all(book[name].protection.sheet and not book[name].protection.password for name in book.sheetnames)
    ministry = book["府省庁回答"]
    assert {c.column_letter for row in ministry.iter_rows() for c in row if not c.protection.locked} == {"E"}
    bodies = book["団体別回答"]
    first = {c.column_letter for c in bodies[7] if not c.protection.locked}
    second = {c.column_letter for c in bodies[8] if not c.protection.locked}
    new = {c.column_letter for c in bodies[9] if not c.protection.locked}
    members, staff = column_of(bodies, "member_count"), column_of(bodies, "reached_staff_count")
    assert members in first
    assert staff not in first
    assert first & {"A", "B", "C", "D", "E", "F"} == set()
    assert staff in second
    assert members not in second
    assert new == first | second | {"C", "D", "E", "F"}
    assert all(c.protection.locked for row in bodies.iter_rows(max_row=6) for c in row)


def test_sorting_filtering_and_formatting_are_left_to_the_officer() -> None:
    sheet = opened(written(make_content(rows=[make_row(FORM, 1)])))["団体別回答"]

    held = sheet.protection  # openpyxl gives True for what is forbidden
    assert not any([held.sort, held.autoFilter, held.formatCells, held.formatColumns, held.formatRows])
    assert held.insertRows
    assert held.deleteColumns
    assert sheet.auto_filter.ref.startswith("B6:")


def test_a_question_for_other_bodies_shows_a_dash() -> None:
    row = make_row(FORM, 1, category=BodyCategory.FOUNDATION)

    sheet = opened(written(make_content(rows=[row])))["団体別回答"]

    assert cell(sheet, "member_count", 7) == "－"
    assert cell(sheet, "reached_staff_count", 7) is None


def test_every_answer_is_held_to_its_kind_with_japanese_messages() -> None:
    book = opened(written(make_content(rows=[make_row(FORM, 1)])))

    bodies = book["団体別回答"]
    rules = {key: validation_of(bodies, key) for key in ("reach_status", "reached_on", "member_count")}
    rules |= {key: validation_of(bodies, key) for key in ("reach_channels=mail", "good_practice")}
    kinds = {key: (rule.type, rule.operator) for key, rule in rules.items()}
    assert kinds == {
        "reach_status": ("list", None),
        "reached_on": ("date", None),
        "reach_channels=mail": ("list", None),
        "member_count": ("whole", None),
        "good_practice": ("textLength", "lessThanOrEqual"),
    }
    assert rules["member_count"].error == "0以上の整数だけを入力してください。"
    for sheet in (bodies, book["府省庁回答"]):
        for rule in sheet.data_validations.dataValidation:
            assert rule.promptTitle
            assert len(rule.promptTitle) <= 32
            assert rule.prompt
            assert len(rule.prompt) <= 255
            assert rule.error
            assert len(rule.formula1) <= 255


def test_drop_downs_choose_from_named_lists() -> None:
    book = opened(written(make_content(rows=[make_row(FORM, 1)])))

    bodies = book["団体別回答"]
    rule = validation_of(bodies, "reach_status")
    sheet_name, cells = book.defined_names[rule.formula1.removeprefix("=")].attr_text.split("!")
    labels = [c.value for row in book[sheet_name.strip("'")][cells.replace("$", "")] for c in row]
    assert labels == ["周知した", "周知する予定", "未定", "周知しない", "団体から未回答"]


def test_the_condition_of_a_question_is_told_in_words_and_turns_its_cell_grey() -> None:
    sheet = opened(written(make_content(rows=[make_row(FORM, 1)])))["団体別回答"]

    column = column_of(sheet, "reached_on")
    assert sheet[f"{column}6"].value == "日付・必須（「周知状況」が「周知した」のとき）"
    formulas = {
        str(area.sqref).split(":")[0]: rule.formula[0]
        for area, rules in sheet.conditional_formatting._cf_rules.items()
        for rule in rules
    }
    status = column_of(sheet, "reach_status")
    assert formulas[f"{column}7"] == f'OR(NOT(OR(${status}7="周知した")))'


def test_text_stays_text_whatever_it_looks_like() -> None:
    answers: dict[str, Answer] = {
        "reach_status": "not_done",
        "not_reached_reason": "=1+1",
        "obstacle": "@SUM(A1)\n＝2",
    }
    row = make_row(FORM, 1, answers, name="-1協会")

    content = written(make_content(rows=[row]), ministry="=cmd|'/C calc'!A0", contact="+81 3 0000")

    sheet = opened(content)["団体別回答"]
    texts = [sheet[f"{column_of(sheet, key)}7"] for key in ("#name", "not_reached_reason", "obstacle")]
    assert [c.value for c in texts] == ["-1協会", "=1+1", "@SUM(A1)\n＝2"]
    assert all(c.data_type in {"s", "inlineStr"} and c.quotePrefix for c in texts)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any(re.search(r"<f[ >]", part) for part in parts)


def test_days_are_days_in_the_japanese_calendar() -> None:
    sheet = opened(written(make_content(rows=[make_row(FORM, 1, DONE)])))["団体別回答"]

    day = sheet[f"{column_of(sheet, 'reached_on')}7"]
    assert day.is_date
    assert day.number_format == '[$-411]ggge"年"m"月"d"日"'


def test_the_guide_tells_the_deadline_whom_to_ask_and_how_to_fill_in_and_return() -> None:
    content = make_content(FormSpec(FORM.questions, instructions="第一の注意\n第二の注意"))

    sheet = opened(written(content))["記入要領"]

    text = "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)
    for words in (
        "厚生労働省", "令和5年10月6日（金）17時00分", "デジタル庁広報戦略チーム", "令和5年9月11日 9時30分",
        "第一の注意", "第二の注意", "該当なし", "報告」の画面", "シート保護の解除", "空欄と「0」は区別",
    ):  # fmt: skip
        assert words in text


def test_the_examples_are_those_of_the_form() -> None:
    sheet = opened(written(make_content()))["記入例"]

    examples = {row[1].value: row[2].value for row in sheet.iter_rows()}
    assert examples["周知状況"] == "周知した"
    assert examples["周知手段"] == "「メール」「会報」に○"
    assert examples["会員事業者数"] == "1,200"


@pytest.mark.parametrize(
    ("name", "repeated", "frozen"),
    [
        ("府省庁回答", "$4:$4", "A5"),
        ("団体別回答", "$4:$6", "D7"),
        ("記入要領", None, None),
        ("記入例", None, None),
    ],
)
def test_each_sheet_prints_on_a4_one_page_wide_under_its_headings(
    name: str, repeated: str | None, frozen: str | None
) -> None:
    sheet = opened(written(make_content(rows=[make_row(FORM, 1)]), ministry="A&B省"))[name]

    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        None,
        0,
    )  # one page wide is the default
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == repeated
    assert sheet.freeze_panes == frozen
    assert sheet.oddFooter.right.text == "&P / &N"
    assert "A&&B省" in sheet.oddHeader.left.text


def test_questions_of_one_label_get_headings_of_their_own() -> None:
    questions = tuple(
        QuestionSpec(key=key, scope=Scope.BODY, type=QuestionType.INTEGER, label=label)
        for key, label in (("a", "件数"), ("b", "件数"), ("c", "ＡＢ"), ("d", "AB"))
    )

    sheet = opened(written(make_content(FormSpec(questions))))["団体別回答"]

    assert [c.value for c in sheet[5]][6:] == ["件数", "件数［2］", "ＡＢ", "AB［2］"]


def test_a_form_with_long_words_and_broken_conditions_is_written_within_excels_limits() -> None:
    long = "長" * 300
    choices = tuple(Choice(f"c{number}", f"{long}{number}", is_other=number == 39) for number in range(40))
    questions = (
        QuestionSpec(
            key="a", scope=Scope.BODY, type=QuestionType.MULTIPLE, label=long[:200],
            help=long, choices=choices,
        ),
        QuestionSpec(
            key="b", scope=Scope.BODY, type=QuestionType.SINGLE, label='"引用"', choices=choices,
            show_when_key="a", show_when_values=("c1", "gone"),
        ),
        QuestionSpec(
            key="c", scope=Scope.BODY, type=QuestionType.PERCENT, label="割合", show_when_key="b",
            show_when_values=("c2",), example="50", help="𠮷" * 300,
        ),
    )  # fmt: skip

    book = opened(written(make_content(FormSpec(questions), rows=[make_row(FormSpec(questions), 1)])))

    for rule in book["団体別回答"].data_validations.dataValidation:
        assert len(rule.prompt.encode("utf-16-le")) <= 2 * 255


def test_a_report_without_bodies_or_questions_is_a_book_too() -> None:
    sheet = opened(written(make_content(FormSpec(()))))["団体別回答"]

    assert sheet["B7"].value == "追加"


def test_a_question_on_any_answer_turns_grey_while_the_other_is_blank() -> None:
    questions = {question.key: question for question in FORM.questions}
    cells = {"good_practice": "$K7", "reach_channels=mail": "$L7", "reach_channels=other": "$M7"}
    several = replace(
        questions["good_practice_public"], show_when_key="reach_channels", show_when_values=("*",)
    )

    formula = not_asked_formula(FORM, questions["good_practice_public"], cells)
    of_several = not_asked_formula(FORM, several, cells)

    assert formula == 'NOT(OR(OR($K7<>"")))'
    assert 'OR($L7<>"",$M7<>"")' in of_several
    assert condition_text(FORM, questions["good_practice_public"]) == "「好事例」に回答があるとき"
