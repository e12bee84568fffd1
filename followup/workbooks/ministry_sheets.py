"""What goes back to the ministries (府省庁別結果): each gets its own figures beside those of the whole.

A ministry's workbook holds its own rows and totals, and nothing of any other ministry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter

from followup.rules.figures import Figures, MinistryFigures
from followup.rules.outcomes import MinistryOutcomes, OutcomeCounts
from followup.workbooks.paper_layout import NOT_ASKED, Cell, Heading, Look, Paper
from followup.workbooks.paper_remarks import RULING_HEADINGS, add_note_page, ruling_row, whole_text
from followup.workbooks.paper_results import asked, summed
from followup.workbooks.paper_title import COUNTING, TITLE, PaperTitle
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.file_names import safe_file_name
from outreach.workbooks.dated_zip import write_dated_zip


@dataclass(frozen=True)
class Own:
    """One ministry's part of the figures."""

    progress: MinistryFigures
    outcomes: MinistryOutcomes
    figures: Figures

    @property
    def ministry_id(self) -> int:
        return self.progress.ministry_id


def write_ministry_sheets(path: Path, title: PaperTitle, figures: Figures) -> None:
    """Write a zip with one workbook a ministry, numbered in 建制順."""
    with TemporaryDirectory(prefix="sheets-") as folder:
        pack_sheets(path, title, figures, write_each_sheet(Path(folder), title, figures))


def write_each_sheet(folder: Path, title: PaperTitle, figures: Figures) -> dict[int, Path]:
    """Write every ministry's workbook; return where each is, by ministry."""
    paths = {}
    for row in figures.progress.ministries:
        paths[row.ministry_id] = folder / f"{row.ministry_id}.xlsx"
        write_ministry_sheet(paths[row.ministry_id], title, figures, row.ministry_id)
    return paths


def pack_sheets(path: Path, title: PaperTitle, figures: Figures, sheets: dict[int, Path]) -> None:
    entries = (
        (safe_file_name(f"{number:02}_{row.name}", ".xlsx"), sheets[row.ministry_id])
        for number, row in enumerate(figures.progress.ministries, start=1)
    )
    write_dated_zip(path, entries, at=title.as_of_local)


def write_ministry_sheet(path: Path, title: PaperTitle, figures: Figures, ministry_id: int) -> None:
    own = _own(figures, ministry_id)
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"title": TITLE, "created": title.as_of_local})
        paper = Paper(workbook, footer=f"{TITLE}　{own.progress.name}（{title.as_of_day}）")
        _add_result_page(paper, own, title)
        _add_category_page(paper, own)
        _add_remark_page(paper, own)
        _add_ruling_page(paper, own)
        add_note_page(paper)


def _own(figures: Figures, ministry_id: int) -> Own:
    return Own(
        progress=next(row for row in figures.progress.ministries if row.ministry_id == ministry_id),
        outcomes=next(row for row in figures.outcomes.by_ministry if row.ministry_id == ministry_id),
        figures=figures,
    )


RESULT_HEADINGS = (
    Heading("項目", 44), Heading("貴府省庁", 20, Look.COUNT), Heading("全体", 20, Look.COUNT),
    Heading("単位", 14, Look.CENTRE), Heading("数え方", 14, Look.CENTRE), Heading("備考", 40),
)  # fmt: skip


def _add_result_page(paper: Paper, own: Own, title: PaperTitle) -> None:
    council = f"{title.council_name}（第{title.council_number}回）フォローアップ第{title.round_number}回"
    paper.table(
        "結果", RESULT_HEADINGS, [*_status_rows(own), *_issue_rows(own), *_outcome_rows(own)],
        title=f"{own.progress.name}における取組の結果（{title.as_of_day}）",
        note=f"{council}。全体は対象 {own.figures.progress.asked} 府省庁。{COUNTING}",
    )  # fmt: skip


def _status_rows(own: Own) -> Iterator[tuple[Cell, ...]]:
    progress = own.figures.progress
    status = (
        f"{own.progress.status_label}（第{own.progress.versions}版）" if own.progress.versions else "未提出"
    )
    note = "該当なしと回答" if own.progress.is_no_body else ""
    yield ("報告の状態", status, f"提出 {progress.submitted}", "府省庁", "府省庁", note)


def _issue_rows(own: Own) -> Iterator[tuple[Cell, ...]]:
    mine, whole = own.progress, own.figures.progress
    distinct = f"全体の実数 {whole.distinct_aimed:,}"
    yield ("対象団体数", mine.aimed, whole.aimed, "団体", "延べ", distinct)
    yield ("発出団体数", mine.issued, whole.issued, "団体", "延べ", f"全体の実数 {whole.distinct_issued:,}")
    yield ("発出率", _rate(mine.issue_rate), _rate(whole.issue_rate), "％", "延べ", "発出団体数÷対象団体数")
    for number in TemplateNumber.values:
        yield (
            f"ひな形{number}の発出団体数",
            mine.issued_by(number),
            whole.issued_by(number),
            "団体",
            "延べ",
            "",
        )


