"""Take a block of cells pasted from a spreadsheet into the rows of a report (貼り付け)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from followup.models import Report
from followup.rules.answers import AnswerError, crossed_answers, parse_answers
from followup.rules.cell_answers import read_cell
from followup.rules.pasted_block import is_blank_row
from followup.rules.questions import Answer, FormSpec, QuestionSpec, Scope
from followup.services.contents import Row, form_of, rows_of
from followup.services.row_plans import PlannedRow, RowPlan, row_with, save_plan, unconditional
from followup.services.steps import lock_report, refuse_editing
from outreach.models import User
from outreach.rules.names import matching_key

Cells = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Placing:
    """How the block lies over the rows.

    With `by_name` its first column names the bodies; else it goes down the pages' order from
    `first_body` (an id of a notification; None: the first). Without a row of headings its columns
    are the questions in the form's order from `first_key` on.
    """

    by_name: bool
    first_body: int | None
    first_key: str


@dataclass(frozen=True)
class PastePlan(RowPlan):
    """A plan with everything that is wrong in the block, and what a person should look at."""

    problems: list[str]
    notes: list[str]
    unchanged: int


@dataclass
class _Reader:
    """Reads line by line; collects what is wrong by its place in the block.

    `form` asks every question of every row, so that what a row is not asked can be told.
    """

    form: FormSpec
    columns: list[QuestionSpec | None]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def values(self, line: int, cells: Sequence[str]) -> dict[str, Answer]:
        """Return what the cells of a line answer; what is blank answers nothing."""
        typed: dict[str, str | tuple[str, ...]] = {}
        for number, (question, cell) in enumerate(zip(self.columns, cells, strict=False), start=1):
            if question is None or not cell.strip():
                continue
            where = f"{line}行目 {number}列目（{question.label}）"
            try:
                reading = read_cell(question, cell)
            except AnswerError as error:
                self.problems.append(f"{where}：{error}")
                continue
            typed[question.key] = reading.typed
            if reading.note:
                self.notes.append(f"{where}：{reading.note}")
        parsed = parse_answers(self.form, Scope.BODY, typed)
        labels = self.form.by_key
        self.problems += [f"{line}行目（{labels[key].label}）：{text}" for key, text in parsed.errors.items()]
        return parsed.answers

    def plan(self, line: int, cells: Sequence[str], row: Row) -> PlannedRow:
        values = self.values(line, cells)
        answers = row_with(row, values, overwrite=True)
        where = f"{line}行目（{row.body_name}）"
        for question in self.columns:
            if question and question.key in values and answers.get(question.key) != values[question.key]:
                self.notes.append(
                    f"{where}：「{question.label}」は、この団体では入力しない設問のため、取り込みません。"
                )
        for message in crossed_answers(row.form, Scope.BODY, answers).values():
            self.notes.append(f"{where}：{message}")
        return PlannedRow(row, answers)


@transaction.atomic
def paste_rows(
    *, report: Report, block: Cells, placing: Placing, expected_digest: str, actor: User, now: datetime
) -> PastePlan:
    """Save the answers of a block, exactly as the plan said that was looked at.

    A block with problems saves nothing: its plan is returned with them.

    Raises:
        PlanChanged: when the plan would be another one now.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    form = form_of(locked)
    plan = plan_paste(form, rows_of(locked, form), block=block, placing=placing)
    if not plan.problems:
        save_plan(report=locked, plan=plan, expected_digest=expected_digest, actor=actor, now=now)
    return plan


def plan_paste(form: FormSpec, rows: Sequence[Row], *, block: Cells, placing: Placing) -> PastePlan:
    """Return what a block would change, and all that is wrong with it."""
    columns, has_headings, problems = _columns(form, block, placing)
    reader = _Reader(unconditional(form), columns, problems)
    start = 2 if has_headings else 1
    lines = [(number, cells) for number, cells in enumerate(block[start - 1 :], start=start)]
    placed = _place_by_name(rows, lines, reader) if placing.by_name else _place(rows, lines, placing, reader)
    planned = [reader.plan(number, cells, row) for number, cells, row in placed]
    for number, cells in lines:
        if not is_blank_row(cells[len(columns) :]):
            reader.problems.append(
                f"{number}行目：設問より多くの列があります。貼り付ける範囲を確かめてください。"
            )
    changed = [one for one in planned if one.answers != one.row.answers]
    return PastePlan(
        rows=changed,
        problems=reader.problems,
        notes=reader.notes,
        unchanged=len(planned) - len(changed),
    )


def _columns(
    form: FormSpec, block: Cells, placing: Placing
) -> tuple[list[QuestionSpec | None], bool, list[str]]:
    """Return the question of each column (None: the names), whether the first row is headings, problems."""
    skipped = 1 if placing.by_name else 0
    names: list[QuestionSpec | None] = [None] * skipped
    questions = form.of(Scope.BODY)
    by_label = {key: question for question in questions for key in _headings(question)}
    headings = [matching_key(cell) for cell in block[0][skipped:]] if block else []
    if any(heading in by_label for heading in headings):
        unknown = [
            f"1行目 {number}列目：見出し「{block[0][number - 1]}」に当たる設問がありません。"
            for number, heading in enumerate(headings, start=skipped + 1)
            if heading and heading not in by_label
        ]
        return names + [by_label.get(heading) for heading in headings], True, unknown
    keys = [question.key for question in questions]
    first = keys.index(placing.first_key) if placing.first_key in keys else 0
    return [*names, *questions[first:]], False, []


def _headings(question: QuestionSpec) -> set[str]:
    """Return how a column may name its question: by its label, with or without the unit."""
    unit = f"（{question.unit}）" if question.unit else ""
    return {matching_key(question.label), matching_key(question.label + unit)}


def _place_by_name(
    rows: Sequence[Row], lines: list[tuple[int, Sequence[str]]], reader: _Reader
) -> list[tuple[int, Sequence[str], Row]]:
    by_name = {matching_key(row.body_name): row for row in rows}
    placed: dict[int, tuple[int, Sequence[str], Row]] = {}
    for number, cells in lines:
        if is_blank_row(cells):
            continue
        row = by_name.get(matching_key(cells[0]))
        if row is None:
            name = cells[0].strip() or "（空欄）"
            reader.problems.append(
                f"{number}行目：「{name}」は、この報告の団体にありません。名称を確かめてください。"
            )
            reader.values(number, cells)  # what else is wrong there is told as well
        elif row.pk in placed:
            first = placed[row.pk][0]
            reader.problems.append(f"{number}行目：「{cells[0].strip()}」は{first}行目にもあります。")
        else:
            placed[row.pk] = (number, cells, row)
    return list(placed.values())


def _place(
    rows: Sequence[Row], lines: list[tuple[int, Sequence[str]]], placing: Placing, reader: _Reader
) -> list[tuple[int, Sequence[str], Row]]:
    pks = [row.pk for row in rows]
    first = pks.index(placing.first_body) if placing.first_body in pks else 0
    below = rows[first:]
    if len(lines) > len(below):
        reader.problems.append(
            f"貼り付けた{len(lines)}行に対して、開始の団体から後の団体は{len(below)}団体です。範囲を確かめてください。"
        )
    return [(number, cells, row) for (number, cells), row in zip(lines, below, strict=False)]
