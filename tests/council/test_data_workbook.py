"""The data workbook says what the database says, in a form that programs read."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pytest_django.fixtures import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from followup.models import Report, Round, SubmittedAnswer
from followup.services.figures import count_figures
from followup.workbooks.data_workbook import write_data_csv, write_data_workbook
from outreach.models import Notification, User
from tests.council.conftest import make_ruling, owe, submit, use
from tests.council.machine_rules import broken_csv_rules, broken_rules
from tests.factories import NOW, make_body, make_channel, make_notification

pytestmark = pytest.mark.django_db

SHEETS = ["団体別", "府省庁別", "周知手段", "設問別回答", "自由記述", "コード表", "項目定義", "更新履歴"]
FORMULA = '=HYPERLINK("https://evil.example","開く")'
GAIJI = "髙島󠄀屋𠮷野家協会"  # a variant, a variation sequence, a character outside the BMP


def write(collection: Round, folder: Path) -> Path:
    path = folder / "data.xlsx"
    figures = count_figures(round=collection, now=NOW)
    write_data_workbook(path, collection, figures, as_of=NOW)
    return path


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet by header."""
    header, *rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


@pytest.fixture
def report(collection: Round) -> Report:
    """Return a submitted report with two notified bodies and a planned one."""
    report = owe(collection)
    mail, other = make_channel(label="メール"), make_channel(label="その他", is_other=True)
    ministry = report.assignment.ministry
    first = use(
        make_notification(report.assignment, make_body(ministry, name=FORMULA), wording_changed=True),
        mail,
        other,
        other="回覧板",
    )
    second = make_notification(report.assignment, make_body(ministry, name=GAIJI))
    make_notification(report.assignment, make_body(ministry), issued_on=None)
    submit(
        report,
        answers={
            "has_bodies": True,
            "insurance_methods": ["mail", "other"],
            "insurance_methods__other": "朝礼",
        },
        rows={
            first: {
                "reach_status": "done",
                "reached_on": "2023-09-10",
                "member_count": 1200,
                "reached_member_count": 0,
                "good_practice": "会報に掲載した。\n\n部会でも説明した。",
            },
            second: {"reach_status": "not_done", "not_reached_reason": "=1+1"},
        },
    )
    return report


def test_the_sheets_come_in_their_order(collection: Round, tmp_path: Path) -> None:
    assert load_workbook(write(collection, tmp_path)).sheetnames == SHEETS


def test_every_sheet_keeps_the_rules_of_machine_readability(report: Report, tmp_path: Path) -> None:
    assert broken_rules(write(report.round, tmp_path)) == []


