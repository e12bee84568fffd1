"""The council paper (会議資料), for people: cover, summary with charts, tables in 建制順, notes.

It is made from the figures alone, so every number in it is one of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from followup.models import Round
from followup.rules.answer_figures import AnswerFigures, QuestionFigures
from followup.rules.figures import DEFINITIONS, Figures, MinistryFigures, Progress, percentage
from followup.rules.status import ReportStatus
from followup.workbooks.paper_charts import (
    THIRDS,
    add_channel_chart,
    add_day_chart,
    add_ministry_chart,
    add_status_chart,
)
from followup.workbooks.paper_layout import NOT_ASKED, Cell, Heading, Look, Paper, Placed
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.wareki import format_wareki, instant_in_tokyo

TITLE = "マイナンバーカード活用等に向けた周知の取組状況"
COUNTING = "「延べ」は発出の数（2府省庁が発出した団体等は2）、「実数」は団体等の数（同1）です。"
STARTS_ON = 12
"""The row of the summary on which its charts start."""


@dataclass(frozen=True)
class PaperTitle:
    """What the cover says."""

    council_name: str
    council_number: int
    request_title: str
    round_number: int
    contact_name: str
    as_of: datetime

    @property
    def as_of_day(self) -> str:
        return f"{format_wareki(instant_in_tokyo(self.as_of).date())} 時点"


def paper_title(round: Round, as_of: datetime) -> PaperTitle:
    return PaperTitle(
        council_name=round.council.name,
        council_number=round.council.number,
        request_title=round.request.title,
        round_number=round.number,
        contact_name=round.contact_name,
        as_of=as_of,
    )


def write_council_paper(path: Path, title: PaperTitle, figures: Figures) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"title": TITLE, "created": title.as_of.replace(tzinfo=None)})
        paper = Paper(workbook, footer=f"{TITLE}（{title.as_of_day}）")
        _write_cover(paper, title)
        summary = paper.page("概要", pages_high=1)
        progress_page = paper.page("府省庁別の発出状況", pages_high=1)
        ministries = _ministry_page(paper, figures.progress)
        _category_page(paper, figures.progress)
        channels = _channel_page(paper, figures.progress)
        days = _day_page(paper, figures.progress)
        statuses = _status_page(paper, figures.progress)
        _reach_page(paper, figures)
        _question_page(paper, figures.answers)
        _non_responder_page(paper, figures.progress)
        _note_page(paper)
        _write_summary(paper, summary, figures, title)
        _write_progress_chart(paper, progress_page, ministries)
        add_day_chart(paper, summary, (STARTS_ON, THIRDS[0]), days)
        add_channel_chart(paper, summary, (STARTS_ON, THIRDS[1]), channels)
        add_status_chart(paper, summary, (STARTS_ON, THIRDS[2]), statuses)


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


SUMMARY_HEADINGS = (
    Heading("項目", 30), Heading("数", 13, Look.COUNT), Heading("単位", 17, Look.CENTRE),
    Heading("数え方", 13, Look.CENTRE), Heading("備考", 70),
)  # fmt: skip


def _write_summary(paper: Paper, sheet: Worksheet, figures: Figures, title: PaperTitle) -> None:
    paper.write_title(sheet, "概要", f"{title.as_of_day}　{COUNTING}")
    for index, heading in enumerate(SUMMARY_HEADINGS):
        sheet.set_column(index, index, heading.width)
    paper.write_table(sheet, 2, SUMMARY_HEADINGS, _summary_rows(figures))
    sheet.print_area(0, 0, STARTS_ON + 19, len(SUMMARY_HEADINGS) - 1)


def _summary_rows(figures: Figures) -> Iterator[tuple[Cell, ...]]:
    progress, reach = figures.progress, figures.answers.member_reach
    by_template = f"ひな形1 {progress.issued_by(1):,}、ひな形2 {progress.issued_by(2):,}"
    yield ("対象府省庁数", progress.asked, "府省庁", "府省庁", f"うち該当なし {progress.no_body}")
    yield (
        "提出府省庁数", progress.submitted, "府省庁", "府省庁",
        f"うち受理 {progress.accepted}、期限後提出 {progress.late}",
    )  # fmt: skip
    yield ("回答率", _percent_text(progress.response_rate), "％", "府省庁", "提出府省庁数÷対象府省庁数")
    yield ("対象団体数", progress.aimed, "団体", "延べ", f"実数 {progress.distinct_aimed:,}")
    yield ("発出団体数", progress.issued, "団体", "延べ", by_template)
    yield ("発出団体数", progress.distinct_issued, "団体", "実数", "複数の府省庁が発出した団体等は1と数える")
    yield ("発出率", _percent_text(progress.issue_rate), "％", "延べ", "延べ発出団体数÷延べ対象団体数")
    if reach is None:
        yield ("会員への周知率", NOT_ASKED, "％", "延べ", "会員数の設問が様式にない")
    else:
        yield (
            "会員への周知率", _percent_text(percentage(reach.reached, reach.members)), "％", "延べ",
            f"会員 {reach.members:,} 者のうち {reach.reached:,} 者（両方を回答した {reach.bodies:,} 団体）",
        )  # fmt: skip


def _percent_text(value: float | None) -> str | None:
    """Return a percentage with its one decimal; the column also holds counts."""
    return None if value is None else f"{value:.1f}"


MINISTRY_HEADINGS = (
    Heading("府省庁", 24), Heading("対象団体数\n（延べ）", 12, Look.COUNT),
    Heading("発出団体数\n（延べ）", 12, Look.COUNT),
    Heading("未発出\n（延べ）", 10, Look.COUNT), Heading("発出率\n（％）", 10, Look.PERCENT),
    Heading("ひな形1\n（延べ）", 10, Look.COUNT), Heading("ひな形2\n（延べ）", 10, Look.COUNT),
    Heading("該当なし", 10, Look.CENTRE), Heading("報告の状態", 13, Look.CENTRE),
    Heading("最新の提出日", 19, Look.CENTRE), Heading("版", 6, Look.COUNT), Heading("備考", 22),
)  # fmt: skip


def _ministry_page(paper: Paper, progress: Progress) -> Placed:
    total = (
        f"計（{progress.asked}府省庁）", progress.aimed, progress.issued, progress.aimed - progress.issued,
        progress.issue_rate, progress.issued_by(1), progress.issued_by(2), f"{progress.no_body}",
        f"提出 {progress.submitted}", "", "", "",
    )  # fmt: skip
    return paper.table(
        "府省庁別", MINISTRY_HEADINGS, map(_ministry_row, progress.ministries),
        title="府省庁別の状況（建制順）", note=COUNTING, total=total,
    )  # fmt: skip


def _ministry_row(row: MinistryFigures) -> tuple[Cell, ...]:
    return (
        row.name, row.aimed, row.issued, row.aimed - row.issued, row.issue_rate, row.issued_by(1),
        row.issued_by(2), "該当なし" if row.is_no_body else "", row.status_label,
        format_wareki(row.last_submitted_on) if row.last_submitted_on else "未提出", row.versions,
        _remark(row),
    )  # fmt: skip


def _remark(row: MinistryFigures) -> str:
    remarks = ["期限後提出" if row.is_late else "", "期限超過" if row.is_overdue else ""]
    return "、".join(filter(None, remarks))


def _write_progress_chart(paper: Paper, sheet: Worksheet, ministries: Placed) -> None:
    paper.write_title(sheet, "府省庁別の発出状況（建制順）", "数は延べ。数値は「府省庁別」の表を参照。")
    sheet.set_column(0, 13, 10)
    add_ministry_chart(paper, sheet, (2, 0), ministries)
    sheet.print_area(0, 0, 33, 13)


CATEGORY_HEADINGS = (
    Heading("ひな形", 12, Look.CENTRE), Heading("区分", 44), Heading("対象団体数\n（延べ）", 16, Look.COUNT),
    Heading("発出団体数\n（延べ）", 16, Look.COUNT), Heading("発出団体数\n（実数）", 16, Look.COUNT),
    Heading("発出率\n（％、延べ）", 16, Look.PERCENT),
)  # fmt: skip


def _category_page(paper: Paper, progress: Progress) -> None:
    rows = (
        (
            TemplateNumber(row.template_number).label, BodyCategory(row.category).label, row.aimed,
            row.issued, row.distinct_issued, row.issue_rate,
        )
        for row in progress.categories
    )  # fmt: skip
    total = ("計", "", progress.aimed, progress.issued, progress.distinct_issued, progress.issue_rate)
    note = f"{COUNTING}実数の計は、区分をまたぐ重複も除くため、各行の和と一致しないことがあります。"
    paper.table(
        "ひな形・区分別",
        CATEGORY_HEADINGS,
        rows,
        title="ひな形・団体の区分別の発出状況",
        note=note,
        total=total,
    )


def _channel_page(paper: Paper, progress: Progress) -> Placed:
    headings = (
        Heading("周知手段", 34), Heading("発出団体数（延べ）", 22, Look.COUNT),
        Heading("発出団体数に占める割合（％）", 22, Look.PERCENT),
    )  # fmt: skip
    rows = ((row.label, row.issued, percentage(row.issued, progress.issued)) for row in progress.channels)
    note = f"複数の手段を用いた団体等は各手段で数えます。発出団体数は延べ {progress.issued:,} です。"
    return paper.table("周知手段", headings, rows, title="府省庁から団体等への周知手段", note=note)


def _day_page(paper: Paper, progress: Progress) -> Placed:
    headings = (
        Heading("発出日", 26, Look.CENTRE), Heading("発出団体数\n（延べ）", 20, Look.COUNT),
        Heading("累計\n（延べ）", 20, Look.COUNT),
    )  # fmt: skip
    rows = ((format_wareki(row.day), row.issued, row.issued_so_far) for row in progress.days)
    return paper.table(
        "発出の推移", headings, rows, title="発出団体数の推移", note="発出のあった日だけを示します。"
    )


def _status_page(paper: Paper, progress: Progress) -> Placed:
    headings = (Heading("報告の状態", 34, Look.CENTRE), Heading("府省庁数", 22, Look.COUNT))
    statuses = [row.status for row in progress.ministries]
    rows = [(status.label, statuses.count(status)) for status in ReportStatus] if statuses else []
    note = f"対象 {progress.asked} 府省庁。差戻し・作成中には、提出した後に修正しているものを含みます。"
    return paper.table("報告の状態", headings, rows, title="報告の状態別の府省庁数", note=note)


def _reach_page(paper: Paper, figures: Figures) -> None:
    headings = (
        Heading("府省庁", 28), Heading("算定団体数\n（延べ）", 20, Look.COUNT),
        Heading("会員事業者数\n（者）", 20, Look.COUNT),
        Heading("周知した会員数\n（者）", 20, Look.COUNT), Heading("周知率\n（％）", 16, Look.PERCENT),
    )  # fmt: skip
    answers = figures.answers
    name_of = {row.report_id: row.name for row in figures.progress.ministries}
    rows = (
        (name, reach.bodies, reach.members, reach.reached, percentage(reach.reached, reach.members))
        for report_id, name in name_of.items()
        if (reach := answers.member_reach_of.get(report_id))
    )
    whole = answers.member_reach
    total = whole and (
        "計", whole.bodies, whole.members, whole.reached, percentage(whole.reached, whole.members)
    )  # fmt: skip
    note = (
        f"会員事業者数と周知した会員数の両方を回答した団体等で算定（回答は延べ {answers.bodies:,} 団体）。"
        if whole
        else "会員数の設問が様式にないため、算定していません（設問なし）。"
    )
    paper.table(
        "会員への周知",
        headings,
        rows if whole else (),
        title="団体等から会員への周知",
        note=note,
        total=total or None,
    )


def _question_page(paper: Paper, answers: AnswerFigures) -> None:
    headings = (
        Heading("単位", 10, Look.CENTRE), Heading("設問", 50), Heading("選択肢・集計", 34),
        Heading("数", 16, Look.COUNT), Heading("数の単位", 12, Look.CENTRE),
        Heading("回答数", 12, Look.COUNT),
    )  # fmt: skip
    questions = sorted(answers.questions, key=lambda question: list(SCOPES).index(question.scope))
    rows = [row for question in questions for row in _question_rows(question)]
    note = f"各報告の最新の版による。団体の設問は延べ（{answers.bodies:,} 団体の回答）。無回答は数えません。"
    paper.table("設問別", headings, rows, title="設問別の回答状況", note=note)


SCOPES = {"ministry": ("府省庁", "府省庁"), "body": ("団体", "団体")}


def _question_rows(question: QuestionFigures) -> Iterator[tuple[Cell, ...]]:
    """Return a row a choice, or one with the sum; questions that only text answers are left out."""
    scope, unit = SCOPES[question.scope]
    for choice in question.choices:
        yield (scope, question.label, choice.label, choice.count, unit, question.answered)
    if question.total is not None:
        total = question.total if question.answered else None
        yield (scope, question.label, "合計", total, question.unit, question.answered)


def _non_responder_page(paper: Paper, progress: Progress) -> None:
    headings = (
        Heading("府省庁", 30), Heading("状況", 30), Heading("回答期限", 24, Look.CENTRE),
        Heading("対象団体数\n（延べ）", 16, Look.COUNT), Heading("発出団体数\n（延べ）", 16, Look.COUNT),
        Heading("備考", 24),
    )  # fmt: skip
    rows = (
        (
            row.name, row.non_response_reason, str(row.due or "未定"), row.aimed,
            row.issued, "該当なしと回答" if row.is_no_body else "",
        )
        for row in progress.non_responders
    )  # fmt: skip
    note = (
        f"報告を一度も提出していない {len(progress.non_responders)} 府省庁（対象 {progress.asked} 府省庁）。"
    )
    paper.table("未提出の府省庁", headings, rows, note=note)


def _note_page(paper: Paper) -> None:
    headings = (
        Heading("数値", 26), Heading("数え方", 10, Look.CENTRE), Heading("意味", 52), Heading("分子", 40),
        Heading("分母", 18),
    )  # fmt: skip
    rows = (
        (row.name, row.counted.value, row.meaning, row.numerator, row.denominator or "（割合でない）")
        for row in DEFINITIONS
    )
    note = (
        f"{COUNTING}割合は小数第2位を四捨五入。ただし全部でないものを100.0、皆無でないものを0.0とはしません。"
    )
    paper.table("注記", headings, rows, title="数値の定義と注記", note=note)
