"""The council paper shows the figures to people: titled, in 建制順, ready to print."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook, load_workbook

from followup.models import Round
from followup.services.figures import count_figures
from followup.workbooks.council_paper import paper_title, write_council_paper
from followup.workbooks.paper_layout import Heading, Look, Paper
from tests.council.conftest import owe, submit
from tests.factories import NOW, make_channel, make_ministry, make_notification, make_round

pytestmark = pytest.mark.django_db

A4 = 9


def write(collection: Round, folder: Path) -> Workbook:
    path = folder / "paper.xlsx"
    figures = count_figures(round=collection, now=NOW)
    write_council_paper(path, paper_title(collection, NOW), figures)
    return load_workbook(path)


def texts(book: Workbook, sheet: str) -> list[str]:
    return [
        str(value) for row in book[sheet].iter_rows(values_only=True) for value in row if value is not None
    ]


def table(book: Workbook, sheet: str) -> list[tuple[Any, ...]]:
    """Return the rows below the headings of a page."""
    return list(book[sheet].iter_rows(min_row=5, values_only=True))


def test_the_cover_names_the_council_and_the_instant(collection: Round, tmp_path: Path) -> None:
    cover = texts(write(collection, tmp_path), "表紙")

    assert any("（第6回）" in text for text in cover)
    assert "令和5年9月4日 時点" in cover


def test_ministries_stand_in_their_order_with_a_total(collection: Round, tmp_path: Path) -> None:
    for name, order in (("後の省", 9_002), ("先の省", 9_001)):
        report = owe(collection, ministry=make_ministry(name, order=order))
        make_notification(report.assignment)
        make_notification(report.assignment, issued_on=None)

    rows = table(write(collection, tmp_path), "府省庁別")

    assert [row[:5] for row in rows] == [
        ("先の省", 2, 1, 1, 50),
        ("後の省", 2, 1, 1, 50),
        ("計（2府省庁）", 4, 2, 2, 50),
    ]


def test_who_has_not_answered_is_listed(collection: Round, tmp_path: Path) -> None:
    submit(owe(collection))
    late = owe(collection)

    [row] = table(write(collection, tmp_path), "未提出の府省庁")

    assert row[:3] == (late.assignment.ministry.name, "期限前（作成中）", "令和5年10月6日（金）")


def test_what_cannot_be_divided_is_a_dash_and_zero_is_zero(collection: Round, tmp_path: Path) -> None:
    owe(collection)

    [row, _total] = table(write(collection, tmp_path), "府省庁別")

    assert (row[1], row[4]) == (0, "－")


def test_a_figure_without_its_question_says_so(tmp_path: Path) -> None:
    collection = make_round()
    owe(collection)

    assert "設問なし" in texts(write(collection, tmp_path), "概要")


def test_the_reach_is_told_with_its_numerator_denominator_and_bodies(
    collection: Round, tmp_path: Path
) -> None:
    report = owe(collection)
    rows = {make_notification(report.assignment): {"member_count": 300, "reached_member_count": 100}}
    submit(report, rows=rows)

    book = write(collection, tmp_path)

    assert "会員 300 者のうち 100 者（両方を回答した 1 団体）" in texts(book, "概要")
    assert table(book, "会員への周知")[-1] == ("計", 1, 300, 100, 33.3)


def test_every_page_prints_on_a4_landscape_with_its_area(collection: Round, tmp_path: Path) -> None:
    make_notification(owe(collection).assignment)

    for sheet in write(collection, tmp_path).worksheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (A4, "landscape"), sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert sheet.print_area, sheet.title
        assert "&P / &N" in sheet.oddFooter.right.text, sheet.title


def test_tables_repeat_their_headings_on_every_printed_page(collection: Round, tmp_path: Path) -> None:
    book = write(collection, tmp_path)

    pages = [sheet for sheet in book.worksheets if sheet.title not in {"表紙", "概要", "府省庁別の発出状況"}]

    assert {sheet.print_title_rows for sheet in pages} == {"$4:$4"}


def test_charts_are_native_and_draw_the_printed_tables(collection: Round, tmp_path: Path) -> None:
    make_notification(owe(collection).assignment)
    path = tmp_path / "paper.xlsx"
    write_council_paper(path, paper_title(collection, NOW), count_figures(round=collection, now=NOW))

    charts = {sheet.title: len(sheet._charts) for sheet in load_workbook(path).worksheets if sheet._charts}

    assert charts == {"概要": 1, "府省庁別の発出状況": 1, "報告の状態": 1}


@pytest.mark.parametrize("no_body", [False, True], ids=["empty round", "every ministry without bodies"])
def test_a_round_without_notices_makes_a_paper_too(collection: Round, tmp_path: Path, no_body: bool) -> None:
    if no_body:
        submit(owe(collection), no_body_reason="所管する団体がない" * 1000)

    book = write(collection, tmp_path)

    assert "該当するデータはありません。" in texts(book, "発出の推移")


def test_a_name_that_looks_like_a_formula_stays_text(collection: Round, tmp_path: Path) -> None:
    owe(collection, ministry=make_ministry("=1+1"))

    book = write(collection, tmp_path)

    assert [(cell.value, cell.data_type) for cell in book["府省庁別"]["A"][4:5]] == [("=1+1", "s")]


def remarks(collection: Round, **answers: Any) -> None:
    report = owe(collection, ministry=make_ministry("甲省"))
    submit(report, rows={make_notification(report.assignment): answers})


def test_a_single_day_of_issue_is_drawn_as_a_column(collection: Round, tmp_path: Path) -> None:
    make_notification(owe(collection).assignment)
    path = tmp_path / "paper.xlsx"
    write_council_paper(path, paper_title(collection, NOW), count_figures(round=collection, now=NOW))

    charts = load_workbook(path)["概要"]._charts

    assert [type(chart).__name__ for chart in charts] == ["BarChart"]


def test_where_nothing_was_done_no_empty_chart_is_drawn(collection: Round, tmp_path: Path) -> None:
    make_channel()
    submit(owe(collection), no_body_reason="所管する団体がない")

    book = write(collection, tmp_path)

    assert [book[name]._charts for name in ("概要", "府省庁別の発出状況")] == [[], []]
    assert "該当するデータはありません。" in texts(book, "府省庁別の発出状況")


def test_the_answers_are_drawn_where_there_are_any(collection: Round, tmp_path: Path) -> None:
    remarks(collection, reach_status="done")
    path = tmp_path / "paper.xlsx"
    write_council_paper(path, paper_title(collection, NOW), count_figures(round=collection, now=NOW))

    charts = load_workbook(path)["概要"]._charts

    assert ["設問別" in chart.series[0].val.numRef.f for chart in charts] == [False, True]


def test_only_what_may_be_made_public_is_printed(collection: Round, tmp_path: Path) -> None:
    remarks(collection, good_practice="秘密の工夫", obstacle="公表できる支障", obstacle_public=True)

    book = write(collection, tmp_path)

    printed = " ".join(text for sheet in book.sheetnames for text in texts(book, sheet))
    assert "秘密の工夫" not in printed
    assert "公表できる支障" in printed
    assert any("回答 1 件のうち、公表してよいとされた 0 件" in text for text in texts(book, "好事例"))


def test_a_very_long_remark_is_cut_and_says_where_all_of_it_is(collection: Round, tmp_path: Path) -> None:
    remarks(collection, good_practice="あ" * 10_000, good_practice_public=True)

    book = write(collection, tmp_path)

    [row] = table(book, "好事例")
    assert row[2] == "あ" * 800 + "…（以下略）"
    assert "全文は取りまとめデータの「自由記述」" in texts(book, "好事例")[1]


def test_a_table_is_kept_from_leaving_a_few_rows_on_its_last_page(collection: Round, tmp_path: Path) -> None:
    path = tmp_path / "tables.xlsx"
    headings = [Heading("名前", 100), Heading("数", 14, Look.COUNT)]
    with xlsxwriter.Workbook(path) as workbook:
        paper = Paper(workbook, footer="")
        for name, rows in (("少し超える", 24), ("ほぼ二頁", 40), ("三頁", 55)):
            paper.table(name, headings, [("行", number) for number in range(rows)])

    book = load_workbook(path)

    assert book["少し超える"].page_setup.fitToHeight in {None, 1}  # None: as many as in width
    assert book["ほぼ二頁"].page_setup.fitToHeight == 2
    assert book["三頁"].page_setup.fitToHeight == 0
    breaks = [page_break.id for page_break in book["三頁"].row_breaks.brk]
    assert [end - start for start, end in pairwise([4, *breaks, 59])] == [16, 20, 19]
