"""What is odd in a submitted version (疑義), as sentences with the figures; a person decides what it means.

Everything here may be right: a rule only says where to look. What a form refuses is rules.answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import quantiles

from django.db.models import TextChoices

from followup.rules.answer_texts import value_text
from followup.rules.answers import holds
from followup.rules.questions import NUMBERS, Answer, Answers, CheckSpec, FormSpec, QuestionSpec, Scope
from outreach.rules.wareki import format_wareki

FEWEST_COMPARED = 8
"""Rows of one category that quartiles need to mean anything; below, one row moves them at will."""
FAR_OUT = 3.0
"""Interquartile ranges beyond the quartiles: Tukey's "far out", on the logarithm, as counts are skewed."""
FEWEST_TIMES_AWAY = 10.0
"""An outlier is also ten times away from the median: a digit too many or too few is what is looked for."""
RATE_JUMP_POINTS = 30
"""Percentage points between two rates that no ordinary progress of one round explains."""
COUNT_JUMP_TIMES = 3
"""A count that became three times as large, or a third: another unit or another population."""
SMALLEST_JUMP = 30
"""Counts below it triple by chance: from 1 to 3 exhibitions is no doubt."""
FEWEST_ALIKE = 5
"""Bodies that answer the same, numbers too: four may, of five one was copied."""

REACH_STATUS, REACHED, NO_ANSWER = "reach_status", "done", "no_answer"
REACHED_ON = "reached_on"
"""Permanent keys of the standard form, and codes of its choices."""

ALWAYS_CHECKED = (
    CheckSpec(
        "reached_member_count", "<=", "member_count", "周知した会員数は会員事業者数以下にしてください。"
    ),
)
"""What must hold also where a form (an older version, one brought in) does not ask for it."""


class DoubtCode(TextChoices):
    """The rules, in the order in which their doubts are shown."""

    NO_BODY = "no_body", "該当なし"
    BROKEN_CHECK = "broken_check", "数の不整合"
    WRONG_DAY = "wrong_day", "日付の不整合"
    OUTLIER = "outlier", "同じ区分の中での外れ値"
    RATE_JUMP = "rate_jump", "割合の急な変化"
    COUNT_JUMP = "count_jump", "数の急な変化"
    ALL_ALIKE = "all_alike", "全団体が同じ回答"
    UNANSWERED = "unanswered", "未回答"


@dataclass(frozen=True)
class RowFacts:
    """One body's row of a version; `pk` is its notification's id."""

    pk: int
    category: str
    issued_on: date
    answers: Answers


@dataclass(frozen=True)
class Spread:
    """How numbers of one category and question are spread: quartiles, and of how many rows."""

    low: float
    median: float
    high: float
    count: int


@dataclass(frozen=True)
class Earlier:
    """What is compared with: a name for it, and its answers by the ids of the rows judged."""

    name: str
    answers: Answers
    rows: Mapping[int, Answers]
    row_count: int
    reached_count: int


@dataclass(frozen=True)
class Case:
    """A version with what is known around it when it is examined."""

    form: FormSpec
    answers: Answers
    rows: Sequence[RowFacts]
    no_body_reason: str
    submitted_on: date
    bodies_listed: int
    earlier: Sequence[Earlier] = ()
    spreads: Mapping[tuple[str, str], Spread] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One doubt: which rule, where ("" and None: the whole), and the sentence."""

    code: DoubtCode
    key: str
    row: int | None
    message: str


def find_doubts(case: Case) -> list[Finding]:
    """Return what every rule found, the first of each rule and place, in the order of the rules."""
    found: dict[tuple[str, str, int | None], Finding] = {}
    for rule in RULES:
        for finding in rule(case):
            found.setdefault((finding.code, finding.key, finding.row), finding)
    return list(found.values())


def point_on(message: str) -> str:
    """Return a doubt as a point to the ministry."""
    return f"{message}内容を御確認ください。"


def spread_of(numbers: Sequence[float]) -> Spread | None:
    """Return the quartiles of counts; None for fewer than FEWEST_COMPARED."""
    if len(numbers) < FEWEST_COMPARED:
        return None
    low, median, high = quantiles(numbers, n=4, method="inclusive")
    return Spread(low, median, high, len(numbers))


def number_of(answers: Answers, key: str) -> float | None:
    """Return a count or rate; None where there is none or it is negative, which no logarithm takes."""
    value = answers.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return value


def _no_body(case: Case) -> Iterator[Finding]:
    """Doubt 該当なし where the ministry's list has bodies, or the last round had rows."""
    if not case.no_body_reason:
        return
    if case.bodies_listed:
        message = f"該当なしとの回答ですが、団体の名簿には使用中の団体が{case.bodies_listed:,}件あります。"
        yield Finding(DoubtCode.NO_BODY, "", None, message)
    for earlier in case.earlier:
        if earlier.row_count:
            message = (
                f"該当なしとの回答ですが、{earlier.name}では{earlier.row_count:,}団体の回答がありました。"
            )
            yield Finding(DoubtCode.NO_BODY, "", None, message)


