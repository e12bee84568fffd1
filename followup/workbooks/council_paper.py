"""The council paper (会議資料), for people: cover, summary with charts, tables in 建制順, notes.

It is made from the figures alone, so every number in it is one of theirs.
"""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from followup.rules.figures import Figures
from followup.workbooks.paper_charts import add_answer_chart, add_channel_chart, add_day_chart
from followup.workbooks.paper_layout import Paper
from followup.workbooks.paper_progress import (
    add_category_page,
    add_channel_page,
    add_day_page,
    add_ministry_page,
    add_status_page,
    write_progress_chart,
)
from followup.workbooks.paper_remarks import (
    add_non_responder_page,
    add_note_page,
    add_remark_pages,
    add_ruling_page,
)
from followup.workbooks.paper_results import add_outcome_page, add_question_page, add_reach_page
from followup.workbooks.paper_summary import write_summary_page
from followup.workbooks.paper_title import TITLE, PaperTitle, paper_title

__all__ = ["PaperTitle", "paper_title", "write_council_paper"]


def write_council_paper(path: Path, title: PaperTitle, figures: Figures) -> None:
    progress = figures.progress
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"title": TITLE, "created": title.as_of.replace(tzinfo=None)})
        paper = Paper(workbook, footer=f"{TITLE}（{title.as_of_day}）")
        _write_cover(paper, title)
        summary = paper.page("概要", pages_high=1)
        progress_page = paper.page("府省庁別の発出状況", pages_high=1)
        ministries = add_ministry_page(paper, progress)
        add_category_page(paper, progress)
        channels = add_channel_page(paper, progress)
        days = add_day_page(paper, progress)
        add_status_page(paper, progress)
        add_outcome_page(paper, figures.outcomes)
        add_reach_page(paper, figures)
        answers = add_question_page(paper, figures.answers)
        add_non_responder_page(paper, progress)
        add_remark_pages(paper, figures)
        add_ruling_page(paper, figures)
        add_note_page(paper)
        charts = write_summary_page(paper, summary, figures, title)
        write_progress_chart(paper, progress_page, ministries if progress.aimed else None)
        add_day_chart(paper, summary, charts[0], days)
        add_channel_chart(paper, summary, charts[1], channels if progress.issued else None)
        add_answer_chart(paper, summary, charts[2], answers)


def _write_cover(paper: Paper, title: PaperTitle) -> None:
    sheet = paper.page("表紙", pages_high=1)
    sheet.set_column(0, 0, 110)
    lines = (
        (3, f"{title.council_name}（第{title.council_number}回）資料", 14, 24),
        (6, TITLE, 26, 44),
        (7, f"（フォローアップ第{title.round_number}回の取りまとめ結果）", 14, 28),
        (11, title.as_of_day, 16, 28),
        (13, title.contact_name, 14, 28),
        (17, f"依頼：{title.request_title}", 10.5, 22),
    )
    for row, text, size, height in lines:
        sheet.set_row(row, height)
        style = paper.style(font_size=size, bold=text == TITLE, align="center", shrink=True)
        sheet.write_string(row, 0, text, style)
    sheet.print_area(0, 0, 20, 0)
