"""What the Word summary says: the figures in sentences of official style (常体、公用文), and its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from followup.rules.figures import Figures, MinistryFigures, Progress
from followup.rules.outcomes import Outcomes, RemarkKind, Summed
from followup.workbooks.paper_title import PaperTitle
from outreach.workbooks.plain_tables import one_line

NOT_ASKED, NOT_COUNTED = "設問なし", "－"
EXAMPLES, EXAMPLE_LENGTH = 3, 90
"""So many public remarks of a kind are quoted, each cut to so many characters."""
MOST_NAMES = 46

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Section:
    heading: str
    items: tuple[str, ...]


def main_rows(figures: Figures) -> Iterator[Row]:
    """Return the table of the main figures: name, number, unit, what it counts."""
    progress, outcomes = figures.progress, figures.outcomes
    yield ("対象府省庁数", f"{progress.asked:,}", "府省庁", "府省庁")
    yield ("提出府省庁数", f"{progress.submitted:,}", "府省庁", "府省庁")
    yield ("発出団体数", f"{progress.issued:,}", "団体", "延べ")
    yield ("発出団体数", f"{progress.distinct_issued:,}", "団体", "実数")
    yield ("発出率", _rate(progress.issue_rate), "％", "延べ")
    yield ("周知を実施した団体数", _count(outcomes.spread), "団体", "延べ")
    reach = outcomes.member_reach
    yield ("会員への周知率", _rate(reach.rate) if reach else NOT_ASKED, "％", "延べ（両方を回答した団体）")


def sections(title: PaperTitle, figures: Figures) -> Iterator[Section]:
    progress, outcomes = figures.progress, figures.outcomes
    yield Section("１　報告の状況", tuple(_numbered(_report_items(title, progress))))
    yield Section("２　団体等への要請の状況", tuple(_numbered(_issue_items(progress))))
    yield Section("３　団体等における取組の状況", tuple(_numbered(_body_items(outcomes))))
    yield Section("４　府省庁における取組の状況", tuple(_numbered(_ministry_items(outcomes))))
    yield Section("５　好事例及び支障となっている事項", tuple(_numbered(_remark_items(figures))))


def _numbered(items: Iterator[str]) -> Iterator[str]:
    return (f"({number})　{item}" for number, item in enumerate(items, start=1))


def _report_items(title: PaperTitle, progress: Progress) -> Iterator[str]:
    if not progress.asked:
        yield "報告を求めた府省庁はない。"
        return
    yield (
        f"「{_line(title.request_title)}」に基づく取組について、{progress.asked:,}府省庁に報告を求め、"
        f"{progress.submitted:,}府省庁（{_rate(progress.response_rate)}％）から提出があった。"
        f"このうち、{progress.accepted:,}府省庁の報告を受理した。"
    )
    if progress.no_body:
        yield f"要請の対象とする団体等がない（該当なし）とした府省庁は、{progress.no_body:,}であった。"
    missing = progress.non_responders
    if missing:
        late = sum(row.is_overdue for row in missing)
        yield (f"提出のない府省庁は、{len(missing):,}（うち期限超過{late:,}）である（{_names(missing)}）。")


def _names(rows: tuple[MinistryFigures, ...]) -> str:
    return "、".join(_line(row.abbreviation or row.name) for row in rows[:MOST_NAMES])


def _issue_items(progress: Progress) -> Iterator[str]:
    if not progress.aimed:
        yield "要請の対象とした団体等の記録はない。"
        return
    yield (
        f"府省庁は、延べ{progress.aimed:,}団体（実数{progress.distinct_aimed:,}団体）を要請の対象とし、"
        f"延べ{progress.issued:,}団体（実数{progress.distinct_issued:,}団体、発出率{_rate(progress.issue_rate)}％）"
        "に要請文を発出した。"
    )
    yield (
        f"内訳は、ひな形1（業界団体等）が延べ{progress.issued_by(1):,}団体、"
        f"ひな形2（独立行政法人等）が延べ{progress.issued_by(2):,}団体であった。"
    )
    used = sorted((row for row in progress.channels if row.issued), key=lambda row: -row.issued)[:3]
    if used:
        shown = "、".join(f"{row.label}（延べ{row.issued:,}団体）" for row in used)
        yield (
            f"周知の手段は、{shown}の順に多かった。" if len(used) > 1 else f"周知の手段は、{shown}であった。"
        )


def _body_items(outcomes: Outcomes) -> Iterator[str]:
    if outcomes.spread is None:
        yield "団体等における周知の状況は、様式に設問がないため、集計していない。"
    elif not outcomes.spread_answered:
        yield "団体等における周知の状況について、回答のあった団体等はなかった。"
    else:
        yield (
            f"周知の状況を回答した延べ{outcomes.spread_answered:,}団体のうち、延べ{outcomes.spread:,}団体"
            f"（{_rate(outcomes.spread_rate)}％）が、会員又は役職員に周知した。"
        )
    if outcomes.forwarded:
        yield f"延べ{outcomes.forwarded:,}団体が、要請文を傘下の団体に転送した。"
    reach = outcomes.member_reach
    if reach and reach.bodies:
        yield (
            f"会員数と周知した会員数の両方を回答した延べ{reach.bodies:,}団体では、会員{reach.members:,}者のうち"
            f"{reach.reached:,}者（{_rate(reach.rate)}％）に周知した。"
        )
    if outcomes.reached_staff and outcomes.reached_staff.answered:
        yield f"周知した役職員は、合計{outcomes.reached_staff.total:,}人であった。"
    if outcomes.onsite_bodies:
        times = f"（合計{outcomes.onsite_times.total:,}回）" if outcomes.onsite_times else ""
        yield f"出張申請受付は、延べ{outcomes.onsite_bodies:,}団体が実施した{times}。"


def _ministry_items(outcomes: Outcomes) -> Iterator[str]:
    yield _promotion("健康保険証利用申込", outcomes.insurance_ministries, outcomes.insurance_staff)
    yield _promotion("公金受取口座登録", outcomes.account_ministries, outcomes.account_staff)


def _promotion(what: str, ministries: int | None, staff: Summed | None) -> str:
    if ministries is None:
        return f"職員への{what}の促進は、様式に設問がないため、集計していない。"
    if not ministries:
        return f"職員への{what}の促進を実施したと報告した府省庁はなかった。"
    people = f"（対象職員は合計{staff.total:,}人）" if staff and staff.answered else ""
    return f"職員への{what}の促進は、{ministries:,}府省庁が実施した{people}。"


def _remark_items(figures: Figures) -> Iterator[str]:
    outcomes = figures.outcomes
    kinds: tuple[tuple[RemarkKind, str, int | None, int | None], ...] = (
        ("practice", "好事例", outcomes.practices, outcomes.public_practices),
        ("obstacle", "支障となっている事項", outcomes.obstacles, outcomes.public_obstacles),
    )
    for kind, name, counted, public in kinds:
        if counted is None:
            yield f"{name}は、様式に設問がないため、集計していない。"
            continue
        if not counted:
            yield f"{name}の回答はなかった。"
            continue
        quoted = "".join(_quotes(figures, kind))
        yield f"{name}は{counted:,}件の回答があり、{public or 0:,}件が公表してよいとされた。{quoted}"


def _quotes(figures: Figures, kind: RemarkKind) -> Iterator[str]:
    public = [row for row in figures.remarks if row.kind == kind and row.is_public]
    for row in public[:EXAMPLES]:
        text = _line(row.text)
        cut = text if len(text) <= EXAMPLE_LENGTH else f"{text[:EXAMPLE_LENGTH]}…"
        yield f"「{cut}」（{_line(row.body or row.ministry)}）"


def notes(figures: Figures) -> Iterator[str]:
    yield (
        "（注）「延べ」は発出の数（2府省庁が発出した団体等は2）、「実数」は異なる団体等の数（同1）である。"
        "割合は小数第2位を四捨五入した。回答に関する数は、各報告の最新の版による。"
    )
    outcomes = figures.outcomes
    if outcomes.excluded or outcomes.corrected:
        yield (
            f"（注）集計から除外した値が{outcomes.excluded:,}件、補正した値が{outcomes.corrected:,}件ある。"
            "内訳と理由は、会議資料の「除外・補正した値」のとおりである。"
        )


def _line(text: str) -> str:
    """Return a text on one line, without what a document cannot hold."""
    return one_line(text)


def _count(value: int | None) -> str:
    return NOT_ASKED if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return NOT_COUNTED if value is None else f"{value:.1f}"
