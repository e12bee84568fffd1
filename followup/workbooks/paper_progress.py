"""Pages of the council paper from the ledger and the statuses: by ministry, category, channel and day."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from followup.rules.figures import MinistryFigures, Progress, percentage
from followup.rules.status import ReportStatus
from followup.workbooks.paper_charts import Frame, add_ministry_chart, add_status_chart
from followup.workbooks.paper_layout import Cell, Heading, Look, Paper, Placed, pixels_wide
from followup.workbooks.paper_title import COUNTING
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.wareki import format_wareki

MINISTRY_HEADINGS = (
    Heading("府省庁", 24), Heading("対象団体数\n（延べ）", 12, Look.COUNT),
    Heading("発出団体数\n（延べ）", 12, Look.COUNT),
    Heading("未発出\n（延べ）", 10, Look.COUNT), Heading("発出率\n（％）", 10, Look.PERCENT),
    Heading("ひな形1\n（延べ）", 10, Look.COUNT), Heading("ひな形2\n（延べ）", 10, Look.COUNT),
    Heading("該当なし", 10, Look.CENTRE), Heading("報告の状態", 13, Look.CENTRE),
    Heading("最新の提出日", 19, Look.CENTRE), Heading("版", 6, Look.COUNT), Heading("備考", 22),
)  # fmt: skip


def add_ministry_page(paper: Paper, progress: Progress) -> Placed:
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


PROGRESS_COLUMNS = 14


def write_progress_chart(paper: Paper, sheet: Worksheet, ministries: Placed | None) -> None:
    paper.write_title(sheet, "府省庁別の発出状況（建制順）", "数は延べ。数値は「府省庁別」の表を参照。")
    sheet.set_column(0, PROGRESS_COLUMNS - 1, 10)
    frame = Frame(2, 0, PROGRESS_COLUMNS * 75, height=600)
    add_ministry_chart(paper, sheet, frame, ministries)
    sheet.print_area(0, 0, 33, PROGRESS_COLUMNS - 1)


CATEGORY_HEADINGS = (
    Heading("ひな形", 12, Look.CENTRE), Heading("区分", 44), Heading("対象団体数\n（延べ）", 16, Look.COUNT),
    Heading("発出団体数\n（延べ）", 16, Look.COUNT), Heading("発出団体数\n（実数）", 16, Look.COUNT),
    Heading("発出率\n（％、延べ）", 16, Look.PERCENT),
)  # fmt: skip


def add_category_page(paper: Paper, progress: Progress) -> None:
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


def add_channel_page(paper: Paper, progress: Progress) -> Placed:
    headings = (
        Heading("周知手段", 34), Heading("発出団体数（延べ）", 22, Look.COUNT),
        Heading("発出団体数に占める割合（％）", 22, Look.PERCENT),
    )  # fmt: skip
    rows = ((row.label, row.issued, percentage(row.issued, progress.issued)) for row in progress.channels)
    note = f"複数の手段を用いた団体等は各手段で数えます。発出団体数は延べ {progress.issued:,} です。"
    return paper.table("周知手段", headings, rows, title="府省庁から団体等への周知手段", note=note)


def add_day_page(paper: Paper, progress: Progress) -> Placed:
    headings = (
        Heading("発出日", 26, Look.CENTRE), Heading("発出団体数\n（延べ）", 20, Look.COUNT),
        Heading("累計\n（延べ）", 20, Look.COUNT),
    )  # fmt: skip
    rows = ((format_wareki(row.day), row.issued, row.issued_so_far) for row in progress.days)
    return paper.table(
        "発出の推移", headings, rows, title="発出団体数の推移", note="発出のあった日だけを示します。"
    )


def add_status_page(paper: Paper, progress: Progress) -> None:
    """Add how many reports are in which state, with its chart below."""
    headings = (Heading("報告の状態", 34, Look.CENTRE), Heading("府省庁数", 22, Look.COUNT))
    statuses = [row.status for row in progress.ministries]
    rows = [(status.label, statuses.count(status)) for status in ReportStatus] if statuses else []
    note = f"対象 {progress.asked} 府省庁。差戻し・作成中には、提出した後に修正しているものを含みます。"
    title = "報告の状態別の府省庁数"
    placed = paper.table("報告の状態", headings, rows, title=title, note=note, rows_below=25)
    frame = Frame(placed.last_row + 2, 0, pixels_wide(headings))
    add_status_chart(paper, paper.sheet("報告の状態"), frame, placed)
