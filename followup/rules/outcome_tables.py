"""The figures of answers as tables: outcomes as a whole and by ministry, and every question."""

from __future__ import annotations

from collections.abc import Iterator

from followup.rules import outcomes as keys
from followup.rules.answer_figures import YES, QuestionFigures, kept_under
from followup.rules.figure_rows import MinistryState, Narrowing, RowKind, Selection, rows
from followup.rules.figure_tables import Cell, Line, Table, counted, rate
from followup.rules.figures import Figures
from followup.rules.outcomes import OutcomeCounts, Summed
from followup.rules.progress_tables import BODIES, NUMBER, TEXT, defined, ministry_key
from followup.rules.questions import QuestionSpec, Scope

NOT_ASKED = Cell(note="設問なし")


def answer_tables(figures: Figures) -> Iterator[Table]:
    yield _whole(figures.outcomes)
    yield _by_ministry(figures)
    yield _questions(figures)


def by_bodies(question: str, kind: str, *, ministry: int | None = None, **conditions: object) -> Selection:
    return rows(RowKind.BODY_ANSWERS, question=question, counted=kind, ministry=ministry, **conditions)


def _by_ministries(question: str) -> Selection:
    return rows(RowKind.MINISTRY_ANSWERS, question=question, counted="number")


class _Cells:
    """The cells of one set of outcomes: of the whole, or of one ministry."""

    def __init__(self, counts: OutcomeCounts, ministry: int | None = None) -> None:
        self._counts, self._ministry = counts, ministry

    def answered_bodies(self) -> Cell:
        found = rows(RowKind.BODY_ANSWERS, narrowing=Narrowing.ANY, ministry=self._ministry)
        return Cell(self._counts.answered_bodies, BODIES, found)

    def spread(self) -> Cell:
        return counted(
            self._counts.spread, self._bodies(keys.REACH_STATUS, "choice", choice=keys.SPREAD), BODIES
        )

    def forwarded(self) -> Cell:
        return counted(self._counts.forwarded, self._bodies(keys.FORWARDED, "boolean", choice=YES), BODIES)

    def reach(self) -> tuple[Cell, Cell, Cell, Cell]:
        """Return the bodies that gave both numbers, members, members reached, and the rate."""
        reach = self._counts.member_reach
        if reach is None:
            return NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED
        found = rows(RowKind.BODY_ANSWERS, narrowing=Narrowing.REACH, ministry=self._ministry)
        return (
            Cell(reach.bodies, BODIES, found),
            Cell(reach.members if reach.bodies else None, "者", found, is_sum=True),
            Cell(reach.reached if reach.bodies else None, "者", found, is_sum=True),
            rate(reach.rate),
        )

    def onsite_bodies(self) -> Cell:
        found = self._bodies(keys.ONSITE, "number", narrowing=Narrowing.POSITIVE)
        return counted(self._counts.onsite_bodies, found, BODIES)

    def onsite_times(self) -> Cell:
        return summed(self._counts.onsite_times, self._bodies(keys.ONSITE, "number"), "回")

    def reached_staff(self) -> Cell:
        return summed(self._counts.reached_staff, self._bodies(keys.REACHED_STAFF, "number"), "人")

    def practices(self) -> Cell:
        return counted(self._counts.practices, self._bodies(keys.PRACTICE, "text"), "件")

    def obstacles(self) -> Cell:
        return counted(self._counts.obstacles, self._bodies(keys.OBSTACLE, "text"), "件")

    def ruled(self, number: int, effect: str = "") -> Cell:
        """Return how many values staff ruled on so; without an effect those to look at again."""
        state = "applying" if effect else "to_check"
        return Cell(number, "件", rows(RowKind.RULINGS, state=state, effect=effect, ministry=self._ministry))

    def public(self, number: int | None, key: str) -> Cell:
        return counted(number, self._bodies(key, "text", narrowing=Narrowing.PUBLIC), "件")

    def _bodies(self, question: str, kind: str, **conditions: object) -> Selection:
        return by_bodies(question, kind, ministry=self._ministry, **conditions)


def summed(sum_: Summed | None, found: Selection, unit: str) -> Cell:
    """Return a sum; － where nobody answered."""
    return NOT_ASKED if sum_ is None else Cell(sum_.shown, unit, found, is_sum=True)


def _promoted(number: int | None, state: MinistryState) -> Cell:
    return counted(number, rows(RowKind.MINISTRIES, state=state), "府省庁")


