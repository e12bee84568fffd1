"""Cells to answers: what is equal is taken, what is a liberty is noted, what has two readings is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.rules.answers import AnswerError, parse_answers
from followup.rules.cell_answers import read_cell, read_mark, read_other
from followup.rules.questions import Answer, Choice, FormSpec, QuestionSpec, QuestionType, Scope
from outreach.rules.cells import CellProblem, CellValue, error_problem, unsaved_problem

CHOICES = (Choice("done", "周知した"), Choice("planned", "予定"), Choice("undecided", "未定"))
CHANNELS = (
    Choice("mail", "メール"),
    Choice("poster", "ポスター・チラシ"),
    Choice("web", "ウェブサイト"),
    Choice("other", "その他", is_other=True),
)


def question(kind: str, **fields: Any) -> QuestionSpec:
    return QuestionSpec(key="q", scope=Scope.BODY, type=kind, label="設問", **fields)


INTEGER = question(QuestionType.INTEGER, unit="者", minimum=Decimal(0))
DECIMAL = question(QuestionType.DECIMAL)
PERCENT = question(QuestionType.PERCENT)
BOOLEAN = question(QuestionType.BOOLEAN)
SINGLE = question(QuestionType.SINGLE, choices=CHOICES)
MULTIPLE = question(QuestionType.MULTIPLE, choices=CHANNELS)
SHORT = question(QuestionType.SHORT_TEXT)
LONG = question(QuestionType.LONG_TEXT)
DAY = question(QuestionType.DATE)
ALL = (INTEGER, DECIMAL, PERCENT, BOOLEAN, SINGLE, MULTIPLE, SHORT, LONG, DAY)


def answer(asked: QuestionSpec, value: CellValue, **options: Any) -> Answer | None:
    """Return what is stored for a cell; refusals of both steps are one to who filled it in."""
    typed = read_cell(asked, value, **options).typed
    parsed = parse_answers(FormSpec((asked,)), Scope.BODY, {"q": typed})
    if parsed.errors:
        raise AnswerError(parsed.errors["q"])
    return parsed.answers.get("q")


SILENT: list[tuple[QuestionSpec, CellValue, Answer]] = [
    (INTEGER, 120, 120),
    (INTEGER, 120.0, 120),
    (INTEGER, 0, 0),
    (INTEGER, "０", 0),
    (INTEGER, "1,200", 1200),
    (INTEGER, "１，２００", 1200),
    (INTEGER, " 1200　", 1200),
    (INTEGER, "1,200者", 1200),
    (INTEGER, "\u200b120", 120),
    (INTEGER, 2.9999999999999996, 3),
    (DECIMAL, 12.5, 12.5),
    (DECIMAL, 0.1 + 0.2, 0.3),
    (DECIMAL, "１２．５", 12.5),
    (PERCENT, 45, 45),
    (PERCENT, "45%", 45),
    (PERCENT, "４５．５％", 45.5),
    (PERCENT, "0.45%", 0.45),
    (BOOLEAN, True, True),
    (BOOLEAN, 0, False),
    (BOOLEAN, 1.0, True),
    (BOOLEAN, "◯", True),
    (BOOLEAN, "〇", True),
    (BOOLEAN, "ＴＲＵＥ", True),
    (BOOLEAN, "なし", False),
    (BOOLEAN, "✕", False),
    (SINGLE, "周知した", "done"),
    (SINGLE, "周知した　", "done"),
    (SINGLE, "planned", "planned"),
    (SINGLE, "2 予定", "planned"),
    (SINGLE, "②予定", "planned"),
    (MULTIPLE, "メール", ["mail"]),
    (MULTIPLE, "ポスター・チラシ", ["poster"]),
    (MULTIPLE, "ウェブサイト、メール", ["mail", "web"]),
    (MULTIPLE, "メール\nﾎﾟｽﾀｰ・ﾁﾗｼ", ["mail", "poster"]),
    (MULTIPLE, "メール・ウェブサイト", ["mail", "web"]),
    (DAY, date(2023, 8, 31), "2023-08-31"),
    (DAY, datetime.combine(date(2023, 8, 31), time(23, 59, 59)), "2023-08-31"),
    (DAY, "2023-08-31", "2023-08-31"),
    (DAY, "２０２３／８／３１", "2023-08-31"),
    (DAY, "2023/8/31 23:59:59", "2023-08-31"),
    (DAY, "2023-08-31T00:00:00", "2023-08-31"),
    (DAY, "令和5年8月31日（木）", "2023-08-31"),
    (DAY, "令和元年５月１日", "2019-05-01"),
    (DAY, "R5.9.15", "2023-09-15"),
    (DAY, "令5.9.15", "2023-09-15"),
    (DAY, "令和5年8月31日付け", "2023-08-31"),
    (SHORT, 120, "120"),
    (SHORT, 0.5, "0.5"),
    (SHORT, "ﾆﾎﾝ協会", "ニホン協会"),
    (SHORT, "が", "が"),
    (SHORT, "辻󠄀髙𠮷", "辻󠄀髙𠮷"),
    (SHORT, '=HYPERLINK("x")', '=HYPERLINK("x")'),
    (LONG, "一行目\r\n二行目", "一行目\n二行目"),
    (LONG, "一行目\r\r\n二行目", "一行目\n\n二行目"),
]


@pytest.mark.parametrize(("asked", "value", "stored"), SILENT)
def test_what_anybody_reads_alike_is_taken_without_a_word(
    asked: QuestionSpec, value: CellValue, stored: Answer
) -> None:
    assert answer(asked, value) == stored
    assert read_cell(asked, value).note == ""


NOTED: list[tuple[QuestionSpec, CellValue, Answer, str]] = [
    (INTEGER, "約１，２００", 1200, "「約１，２００」を1,200と読み取りました。"),
    (INTEGER, "約1,200者程度", 1200, "1,200と"),
    (INTEGER, "およそ30社", 30, "30と"),
    (INTEGER, "120人", 120, "120と"),
    (INTEGER, "1万2千", 12000, "12,000と"),
    (INTEGER, "約1.5万", 15000, "15,000と"),
    (INTEGER, "1、200", 1200, "1,200と"),
    (DECIMAL, 100 / 3, 33.33, "33.33と"),
    (DECIMAL, "△1.5", -1.5, "-1.5と"),
    (PERCENT, 0.45, 0.45, "45％の場合は「45」に直してください"),
    (PERCENT, "80％程度", 80, "80と"),
    (DAY, date(1905, 7, 15), "1905-07-15", "明治38年7月15日と読み取りました。年を確かめてください。"),
    (SINGLE, "3", "undecided", "「3」を「未定」と読み取りました。"),
    (SINGLE, 3, "undecided", "「未定」と"),
    (SINGLE, "①", "done", "「周知した」と"),
    (SINGLE, "１", "done", "「周知した」と"),
    (MULTIPLE, "1,3", ["mail", "web"], "「1」を「メール」と読み取りました。「3」を「ウェブサイト」と"),
    (MULTIPLE, "①③", ["mail", "web"], "「ウェブサイト」と"),
    (DAY, 45169, "2023-08-31", "「45169」を令和5年8月31日と読み取りました。"),
    (DAY, 45169.999988425926, "2023-08-31", "令和5年8月31日と"),
    (DAY, "45169", "2023-08-31", "令和5年8月31日と"),
    (DAY, 20230831, "2023-08-31", "令和5年8月31日と"),
    (DAY, "平成31年5月1日", "2019-05-01", "令和元年5月1日"),
    (DAY, "令和5年8月31日頃", "2023-08-31", "令和5年8月31日と"),
    (SHORT, date(2023, 1, 2), "令和5年1月2日", "文字として読み取りました"),
    (SHORT, time(9, 30), "09:30", "文字として読み取りました"),
    (SHORT, "一行目\n二行目", "一行目 二行目", "改行を空白に"),
    (SHORT, "甲\u200b\u202e乙", "甲乙", "画面に表示されない文字を"),
    (LONG, "甲\x00\x07乙\n丙", "甲乙\n丙", "画面に表示されない文字を"),
]


@pytest.mark.parametrize(("asked", "value", "stored", "note"), NOTED)
def test_a_liberty_is_taken_with_a_note(
    asked: QuestionSpec, value: CellValue, stored: Answer, note: str
) -> None:
    assert answer(asked, value) == stored
    assert note in read_cell(asked, value).note


REFUSED: list[tuple[QuestionSpec, CellValue, str]] = [
    *((asked, error_problem("#N/A"), "エラー値（#N/A）") for asked in ALL),
    *((asked, unsaved_problem("=A1"), "数式の結果が保存されていません") for asked in ALL),
    (INTEGER, True, "数を入力してください"),
    (INTEGER, date(2023, 1, 2), "日付又は時刻が入っています"),
    (INTEGER, float("nan"), "桁数が多すぎます"),
    (INTEGER, float("inf"), "桁数が多すぎます"),
    (INTEGER, 10**20, "桁数が多すぎます"),
    (INTEGER, 1e300, "桁数が多すぎます"),
    (INTEGER, "1" + "0" * 20, "読み取れません"),
    (INTEGER, "NaN", "読み取れません"),
    (INTEGER, "1e5", "読み取れません"),
    (INTEGER, "⑫", "読み取れません"),
    (INTEGER, "10²", "読み取れません"),
    (INTEGER, "١٢", "読み取れません"),
    (INTEGER, "1 200", "読み取れません"),
    (INTEGER, "12,00", "読み取れません"),
    (INTEGER, "10〜20", "読み取れません"),
    (INTEGER, "100以上", "読み取れません"),
    (INTEGER, "5千2万", "読み取れません"),
    (INTEGER, "1万20000", "読み取れません"),
    (INTEGER, "120（うち会員100）", "読み取れません"),
    (INTEGER, "多数", "読み取れません"),
    (INTEGER, "なし", "分からない場合は空欄"),
    (INTEGER, "－", "分からない場合は空欄"),
    (INTEGER, "該当なし", "分からない場合は空欄"),
    (INTEGER, 12.5, "整数で"),
    (INTEGER, "45%", "読み取れません"),
    (INTEGER, "△5", "0以上"),
    (PERCENT, 120, "0から100まで"),
    (BOOLEAN, 2, "「はい」又は「いいえ」"),
    (BOOLEAN, "x", "「はい」又は「いいえ」"),
    (BOOLEAN, "未定", "「はい」又は「いいえ」"),
    (SINGLE, "4", "選択肢にありません"),
    (SINGLE, "0", "選択肢にありません"),
    (SINGLE, "1,2", "選択肢にありません"),
    (SINGLE, "①②", "選択肢にありません"),
    (SINGLE, "2 周知した", "選択肢にありません"),
    (SINGLE, 1.5, "選択肢にありません"),
    (SINGLE, datetime.combine(date(2023, 1, 2), time()), "日付又は時刻"),
    (SINGLE, "検討中", "「検討中」は選択肢にありません"),
    (MULTIPLE, "メール、電話", "「電話」は選択肢にありません"),
    (MULTIPLE, "その他（ラジオ）", "内容は「その他」の内容の欄に"),
    (MULTIPLE, 12, "選択肢にありません"),
    (DAY, "後日", "日付として読み取れません"),
    (DAY, 60, "日付ではなく数（60）"),
    (DAY, 2023, "日付ではなく数（2023）"),
    (DAY, float("nan"), "日付ではなく数"),
    (DAY, True, "日付ではない値"),
    (DAY, time(9, 0), "日付ではない値"),
    (DAY, "8月31日", "年がありません"),
    (DAY, "8/31", "年がありません"),
    (DAY, "2023年2月30日", "実在しない"),
    (DAY, "昭和64年1月8日", "昭和にこの日付はありません"),
    (DAY, "令和5年8月31日（金）", "曜日が合いません"),
    (DAY, "2023/8/3 1", "読み取れません"),
    (DAY, "2023年8月", "読み取れません"),
    (DAY, "2023-08-31T23:00:00Z", "読み取れません"),
    (DAY, date(1800, 1, 1), "1800年の日付"),
    (SHORT, "外字\ue000", "外字"),
    (SHORT, "\ud800", "壊れた文字"),
    (SHORT, "甲\ufffe", "壊れた文字"),
    (SHORT, "文字化け\ufffd", "文字化け"),
    (SHORT, "あ" * 201, "200文字以内"),
    (LONG, "あ" * 2001, "2,000文字以内"),
]


@pytest.mark.parametrize(("asked", "value", "message"), REFUSED)
def test_what_has_two_readings_or_none_is_refused(
    asked: QuestionSpec, value: CellValue, message: str
) -> None:
    with pytest.raises(AnswerError) as refusal:
        answer(asked, value)

    assert message in str(refusal.value)


@pytest.mark.parametrize("asked", ALL)
@pytest.mark.parametrize("value", [None, "", " ", "　\n", "\u200b\ufeff"])
def test_a_cell_without_anything_to_see_is_blank(asked: QuestionSpec, value: CellValue) -> None:
    reading = read_cell(asked, value)

    assert (reading.typed, reading.note) == ("", "")


def test_a_plain_number_counts_from_1904_in_a_book_that_does() -> None:
    assert answer(DAY, 43707, counts_from_1904=True) == "2023-08-31"


def test_a_number_that_is_a_code_and_another_place_in_the_list_is_refused() -> None:
    asked = question(QuestionType.SINGLE, choices=(Choice("2", "甲"), Choice("1", "乙")))

    assert answer(asked, "乙") == "1"
    with pytest.raises(AnswerError, match="二通りに読めます"):
        answer(asked, "1")


def test_two_signs_side_by_side_are_not_the_twelfth_choice() -> None:
    twelve = tuple(Choice(f"choice{number}", f"選択肢{number}号") for number in range(1, 13))
    single = question(QuestionType.SINGLE, choices=twelve)
    multiple = question(QuestionType.MULTIPLE, choices=twelve)

    assert answer(single, "⑫") == "choice12"
    assert answer(multiple, "①②") == ["choice1", "choice2"]
    with pytest.raises(AnswerError):
        answer(single, "①②")


@pytest.mark.parametrize("value", ["○", "◯", "〇", "1", 1, 1.0, True, "はい", "TRUE", "✓", "✔️", "ﾚ", "有"])
def test_a_mark_chooses(value: CellValue) -> None:
    assert read_mark(value)


@pytest.mark.parametrize("value", [None, "", " ", "×", "✕", "0", 0, False, "いいえ", "false", "無"])
def test_a_blank_or_a_cross_does_not_choose(value: CellValue) -> None:
    assert not read_mark(value)


@pytest.mark.parametrize("value", ["x", "△", "?", 2, date(2023, 1, 2), "メール", error_problem("#REF!")])
def test_any_other_mark_is_refused(value: CellValue) -> None:
    with pytest.raises(AnswerError):
        read_mark(value)


def test_the_text_of_another_choice_is_one_line() -> None:
    assert read_other("ラジオ\n放送").typed == "ラジオ 放送"
    assert read_other(None).typed == ""
    with pytest.raises(AnswerError):
        read_other(error_problem("#N/A"))


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.text(),
    st.text("0123456789０１２３,，.．、約程度者人万千年月日令和平成R/-①②％% \n"),
    st.builds(CellProblem, st.text(), st.text()),
)


@given(st.sampled_from(ALL), CELLS, st.booleans())
def test_any_cell_is_read_or_refused_in_words(asked: QuestionSpec, value: CellValue, from_1904: bool) -> None:
    with suppress(AnswerError):
        answer(asked, value, counts_from_1904=from_1904)


@given(st.sampled_from(ALL), CELLS)
def test_what_was_read_reads_the_same_again(asked: QuestionSpec, value: CellValue) -> None:
    try:
        typed = read_cell(asked, value).typed
    except AnswerError:
        return

    again = read_cell(asked, typed if isinstance(typed, str) else "、".join(typed))

    assert again.typed == typed


@given(st.dates(date(1873, 1, 1)))
def test_a_day_is_the_same_day_however_it_is_written(day: date) -> None:
    written = (day, datetime.combine(day, time(12)), day.isoformat(), f"{day.year}年{day.month}月{day.day}日")

    assert {answer(DAY, value) for value in written} == {day.isoformat()}
