"""Pages of the council paper from the answers: what was done, reach among members, each question."""

from __future__ import annotations

from collections.abc import Iterator

from followup.rules.answer_figures import AnswerFigures, QuestionFigures
from followup.rules.figures import Figures
from followup.rules.outcomes import REACH_STATUS, MinistryOutcomes, OutcomeCounts, Outcomes, Summed
from followup.workbooks.paper_layout import NOT_ASKED, Cell, Heading, Look, Paper, Placed

OUTCOME_HEADINGS = (
    Heading("府省庁", 24), Heading("周知実施団体数\n（延べ）", 13, Look.COUNT),
    Heading("周知実施率\n（％、延べ）", 12, Look.PERCENT),
    Heading("傘下に周知した\n団体数（延べ）", 13, Look.COUNT),
    Heading("周知した\n役職員数（人）", 13, Look.COUNT),
    Heading("保険証利用申込\nの促進", 13, Look.CENTRE), Heading("その対象\n職員数（人）", 12, Look.COUNT),
    Heading("公金受取口座\n登録の促進", 13, Look.CENTRE), Heading("その対象\n職員数（人）", 12, Look.COUNT),
    Heading("出張申請受付\n団体数（延べ）", 13, Look.COUNT),
    Heading("出張申請受付\n回数（回）", 12, Look.COUNT),
    Heading("好事例\n（件）", 9, Look.COUNT), Heading("支障\n（件）", 9, Look.COUNT),
)  # fmt: skip


def add_outcome_page(paper: Paper, outcomes: Outcomes) -> Placed:
    note = (
        f"各報告の最新の版による。回答のあった団体等は延べ {outcomes.answered_bodies:,} 団体。"
        "未提出の府省庁と、回答のない数値は「－」、様式に設問のない数値は「設問なし」です。"
    )
    return paper.table(
        "取組の結果", OUTCOME_HEADINGS, map(_ministry_outcomes, outcomes.by_ministry),
        title="団体等と府省庁の取組の結果（府省庁別、建制順）", note=note, total=_total_outcomes(outcomes),
    )  # fmt: skip


def _ministry_outcomes(row: MinistryOutcomes) -> tuple[Cell, ...]:
    if not row.has_submitted:
        return (row.ministry, *(None for _heading in OUTCOME_HEADINGS[1:]))
    return (
        row.ministry, *_of_bodies(row),
        _done(row.insurance_ministries), summed(row.insurance_staff),
        _done(row.account_ministries), summed(row.account_staff), *_at_the_end(row),
    )  # fmt: skip


def _total_outcomes(whole: Outcomes) -> tuple[Cell, ...]:
    return (
        "計", *_of_bodies(whole),
        _ministries(whole.insurance_ministries), summed(whole.insurance_staff),
        _ministries(whole.account_ministries), summed(whole.account_staff), *_at_the_end(whole),
    )  # fmt: skip


def _of_bodies(counts: OutcomeCounts) -> tuple[Cell, ...]:
    return (
        asked(counts.spread), NOT_ASKED if counts.spread is None else counts.spread_rate,
        asked(counts.forwarded), summed(counts.reached_staff),
    )  # fmt: skip


def _at_the_end(counts: OutcomeCounts) -> tuple[Cell, ...]:
    return (
        asked(counts.onsite_bodies), summed(counts.onsite_times), asked(counts.practices),
        asked(counts.obstacles),
    )  # fmt: skip


def asked(count: int | None) -> Cell:
    """Return a count, or that nothing asks for it."""
    return NOT_ASKED if count is None else count


def summed(value: Summed | None) -> Cell:
    """Return a sum, blank over nobody, or that nothing asks for it."""
    return NOT_ASKED if value is None else value.shown


def _done(ministries: int | None) -> str:
    return NOT_ASKED if ministries is None else "実施" if ministries else "未実施"


def _ministries(count: int | None) -> str:
    return NOT_ASKED if count is None else f"{count:,} 府省庁"


def add_reach_page(paper: Paper, figures: Figures) -> None:
    headings = (
        Heading("府省庁", 28), Heading("算定団体数\n（延べ）", 20, Look.COUNT),
        Heading("会員事業者数\n（者）", 20, Look.COUNT),
        Heading("周知した会員数\n（者）", 20, Look.COUNT), Heading("周知率\n（％）", 16, Look.PERCENT),
    )  # fmt: skip
    answers = figures.answers
    name_of = {row.report_id: row.name for row in figures.progress.ministries}
    rows = (
        (name, reach.bodies, reach.members, reach.reached, reach.rate)
        for report_id, name in name_of.items()
        if (reach := answers.member_reach_of.get(report_id))
    )
    whole = answers.member_reach
    total = whole and ("計", whole.bodies, whole.members, whole.reached, whole.rate)
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


def add_question_page(paper: Paper, answers: AnswerFigures) -> Placed | None:
    """Add every question that is counted; return where the choices of 周知状況 came to lie."""
    headings = (
        Heading("単位", 10, Look.CENTRE), Heading("設問", 50), Heading("選択肢・集計", 34),
        Heading("数", 16, Look.COUNT), Heading("数の単位", 12, Look.CENTRE),
        Heading("回答数", 12, Look.COUNT),
    )  # fmt: skip
    questions = sorted(answers.questions, key=lambda question: list(SCOPES).index(question.scope))
    rows = [row for question in questions for row in _question_rows(question)]
    note = f"各報告の最新の版による。団体の設問は延べ（{answers.bodies:,} 団体の回答）。無回答は数えません。"
    placed = paper.table("設問別", headings, rows, title="設問別の回答状況", note=note)
    asked = answers.question(REACH_STATUS)
    if asked is None or not asked.answered:
        return None
    return placed.part(rows.index(next(_question_rows(asked))), len(asked.choices))


SCOPES = {"ministry": ("府省庁", "府省庁"), "body": ("団体", "団体")}


def _question_rows(question: QuestionFigures) -> Iterator[tuple[Cell, ...]]:
    """Return a row a choice, or one with the sum; questions that only text answers are left out."""
    scope, unit = SCOPES[question.scope]
    for choice in question.choices:
        yield (scope, question.label, choice.label, choice.count, unit, question.answered)
    if question.total is not None:
        total = question.total if question.answered else None
        yield (scope, question.label, "合計", total, question.unit, question.answered)
