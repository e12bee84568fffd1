"""Pages of the council paper in words: who has not answered, good practice, obstacles, rulings, notes."""

from __future__ import annotations

from followup.rules.figures import DEFINITIONS, Figures, Progress
from followup.rules.outcomes import RemarkKind
from followup.rules.rulings import RulingNote
from followup.workbooks.paper_layout import Cell, Heading, Look, Paper
from followup.workbooks.paper_title import COUNTING
from outreach.workbooks.plain_tables import one_line


def add_non_responder_page(paper: Paper, progress: Progress) -> None:
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


REMARK_HEADINGS = (Heading("府省庁", 24), Heading("団体等", 34), Heading("内容", 96))
EXCERPT = 800
"""Characters of a remark that the paper prints; the data workbook has all of them."""

KINDS: tuple[tuple[RemarkKind, str, str], ...] = (
    ("practice", "好事例", "団体等が挙げた好事例"),
    ("obstacle", "支障", "団体等が挙げた、支障となっている事項"),
)


def add_remark_pages(paper: Paper, figures: Figures) -> None:
    """Add good practice and obstacles: those only that may be made public."""
    outcomes = figures.outcomes
    counts = {
        "practice": (outcomes.practices, outcomes.public_practices),
        "obstacle": (outcomes.obstacles, outcomes.public_obstacles),
    }
    for kind, name, title in KINDS:
        rows = [remark for remark in figures.remarks if remark.kind == kind and remark.is_public]
        paper.table(
            name,
            REMARK_HEADINGS,
            ((row.ministry, row.body or "（府省庁）", excerpt(row.text)) for row in rows),
            title=title,
            note=_remark_note(*counts[kind], len(rows)),
        )


def _remark_note(counted: int | None, public: int | None, shown: int) -> str:
    if counted is None:
        return "この設問は様式にありません（設問なし）。"
    note = f"回答 {counted:,} 件のうち、公表してよいとされた {public or 0:,} 件"
    note += "。" if shown == (public or 0) else f"から、{shown:,} 件を掲載。"
    return f"{note}長いものは{EXCERPT}字まで。全文は取りまとめデータの「自由記述」にあります。"


def excerpt(text: str) -> str:
    cut = one_line(text)
    return cut if len(cut) <= EXCERPT else f"{cut[:EXCERPT]}…（以下略）"


def whole_text(text: str) -> list[str]:
    """Cut a text, its lines put into one, into pieces that a printed row can hold."""
    line = one_line(text)
    return [line[start : start + EXCERPT] for start in range(0, len(line), EXCERPT)]


RULING_HEADINGS = (
    Heading("府省庁", 22), Heading("団体等", 28), Heading("設問", 28), Heading("取扱い", 10, Look.CENTRE),
    Heading("提出された値", 18), Heading("集計に用いた値", 18), Heading("理由", 36),
)  # fmt: skip
EFFECTS = {"excluded": "除外", "corrected": "補正"}


def add_ruling_page(paper: Paper, figures: Figures) -> None:
    """Add the values that the figures leave out or count as another, each with its reason."""
    note = "集計のために職員が定めた取扱いです。府省庁が提出した値は、そのまま保存しています。"
    if figures.outcomes.to_check:
        note += f"提出の値が変わったため適用していない取扱いが {figures.outcomes.to_check:,} 件あります。"
    paper.table(
        "除外・補正した値", RULING_HEADINGS, map(ruling_row, figures.rulings),
        title="集計から除外し、又は補正した値", note=note,
    )  # fmt: skip


def ruling_row(row: RulingNote) -> tuple[Cell, ...]:
    corrected = "（除外）" if row.corrected is None else row.corrected
    body = row.body or "（府省庁）"
    return (
        row.ministry, body, row.question, EFFECTS[row.kind], excerpt(row.submitted), corrected, row.reason
    )  # fmt: skip


def add_note_page(paper: Paper) -> None:
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
