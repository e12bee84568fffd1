"""The summary of the council paper (概要): the figures of the whole on one page, with three charts."""

from __future__ import annotations

from collections.abc import Iterator

from xlsxwriter.worksheet import Worksheet

from followup.rules.figures import Figures, Progress
from followup.rules.outcomes import Outcomes, Summed
from followup.workbooks.paper_charts import Frame
from followup.workbooks.paper_layout import NOT_ASKED, Cell, Heading, Look, Paper, pixels_wide
from followup.workbooks.paper_title import COUNTING, PaperTitle

HEADINGS = (
    Heading("項目", 46), Heading("数", 18, Look.COUNT), Heading("単位", 14, Look.CENTRE),
    Heading("数え方", 14, Look.CENTRE), Heading("備考", 62),
)  # fmt: skip
FIRST_ROW = 2
CHART_ROWS = 23


THIRDS = ((0, 1), (1, 4), (4, 5))
"""The columns that each of the three charts fills."""


def write_summary_page(paper: Paper, sheet: Worksheet, figures: Figures, title: PaperTitle) -> list[Frame]:
    """Write the table; return the places of the three charts below it."""
    paper.write_title(sheet, "概要", f"{title.as_of_day}　{COUNTING}")
    for index, heading in enumerate(HEADINGS):
        sheet.set_column(index, index, heading.width)
    placed = paper.write_table(sheet, FIRST_ROW, HEADINGS, _rows(figures))
    charts = placed.last_row + 2
    sheet.print_area(0, 0, charts + CHART_ROWS, len(HEADINGS) - 1)
    return [Frame(charts, first, pixels_wide(HEADINGS[first:end])) for first, end in THIRDS]


def _rows(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    yield from _progress_rows(figures.progress)
    yield from _outcome_rows(figures.outcomes)


def _progress_rows(progress: Progress) -> Iterator[tuple[Cell, ...]]:
    by_template = f"ひな形1 {progress.issued_by(1):,}、ひな形2 {progress.issued_by(2):,}"
    yield ("対象府省庁数", progress.asked, "府省庁", "府省庁", f"うち該当なし {progress.no_body}")
    yield (
        "提出府省庁数", progress.submitted, "府省庁", "府省庁",
        f"うち受理 {progress.accepted}、期限後提出 {progress.late}",
    )  # fmt: skip
    yield ("回答率", percent_text(progress.response_rate), "％", "府省庁", "提出府省庁数÷対象府省庁数")
    yield ("対象団体数", progress.aimed, "団体", "延べ", f"実数 {progress.distinct_aimed:,}")
    yield ("発出団体数", progress.issued, "団体", "延べ", by_template)
    yield ("発出団体数", progress.distinct_issued, "団体", "実数", "複数の府省庁が発出した団体等は1と数える")
    yield ("発出率", percent_text(progress.issue_rate), "％", "延べ", "延べ発出団体数÷延べ対象団体数")


def _outcome_rows(outcomes: Outcomes) -> Iterator[tuple[Cell, ...]]:
    spread_note = f"周知状況を回答した {outcomes.spread_answered or 0:,} 団体のうち"
    yield _row("周知を実施した団体数", outcomes.spread, "団体", "延べ", spread_note)
    yield _row("傘下の団体に周知した団体数", outcomes.forwarded, "団体", "延べ", "要請文を傘下の団体へ転送")
    yield _reach_row(outcomes)
    for name, ministries, staff in (
        ("健康保険証利用申込の促進（職員）", outcomes.insurance_ministries, outcomes.insurance_staff),
        ("公金受取口座登録の促進（職員）", outcomes.account_ministries, outcomes.account_staff),
    ):
        yield _row(name, ministries, "府省庁", "府省庁", _sum_text("対象職員", staff, "人"))
    onsite = _sum_text("実施回数", outcomes.onsite_times, "回")
    yield _row("出張申請受付を実施した団体数", outcomes.onsite_bodies, "団体", "延べ", onsite)


def _row(name: str, count: int | None, unit: str, counted: str, note: str) -> tuple[Cell, ...]:
    if count is None:
        return (name, NOT_ASKED, unit, counted, "様式に設問がない")
    return (name, count, unit, counted, note)


def _sum_text(label: str, value: Summed | None, unit: str) -> str:
    if value is None or value.shown is None:
        return ""
    return f"{label} {value.total:,} {unit}（{value.answered:,} 件の回答の合計）"


def _reach_row(outcomes: Outcomes) -> tuple[Cell, ...]:
    reach = outcomes.member_reach
    if reach is None:
        return ("会員への周知率", NOT_ASKED, "％", "延べ", "会員数の設問が様式にない")
    return (
        "会員への周知率", percent_text(reach.rate), "％", "延べ",
        f"会員 {reach.members:,} 者のうち {reach.reached:,} 者（両方を回答した {reach.bodies:,} 団体）",
    )  # fmt: skip


def percent_text(value: float | None) -> str | None:
    """Return a percentage with its one decimal; the column also holds counts."""
    return None if value is None else f"{value:.1f}"