def _broken_checks(case: Case) -> Iterator[Finding]:
    own = {(check.left_key, check.right_key) for check in case.form.checks}
    checks = [*case.form.checks, *(c for c in ALWAYS_CHECKED if (c.left_key, c.right_key) not in own)]
    for check in checks:
        left, right = case.form.by_key.get(check.left_key), case.form.by_key.get(check.right_key)
        if left is None or right is None:
            continue
        for row, answers in _places(case, left.scope):
            if not holds(check, answers):
                yield Finding(DoubtCode.BROKEN_CHECK, left.key, row, _broken(left, right, answers, check))


def _broken(left: QuestionSpec, right: QuestionSpec, answers: Answers, check: CheckSpec) -> str:
    both = "、".join(f"{item.label}は{_shown(item, answers)}" for item in (left, right))
    if check.operator == "==":
        return f"{both}で、一致していません。"
    return (
        f"{both}で、{left.label}が{right.label}を上回っています。"
        if check.operator == "<="
        else (f"{both}で、{left.label}が{right.label}以上です。")
    )


def _places(case: Case, scope: str) -> Iterator[tuple[int | None, Answers]]:
    if scope == Scope.MINISTRY:
        yield None, case.answers
    else:
        for row in case.rows:
            yield row.pk, row.answers


def _shown(question: QuestionSpec, answers: Answers) -> str:
    return value_text(question, question.key, answers.get(question.key))


def _wrong_days(case: Case) -> Iterator[Finding]:
    """Doubt a 周知日 before the notice or after the version was submitted."""
    question = case.form.by_key.get(REACHED_ON)
    for row in case.rows if question else ():
        day = _day(row.answers.get(REACHED_ON))
        if day and day < row.issued_on:
            message = f"周知日（{format_wareki(day)}）が発出日（{format_wareki(row.issued_on)}）より前です。"
            yield Finding(DoubtCode.WRONG_DAY, REACHED_ON, row.pk, message)
        elif day and day > case.submitted_on:
            message = (
                f"周知日（{format_wareki(day)}）が提出日（{format_wareki(case.submitted_on)}）より後です。"
            )
            yield Finding(DoubtCode.WRONG_DAY, REACHED_ON, row.pk, message)