def _whole(outcomes: OutcomeCounts) -> Table:
    cells = _Cells(outcomes)
    reach_bodies, members, reached, reach_rate = cells.reach()
    return Table(
        "outcomes",
        "取組の結果",
        "数値",
        (("値", NUMBER),),
        (
            defined("answered_bodies", cells.answered_bodies()),
            defined("spread", cells.spread()),
            defined("spread_rate", rate(outcomes.spread_rate)),
            defined("forwarded", cells.forwarded()),
            defined("member_reach_bodies", reach_bodies),
            defined("member_count", members),
            defined("reached_member_count", reached),
            defined("member_reach_rate", reach_rate),
            defined("reached_staff", cells.reached_staff()),
            defined(
                "insurance_ministries", _promoted(outcomes.insurance_ministries, MinistryState.INSURANCE)
            ),
            defined(
                "insurance_staff",
                summed(outcomes.insurance_staff, _by_ministries(keys.INSURANCE_STAFF), "人"),
            ),
            defined("account_ministries", _promoted(outcomes.account_ministries, MinistryState.ACCOUNT)),
            defined(
                "account_staff", summed(outcomes.account_staff, _by_ministries(keys.ACCOUNT_STAFF), "人")
            ),
            defined("onsite_bodies", cells.onsite_bodies()),
            defined("onsite_times", cells.onsite_times()),
            defined("practices", cells.practices()),
            defined("public_practices", cells.public(outcomes.public_practices, keys.PRACTICE)),
            defined("obstacles", cells.obstacles()),
            defined("public_obstacles", cells.public(outcomes.public_obstacles, keys.OBSTACLE)),
            defined("excluded", cells.ruled(outcomes.excluded, "excluded")),
            defined("corrected", cells.ruled(outcomes.corrected, "corrected")),
            defined("to_check", cells.ruled(outcomes.to_check)),
        ),
    )


def _by_ministry(figures: Figures) -> Table:
    report_of = {row.ministry_id: row.report_id for row in figures.progress.ministries}
    outcomes = figures.outcomes
    return Table(
        "outcomes-by-ministry",
        "取組の結果（府省庁別）",
        "府省庁",
        (
            ("回答団体", NUMBER),
            ("周知した団体", NUMBER),
            ("傘下に周知", NUMBER),
            ("周知率の算定団体", NUMBER),
            ("会員数（者）", NUMBER),
            ("周知した会員数（者）", NUMBER),
            ("会員への周知率", NUMBER),
            ("出張申請受付の団体", NUMBER),
            ("出張申請受付の回数", NUMBER),
            ("好事例", NUMBER),
            ("支障", NUMBER),
            ("除外", NUMBER),
            ("補正", NUMBER),
            ("要再確認", NUMBER),
        ),
        tuple(
            Line(
                ministry_key(row.ministry_id),
                row.ministry,
                _outcome_cells(row, row.ministry_id) if row.has_submitted else _BLANK,
                report_of.get(row.ministry_id),
            )
            for row in outcomes.by_ministry
        ),
        total=Line("total", "計", _outcome_cells(outcomes, None)),
        empty="対象の府省庁がありません。",
    )


_BLANK = (*(Cell(note="未提出") for _ in range(14)),)


def _outcome_cells(counts: OutcomeCounts, ministry: int | None) -> tuple[Cell, ...]:
    cells = _Cells(counts, ministry)
    return (
        cells.answered_bodies(),
        cells.spread(),
        cells.forwarded(),
        *cells.reach(),
        cells.onsite_bodies(),
        cells.onsite_times(),
        cells.practices(),
        cells.obstacles(),
        cells.ruled(counts.excluded, "excluded"),
        cells.ruled(counts.corrected, "corrected"),
        cells.ruled(counts.to_check),
    )


def _questions(figures: Figures) -> Table:
    return Table(
        "questions",
        "設問別の回答",
        "設問・選択肢",
        (("単位", TEXT), ("回答した数", NUMBER), ("合計", NUMBER)),
        tuple(line for question in figures.answers.questions for line in _question_lines(question)),
        empty="公開した様式がありません。",
    )


def _question_lines(question: QuestionFigures) -> Iterator[Line]:
    """Yield the question, then each of its choices."""
    kind = RowKind.BODY_ANSWERS if question.scope == Scope.BODY else RowKind.MINISTRY_ANSWERS
    spec = QuestionSpec(question.key, question.scope, question.type, question.label)
    base = {"question": question.key, "counted": kept_under(spec)[1]}
    former = "（以前の様式）" if question.is_former else ""
    found = rows(kind, **base)
    scope = Cell(text=Scope(question.scope).label)
    total = question.total if question.answered else None
    key = f"{question.key}-{base['counted']}"
    yield Line(
        key,
        f"{question.label}{former}",
        (
            scope,
            Cell(question.answered, kind.unit, found),
            Cell(total, question.unit, found, is_sum=True) if question.total is not None else Cell(text="－"),
        ),
    )
    for choice in question.choices:
        chosen = rows(kind, **base, choice=choice.code)
        yield Line(
            f"{key}-{choice.code}",
            f"{question.label}{former}：{choice.label}",
            (scope, Cell(choice.count, kind.unit, chosen), Cell(text="－")),
        )