def _outcome_rows(own: Own) -> Iterator[tuple[Cell, ...]]:
    """Return what was answered, of the ministry and of all; blank for a ministry that has not submitted."""
    whole = _outcome_cells(own.figures.outcomes)
    mine = _outcome_cells(own.outcomes) if own.outcomes.has_submitted else [None] * len(whole)
    for (name, unit, counted), own_cell, cell in zip(OUTCOMES, mine, whole, strict=True):
        yield (name, own_cell, cell, unit, counted, "")


OUTCOMES = (
    ("回答のあった団体数", "団体", "延べ"), ("周知を実施した団体数", "団体", "延べ"),
    ("周知実施率（周知状況を回答した団体のうち）", "％", "延べ"),
    ("傘下の団体に周知した団体数", "団体", "延べ"), ("会員への周知率の算定団体数", "団体", "延べ"),
    ("算定対象の会員事業者数", "者", "合計"), ("算定対象の周知した会員数", "者", "合計"),
    ("会員への周知率", "％", "延べ"), ("周知した役職員数", "人", "合計"),
    ("健康保険証利用申込の促進の対象職員数", "人", "合計"),
    ("公金受取口座登録の促進の対象職員数", "人", "合計"), ("出張申請受付の実施団体数", "団体", "延べ"),
    ("出張申請受付の実施回数", "回", "合計"), ("好事例", "件", "延べ"), ("支障", "件", "延べ"),
)  # fmt: skip


def _outcome_cells(counts: OutcomeCounts) -> list[Cell]:
    reach = counts.member_reach
    reached: list[Cell] = [NOT_ASKED] * 4
    if reach is not None:
        reached = [reach.bodies, reach.members, reach.reached, _rate(reach.rate)]
    return [
        counts.answered_bodies, asked(counts.spread),
        NOT_ASKED if counts.spread is None else _rate(counts.spread_rate), asked(counts.forwarded), *reached,
        summed(counts.reached_staff), summed(counts.insurance_staff), summed(counts.account_staff),
        asked(counts.onsite_bodies), summed(counts.onsite_times), asked(counts.practices),
        asked(counts.obstacles),
    ]  # fmt: skip


def _rate(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


CATEGORY_HEADINGS = (
    Heading("ひな形", 12, Look.CENTRE), Heading("区分", 44),
    Heading("貴府省庁\n対象（延べ）", 16, Look.COUNT), Heading("貴府省庁\n発出（延べ）", 16, Look.COUNT),
    Heading("全体\n対象（延べ）", 16, Look.COUNT), Heading("全体\n発出（延べ）", 16, Look.COUNT),
)  # fmt: skip


def _add_category_page(paper: Paper, own: Own) -> None:
    mine = {(count.template_number, count.category): count for count in own.progress.counts}
    rows = []
    for whole in own.figures.progress.categories:
        count = mine.get((whole.template_number, whole.category))
        labels = TemplateNumber(whole.template_number).label, BodyCategory(whole.category).label
        own_cells = (count.aimed, count.issued) if count else (0, 0)
        rows.append((*labels, *own_cells, whole.aimed, whole.issued))
    paper.table(
        "ひな形・区分別", CATEGORY_HEADINGS, rows, title="ひな形・団体の区分別の発出状況", note=COUNTING
    )


REMARK_HEADINGS = (
    Heading("種類", 10, Look.CENTRE), Heading("団体等", 34), Heading("内容", 90),
    Heading("公表の可否", 12, Look.CENTRE),
)  # fmt: skip


def _add_remark_page(paper: Paper, own: Own) -> None:
    names = {"practice": "好事例", "obstacle": "支障"}
    rows = [
        (names[row.kind], row.body or "（府省庁）", piece, "可" if row.is_public else "不可")
        for row in own.figures.remarks
        if row.ministry_id == own.ministry_id
        for piece in whole_text(row.text)
    ]
    note = "貴府省庁の報告に記入されたものです。件数が多い場合、一部だけを掲載しています。"
    paper.table("好事例・支障", REMARK_HEADINGS, rows, title="好事例と、支障となっている事項", note=note)


def _add_ruling_page(paper: Paper, own: Own) -> None:
    rows = [ruling_row(row) for row in own.figures.rulings if row.ministry_id == own.ministry_id]
    note = "集計のために職員が定めた取扱いです。貴府省庁が提出した値は、そのまま保存しています。"
    paper.table("集計上の取扱い", RULING_HEADINGS, rows, title="集計から除外し、又は補正した値", note=note)