def _day(value: Answer | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def _outliers(case: Case) -> Iterator[Finding]:
    """Doubt numbers far from those of the same category, in whatever ministry, as known at the time."""
    for question in _numbers(case.form, Scope.BODY):
        for row in case.rows:
            number, spread = (
                number_of(row.answers, question.key),
                case.spreads.get((row.category, question.key)),
            )
            if number is not None and spread and _is_far(number, spread):
                message = (
                    f"{question.label}の{_shown(question, row.answers)}は、同じ区分の中央値"
                    f"（{_median_text(question, spread)}、{spread.count:,}団体）から大きく離れています。"
                )
                yield Finding(DoubtCode.OUTLIER, question.key, row.pk, message)


def _numbers(form: FormSpec, scope: str) -> list[QuestionSpec]:
    return [question for question in form.of(scope) if question.type in NUMBERS]


def _is_far(number: float, spread: Spread) -> bool:
    at, low, median, high = (
        math.log10(1 + value) for value in (number, spread.low, spread.median, spread.high)
    )
    margin = FAR_OUT * (high - low)
    is_away = abs(at - median) >= math.log10(FEWEST_TIMES_AWAY)
    return is_away and not low - margin <= at <= high + margin


def _median_text(question: QuestionSpec, spread: Spread) -> str:
    median = int(spread.median) if spread.median == int(spread.median) else round(spread.median, 1)
    return value_text(question, question.key, median)


def _rate_jumps(case: Case) -> Iterator[Finding]:
    """Doubt rates that moved by RATE_JUMP_POINTS: of the whole, and of each row's pair of counts."""
    for earlier in case.earlier:
        yield from _whole_rate_jump(case, earlier)
        for part, whole in _pairs(case.form):
            for row in case.rows:
                now = _rate(number_of(row.answers, part.key), number_of(row.answers, whole.key))
                past = earlier.rows.get(row.pk, {})
                was = _rate(number_of(past, part.key), number_of(past, whole.key))
                if now is not None and was is not None and abs(now - was) >= RATE_JUMP_POINTS:
                    message = (
                        f"{whole.label}に占める{part.label}の割合が{now:.0f}％で、"
                        f"{earlier.name}の{was:.0f}％から{abs(now - was):.0f}ポイント変わっています。"
                    )
                    yield Finding(DoubtCode.RATE_JUMP, part.key, row.pk, message)


def _whole_rate_jump(case: Case, earlier: Earlier) -> Iterator[Finding]:
    reached = sum(row.answers.get(REACH_STATUS) == REACHED for row in case.rows)
    if min(len(case.rows), earlier.row_count) < FEWEST_ALIKE or REACH_STATUS not in case.form.by_key:
        return
    now, was = 100 * reached / len(case.rows), 100 * earlier.reached_count / earlier.row_count
    if abs(now - was) >= RATE_JUMP_POINTS:
        message = (
            f"周知した団体の割合が{now:.0f}％（{len(case.rows):,}団体のうち{reached:,}団体）で、"
            f"{earlier.name}の{was:.0f}％から{abs(now - was):.0f}ポイント変わっています。"
        )
        yield Finding(DoubtCode.RATE_JUMP, "", None, message)


def _pairs(form: FormSpec) -> list[tuple[QuestionSpec, QuestionSpec]]:
    """Return the counts that are part of another: what a cross-check keeps below another number."""
    keys = {
        (check.left_key, check.right_key)
        for check in (*form.checks, *ALWAYS_CHECKED)
        if "<" in check.operator
    }
    known = [(form.by_key.get(left), form.by_key.get(right)) for left, right in sorted(keys)]
    return [(left, right) for left, right in known if left and right and left.scope == Scope.BODY]


def _rate(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else 100 * part / whole


def _count_jumps(case: Case) -> Iterator[Finding]:
    for earlier in case.earlier:
        for scope in Scope:
            for question in _numbers(case.form, scope):
                for row, answers in _places(case, scope):
                    past = earlier.answers if row is None else earlier.rows.get(row, {})
                    now, was = number_of(answers, question.key), number_of(past, question.key)
                    if now is not None and was is not None and _is_jump(now, was):
                        message = (
                            f"{question.label}が{_shown(question, answers)}で、"
                            f"{earlier.name}の{_shown(question, past)}から大きく変わっています。"
                        )
                        yield Finding(DoubtCode.COUNT_JUMP, question.key, row, message)


def _is_jump(now: float, was: float) -> bool:
    small, large = sorted((now, was))
    return large >= SMALLEST_JUMP and large >= COUNT_JUMP_TIMES * small


def _all_alike(case: Case) -> Iterator[Finding]:
    """Doubt a report in which all bodies of a category answer the same, with a number among it."""
    by_category: dict[str, list[Answers]] = {}
    for row in case.rows:
        by_category.setdefault(row.category, []).append(row.answers)
    alike = [
        rows
        for rows in by_category.values()
        if len(rows) >= FEWEST_ALIKE
        and all(answers == rows[0] for answers in rows)
        and _has_number(case, rows[0])
    ]
    if alike:
        count = max(map(len, alike))
        message = f"{count:,}団体の回答が、数も含めて全て同じです。団体ごとの回答か確認してください。"
        yield Finding(DoubtCode.ALL_ALIKE, "", None, message)


def _has_number(case: Case, answers: Answers) -> bool:
    return any(question.key in answers for question in _numbers(case.form, Scope.BODY))


def _unanswered(case: Case) -> Iterator[Finding]:
    """Tell once how many rows say nothing; a doubt a row would bury the others."""
    blank = sum(row.answers.get(REACH_STATUS) == NO_ANSWER or _lacks(case.form, row) for row in case.rows)
    if blank:
        message = (
            f"{len(case.rows):,}団体のうち{blank:,}団体が未回答です。回答が得られる見込みを確認してください。"
        )
        yield Finding(DoubtCode.UNANSWERED, "", None, message)


def _lacks(form: FormSpec, row: RowFacts) -> bool:
    """Say whether a row has blanks that the form does not allow (of an older version, or brought in)."""
    asked = form.for_category(row.category)
    return any(
        question.required and question.key not in row.answers
        for question in asked.asked(Scope.BODY, row.answers)
    )


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _no_body,
    _broken_checks,
    _wrong_days,
    _outliers,
    _rate_jumps,
    _count_jumps,
    _all_alike,
    _unanswered,
)
