"""Give many bodies the same answers at once (まとめて入力)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from followup.models import Report
from followup.rules.answer_texts import answer_text
from followup.rules.questions import Answers, FormSpec, QuestionSpec, Scope
from followup.services.contents import Row, form_of, rows_of
from followup.services.row_plans import PlannedRow, RowPlan, row_with, save_plan
from followup.services.steps import lock_report, refuse_editing
from outreach.models import User


@dataclass(frozen=True)
class FillCount:
    """What becomes of one question, in rows.

    `given` get the answer (of them `replaced` had another one), `kept` keep what they have, and
    `left_out` are not asked, by their category or by a condition.
    """

    label: str
    value: str
    given: int
    replaced: int
    kept: int
    left_out: int


@dataclass(frozen=True)
class FillPlan(RowPlan):
    """A plan with what it means by question; `chosen` counts the bodies chosen."""

    chosen: int
    counts: list[FillCount]


@transaction.atomic
def fill_rows(
    *,
    report: Report,
    bodies: Collection[int],
    values: Answers,
    overwrite: bool,
    expected_digest: str,
    actor: User,
    now: datetime,
) -> FillPlan:
    """Give the chosen rows (ids of notifications) the values, exactly as the plan said that was looked at.

    Raises:
        PlanChanged: when the plan would be another one now.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    form = form_of(locked)
    plan = plan_fill(form, rows_of(locked, form), bodies=bodies, values=values, overwrite=overwrite)
    save_plan(report=locked, plan=plan, expected_digest=expected_digest, actor=actor, now=now)
    return plan


def plan_fill(
    form: FormSpec, rows: Iterable[Row], *, bodies: Collection[int], values: Answers, overwrite: bool
) -> FillPlan:
    """Return what would become of the chosen rows; the others stay out of it."""
    wanted = set(bodies)
    chosen = [row for row in rows if row.pk in wanted]
    planned = [PlannedRow(row, row_with(row, values, overwrite=overwrite)) for row in chosen]
    return FillPlan(
        rows=[one for one in planned if one.answers != one.row.answers],
        chosen=len(chosen),
        counts=[
            _count(question, values, planned) for question in form.of(Scope.BODY) if question.key in values
        ],
    )


def _count(question: QuestionSpec, values: Answers, planned: list[PlannedRow]) -> FillCount:
    keys = (question.key, question.other_key)
    given = replaced = kept = left_out = 0
    for one in planned:
        old, new = ({key: found.get(key) for key in keys} for found in (one.row.answers, one.answers))
        if new[question.key] is None:
            left_out += 1
        elif new == old:
            kept += 1
        else:
            given += 1
            replaced += old[question.key] is not None
    return FillCount(question.label, answer_text(question, values), given, replaced, kept, left_out)