def test_another_reader_finds_the_same_in_every_cell(report: Report, tmp_path: Path) -> None:
    path = write(report.round, tmp_path)
    other = CalamineWorkbook.from_path(str(path))

    for sheet in load_workbook(path):
        rows = [[_plain(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        found = other.get_sheet_by_name(sheet.title).to_python()
        assert [[_plain(value) for value in row] for row in found] == rows, sheet.title


def _plain(value: object) -> object:
    """Return a cell alike from both readers: one has no blanks, days as datetimes and numbers as floats."""
    if isinstance(value, datetime):
        return value.date()
    return float(value) if isinstance(value, int) else None if value == "" else value


def test_a_printed_sheet_keeps_rows_whole_and_repeats_its_headers(report: Report, tmp_path: Path) -> None:
    book = load_workbook(write(report.round, tmp_path))

    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in {None, 1}  # one page wide is the format's default
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$1:$1"


def test_bodies_are_those_of_the_ledger(report: Report, tmp_path: Path) -> None:
    rows = rows_of(write(report.round, tmp_path), "団体別")

    expected = Notification.objects.order_by("pk").values_list("pk", "body__name", "issued_on")
    assert [(row["発出番号"], row["団体名"], row["発出日"] and row["発出日"].date()) for row in rows] == list(
        expected
    )
    assert [row["発出状況"] for row in rows] == ["発出済み", "発出済み", "未発出"]
    assert [row["文言の変更"] for row in rows] == ["はい", "いいえ", None]
    assert [row["提供資料数"] for row in rows] == [0, 0, None]


def test_ministries_carry_their_figures(report: Report, tmp_path: Path) -> None:
    [row] = rows_of(write(report.round, tmp_path), "府省庁別")

    assert row["府省庁"] == report.assignment.ministry.name
    assert (row["延べ対象団体数"], row["延べ発出団体数"], row["発出率（％）"]) == (3, 2, 66.7)
    assert (row["算定対象の会員事業者数"], row["算定対象の周知した会員数"]) == (1200, 0)
    assert (row["会員への周知率（％）"], row["周知率の算定団体数"]) == (0, 1)
    assert row["回答期限"].date() == date(2023, 10, 6)
    assert row["期限後提出"] == "いいえ"


def test_what_a_ministry_did_not_answer_is_blank_and_not_zero(collection: Round, tmp_path: Path) -> None:
    owe(collection)

    [row] = rows_of(write(collection, tmp_path), "府省庁別")

    assert (row["延べ対象団体数"], row["発出率（％）"]) == (0, None)
    assert (row["周知率の算定団体数"], row["算定対象の会員事業者数"], row["会員への周知率（％）"]) == (
        0,
        None,
        None,
    )
    assert (row["提出版数"], row["期限後提出"], row["初回提出日"]) == (0, None, None)


def test_every_channel_has_a_row_and_the_text_of_another_means_its_own_column(
    report: Report, tmp_path: Path
) -> None:
    rows = rows_of(write(report.round, tmp_path), "周知手段")

    assert [(row["周知手段"], row["その他の手段"]) for row in rows] == [
        ("メール", None),
        ("その他", "回覧板"),
    ]


def test_every_answer_has_a_row_in_the_column_of_its_kind(report: Report, tmp_path: Path) -> None:
    rows = rows_of(write(report.round, tmp_path), "設問別回答")

    def found(key: str, column: str) -> list[Any]:
        return [row[column] for row in rows if row["設問キー"] == key]

    assert found("has_bodies", "選択肢") == ["はい"]
    assert found("insurance_methods", "選択肢コード") == ["mail", "other"]
    assert [day.date() for day in found("reached_on", "日付回答")] == [date(2023, 9, 10)]
    assert found("member_count", "数値回答（単位列の単位）") == [1200]
    assert found("reached_member_count", "数値回答（単位列の単位）") == [0]
    assert found("reached_member_count", "単位") == ["者"]
    assert {row["団体名"] for row in rows} == {None, FORMULA, GAIJI}


def test_what_staff_ruled_on_a_value_stands_beside_what_was_submitted(
    report: Report, staff: User, tmp_path: Path
) -> None:
    first, second = (row.notification for row in SubmittedAnswer.objects.order_by("pk"))
    for notice, key, submitted, corrected in (
        (first, "member_count", 1200, 120),
        (second, "reach_status", "not_done", None),
        (None, "insurance_methods", ["mail", "other"], ["mail"]),
        (second, "not_reached_reason", "=1+1", None),
    ):
        make_ruling(report, notice, key, submitted, corrected, actor=staff)

    path = write(report.round, tmp_path)

    def found(key: str, sheet: str = "設問別回答") -> list[tuple[Any, ...]]:
        return [tuple(row.values())[10:] for row in rows_of(path, sheet) if row["設問キー"] == key]

    why = "電話で確認"
    assert found("member_count") == [(1200, "者", None, None, None, "補正", 120, None, None, why)]
    assert found("reach_status")[1][3:] == ("not_done", "周知しない", "除外", None, None, None, why)
    assert [row[3:] for row in found("insurance_methods")] == [
        ("mail", "メール", "補正", None, None, "mail", why),
        ("other", "その他", "補正", None, None, None, why),
    ]
    assert found("reached_member_count") == [(0, "者", None, None, None, None, 0, None, None, None)]
    assert found("not_reached_reason", "自由記述") == [(1, "=1+1", "除外", why)]
    assert found("insurance_methods__other", "自由記述") == [(1, "朝礼", "除外", why)]
    assert broken_rules(path) == []


def test_answers_of_an_older_version_are_left_out(collection: Round, tmp_path: Path) -> None:
    report = owe(collection)
    notification = make_notification(report.assignment)
    submit(report, answers={"issue_style": "mail"}, rows={notification: {"reach_status": "planned"}})
    submit(report, number=2, answers={"issue_style": "memo"}, rows={notification: {"reach_status": "done"}})

    rows = rows_of(write(collection, tmp_path), "設問別回答")

    assert [(row["版番号"], row["選択肢コード"]) for row in rows] == [(2, "memo"), (2, "done")]


def test_texts_have_a_sheet_of_their_own(report: Report, tmp_path: Path) -> None:
    rows = rows_of(write(report.round, tmp_path), "自由記述")

    assert {(row["設問キー"], row["記述"]) for row in rows} == {
        ("insurance_methods__other", "朝礼"),
        ("good_practice", "会報に掲載した。 部会でも説明した。"),
        ("not_reached_reason", "=1+1"),
    }


def test_a_text_that_looks_like_a_formula_is_quoted_text(report: Report, tmp_path: Path) -> None:
    sheet = load_workbook(write(report.round, tmp_path))["団体別"]

    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == FORMULA]

    assert [(cell.data_type, cell.quotePrefix) for cell in cells] == [("s", True)]


def test_a_text_longer_than_a_cell_goes_on_in_the_next_row(collection: Round, tmp_path: Path) -> None:
    text = "".join(chr(0x4E00 + index % 5000) for index in range(40_000))
    submit(owe(collection), no_body_reason=text)

    rows = rows_of(write(collection, tmp_path), "自由記述")

    assert [row["分割番号"] for row in rows] == [1, 2, 3]
    assert "".join(row["記述"] for row in rows) == text


def test_every_question_of_every_form_is_defined_too(report: Report, tmp_path: Path) -> None:
    rows = rows_of(write(report.round, tmp_path), "項目定義")

    asked = {row["物理名"]: row for row in rows if row["シート"] == "設問（様式第1版）"}

    assert asked.keys() == report.round.form_versions.get().spec().by_key.keys()
    assert (asked["member_count"]["型"], asked["member_count"]["単位"]) == ("整数", "者")
    assert asked["member_count"]["定義"] == "団体ごとの設問、最小値0"


def test_the_files_say_how_they_are_made_and_encoded(report: Report, tmp_path: Path) -> None:
    rows = rows_of(write(report.round, tmp_path), "項目定義")

    about = {row["物理名"]: row["定義"] for row in rows if row["シート"] == "全体"}

    assert "CSVはUTF-8（BOM付き）" in about["encoding"]
    assert {"edition", "source", "method", "blank", "date"} <= about.keys()


def test_the_history_tells_what_changed_the_data(report: Report, tmp_path: Path) -> None:
    submit(report, number=2)

    rows = rows_of(write(report.round, tmp_path), "更新履歴")

    assert [(row["種別"], row["版番号"]) for row in rows] == [
        ("依頼の発出", None),
        ("様式の公開", 1),
        ("取りまとめの作成", None),
        ("報告の提出", 1),
        ("報告の提出", 2),
    ]


def test_the_figures_can_be_computed_again_from_the_sheets(report: Report, tmp_path: Path) -> None:
    other = owe(report.round)
    make_notification(other.assignment, make_body(other.assignment.ministry, name=GAIJI))
    figures = count_figures(round=report.round, now=NOW)

    path = write(report.round, tmp_path)

    bodies, answers = rows_of(path, "団体別"), rows_of(path, "設問別回答")
    issued = [row for row in bodies if row["発出日"]]
    numbers: dict[str, dict[int, int]] = {"member_count": {}, "reached_member_count": {}}
    for row in answers:
        if row["設問キー"] in numbers:
            numbers[row["設問キー"]][row["発出番号"]] = row["数値回答（単位列の単位）"]
    both = numbers["member_count"].keys() & numbers["reached_member_count"].keys()
    progress, reach = figures.progress, figures.answers.member_reach
    assert reach is not None
    assert (len(bodies), len(issued)) == (progress.aimed, progress.issued) == (4, 3)
    assert len({row["同一団体キー"] for row in issued}) == progress.distinct_issued == 2
    assert (len(both), sum(numbers["member_count"][pk] for pk in both)) == (reach.bodies, reach.members)
    channels = {row["周知手段コード"] for row in rows_of(path, "周知手段")}
    assert channels == {row.code for row in progress.channels if row.issued}


def test_csv_files_hold_the_same_with_a_bom_and_one_row_a_line(report: Report, tmp_path: Path) -> None:
    figures = count_figures(round=report.round, now=NOW)

    paths = write_data_csv(tmp_path, report.round, figures, as_of=NOW)

    assert [path.stem for path in paths] == SHEETS
    assert {path.stem: broken_csv_rules(path.read_bytes()) for path in paths} == {name: [] for name in SHEETS}
    content = (tmp_path / "団体別.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 4
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert [row["団体名"] for row in rows][:2] == [f"'{FORMULA}", GAIJI]
    assert rows[0]["発出日"] == date(2023, 9, 1).isoformat()


def test_an_empty_round_gives_headers_without_rows(collection: Round, tmp_path: Path) -> None:
    path = write(collection, tmp_path)

    assert rows_of(path, "団体別") == rows_of(path, "府省庁別") == rows_of(path, "設問別回答") == []
    assert broken_rules(path) == []


def test_writing_takes_as_many_queries_for_many_rows_as_for_one(
    collection: Round, tmp_path: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    figures = count_figures(round=collection, now=NOW)

    for _ in range(2):
        for _ in range(3):
            report = owe(collection)
            submit(report, rows={make_notification(report.assignment): {"reach_status": "done"}})
        fresh = Round.objects.select_related("request", "council").get(pk=collection.pk)
        with django_assert_num_queries(14):
            write_data_workbook(tmp_path / "data.xlsx", fresh, figures, as_of=NOW)
