"""From the cells of one row (a body, or the ministry) to its answers and to what is to be told of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from followup.rules.answers import AnswerError, holds
from followup.rules.questions import Answer, Answers, CheckSpec, FormSpec, QuestionSpec, QuestionType, Scope
from followup.workbooks.answer_cells import Alone, CellReader
from followup.workbooks.answer_layout import NOT_ASKED, AnswerField, category_text, condition_text
from outreach.rules.cells import CellValue

Cells = Sequence[CellValue]

MAX_KNOWN_MARKS = 10_000
GONE_CHOICE = "この選択肢は今の様式にありません。ほかの選択肢を選んでください。"
ONE_ONLY = "一つだけ選んでください。"


@dataclass(frozen=True)
class FieldCell:
    """A field with the column (or row) in which it stands, from 0, and what reads it."""

    field: AnswerField
    at: int
    reader: CellReader

    def value(self, cells: Cells) -> CellValue:
        """Return what stands there; what says 「not for this body」 is blank. `cells` reach that far."""
        value = cells[self.at]
        return None if value == NOT_ASKED and self.field.question.categories else value


@dataclass(frozen=True)
class QuestionCells:
    """A question as it is asked now, with those of its cells that are in the book."""

    question: QuestionSpec
    values: tuple[FieldCell, ...]
    other: FieldCell | None = None
    marks: tuple[tuple[str, FieldCell | None], ...] = ()
    """For 複数選択 in the book: the codes of now, then those of then that are gone, each with its cell."""

    known_marks: dict[tuple[CellValue, ...], list[str]] = field(default_factory=dict)
    """What was chosen by the texts of its marks; most rows of a sheet are marked like one before."""

    @cached_property
    def cells(self) -> tuple[FieldCell, ...]:
        return (*self.values, self.other) if self.other else self.values

    @cached_property
    def texts_of_marks(self) -> Callable[[Cells], tuple[CellValue, ...]] | None:
        """Return what stands in all columns of the marks; None when one of them is not in the book."""
        places = [cell.at for _code, cell in self.marks if cell]
        if len(places) < len(self.marks):
            return None
        return itemgetter(*places, places[0])  # of a single place it would give no tuple


@dataclass(frozen=True)
class RowPlan:
    """How the rows of one category (or the ministry's) are read."""

    form: FormSpec
    asked: tuple[QuestionCells, ...]
    not_asked: tuple[FieldCell, ...]
    """Cells of questions that are meant for bodies of other categories."""

    @cached_property
    def width(self) -> int:
        """How many columns a row must have for every cell to be in it."""
        cells = (cell for row in self.asked for cell in row.cells)
        return max((cell.at + 1 for cell in (*cells, *self.not_asked)), default=0)


def make_plan(form: FormSpec, scope: Scope, cells: Iterable[FieldCell]) -> RowPlan:
    """Lay the cells of a book against the form as it is asked of one category of bodies."""
    by_question: dict[str, list[FieldCell]] = {}
    for cell in cells:
        by_question.setdefault(cell.field.question.key, []).append(cell)
    asked = tuple(_question_cells(question, by_question.pop(question.key, [])) for question in form.of(scope))
    others = tuple(cell for found in by_question.values() for cell in found)
    return RowPlan(form, asked, others)


def _question_cells(question: QuestionSpec, cells: Sequence[FieldCell]) -> QuestionCells:
    other = next((cell for cell in cells if cell.field.is_other_text), None)
    values = tuple(cell for cell in cells if cell is not other)
    if not values or not values[0].field.choice:
        return QuestionCells(question, values, other)
    place = {cell.field.choice.code: cell for cell in values if cell.field.choice}
    codes = dict.fromkeys([*(choice.code for choice in question.choices), *place])
    return QuestionCells(question, values, other, tuple((code, place.get(code)) for code in codes))


@dataclass
class RowReading:
    """The answers of a row, and by cell what is to be told about it.

    `unread` holds the keys of questions whose cells were refused, and of those that hang on them.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    problems: list[tuple[FieldCell, str]] = field(default_factory=list)
    proposals: list[tuple[FieldCell, str]] = field(default_factory=list)
    notices: list[tuple[FieldCell, str]] = field(default_factory=list)
    missing: list[FieldCell] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)


def read_row(plan: RowPlan, cells: Cells, stored: Answers) -> RowReading:
    """Read a row in the form's order; answers whose cells are not in the book are as stored."""
    reading = RowReading()
    if len(cells) < plan.width:
        cells = [*cells, *[None] * (plan.width - len(cells))]
    for row in plan.asked:
        question = row.question
        # One that was not asked itself is not among the answers.
        if question.show_when_key and not question.is_shown_by(reading.answers.get(question.show_when_key)):
            if question.show_when_key not in reading.unread:
                _tell_not_asked(plan.form, row, cells, reading)
                continue
            reading.unread.add(question.key)
        _read_question(row, cells, stored, reading)
        if question.other_choice:
            _read_other(row, cells, stored, reading)
    for cell in plan.not_asked:
        if is_filled(cell.value(cells)):
            asked = category_text(cell.field.question)
            reading.notices.append(
                (cell, f"この区分の団体には尋ねない設問（{asked}）のため、取り込みません。")
            )
    _check(plan, reading)
    return reading


def is_filled(value: CellValue) -> bool:
    """Say whether a cell holds something that its writer meant."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def _tell_not_asked(form: FormSpec, row: QuestionCells, cells: Cells, reading: RowReading) -> None:
    for cell in row.cells:
        if is_filled(cell.value(cells)):
            condition = condition_text(form, row.question)
            reading.notices.append((cell, f"{condition}だけ尋ねる設問のため、取り込みません。"))


def _read_question(row: QuestionCells, cells: Cells, stored: Answers, reading: RowReading) -> None:
    question = row.question
    if not row.values:
        answer = stored.get(question.key)
    elif row.marks:
        answer = _marked(row, cells, stored, reading)
    else:
        answer = _read_cell(row.values[0], question.key, cells, reading, stored)
    if answer is not None:
        reading.answers[question.key] = answer
    elif question.required and row.values and question.key not in reading.unread:
        reading.missing.append(row.values[0])


def _read_cell(
    cell: FieldCell, key: str, cells: Cells, reading: RowReading, stored: Answers | None = None
) -> Answer | None:
    """Read one cell; one that was not touched since it was written was read before."""
    value = cell.value(cells)
    if value is None:
        return None
    if stored and value.__class__ in cell.reader.as_stored and value == stored.get(key):
        return stored[key]
    found = cell.reader.read(value)
    if found.error:
        reading.problems.append((cell, found.error))
        reading.unread.add(key)
    elif found.note and not (stored and found.answer == stored.get(key)):  # what is stored was agreed to
        reading.proposals.append((cell, found.note))
    return found.answer


def _marked(row: QuestionCells, cells: Cells, stored: Answers, reading: RowReading) -> Answer | None:
    """Return the choices that are marked; one whose column is not in the book is as stored."""
    texts = row.texts_of_marks(cells) if row.texts_of_marks else ()
    codes = row.known_marks.get(texts) if texts else None
    if codes is None:
        problems = len(reading.problems)
        codes = _read_marks(row, cells, stored, reading)
        is_plain = len(reading.problems) == problems and all(
            text is None or type(text) is str for text in texts
        )
        if texts and is_plain and len(row.known_marks) < MAX_KNOWN_MARKS:
            row.known_marks[texts] = codes
    if row.question.type == QuestionType.MULTIPLE:
        return codes[:] or None
    return _only(row, codes, reading)


def _read_marks(row: QuestionCells, cells: Cells, stored: Answers, reading: RowReading) -> list[str]:
    question = row.question
    before = stored.get(question.key)
    known = len(question.choices)
    codes = []
    for index, (code, cell) in enumerate(row.marks):
        if cell is None:
            is_chosen = isinstance(before, list) and code in before
        else:
            is_chosen = _read_cell(cell, question.key, cells, reading) is True
        if is_chosen and index < known:
            codes.append(code)
        elif is_chosen and cell:
            reading.problems.append((cell, GONE_CHOICE))
    return codes


def _only(row: QuestionCells, codes: list[str], reading: RowReading) -> Answer | None:
    """Return what is marked as the answer to a question of another type than the workbook's."""
    try:
        if len(codes) > 1:
            raise AnswerError(ONE_ONLY)
        return Alone(row.question).parse("".join(codes))
    except AnswerError as error:
        reading.problems.append((row.values[0], str(error)))
        return None


def _read_other(row: QuestionCells, cells: Cells, stored: Answers, reading: RowReading) -> None:
    question, choice = row.question, row.question.other_choice
    answer = reading.answers.get(question.key)
    is_chosen = choice is not None and (
        choice.code in answer if isinstance(answer, list) else choice.code == answer
    )
    text: Answer | None
    if row.other is None:
        text = stored.get(question.other_key)
    elif is_chosen or question.key in reading.unread:
        text = _read_cell(row.other, question.other_key, cells, reading, stored)
    else:
        text = None
        if choice and is_filled(row.other.value(cells)):
            message = f"「{choice.label}」が選ばれていないため、取り込みません。"
            reading.notices.append((row.other, message))
    if text is not None and is_chosen:
        reading.answers[question.other_key] = text
    elif is_chosen and row.other and question.other_key not in reading.unread:
        reading.missing.append(row.other)


def _check(plan: RowPlan, reading: RowReading) -> None:
    for check in plan.form.checks:
        if not holds(check, reading.answers):
            row = next(row for row in plan.asked if row.question.key == check.left_key)
            other = next(row for row in plan.asked if row.question.key == check.right_key)
            cell = next(iter((*row.cells, *other.cells)), None)
            if cell:
                reading.problems.append((cell, cross_check_text(plan.form, check, reading.answers)))


def cross_check_text(form: FormSpec, check: CheckSpec, answers: Answers) -> str:
    """Return the message of a cross-check with both values: 「周知した会員数(120)が…(100)を超えています」."""
    values = {form.by_key[key].label: answers[key] for key in (check.left_key, check.right_key)}
    shown = {label: f"{label}({value:,})" for label, value in values.items()}
    message = check.message.rstrip("。")
    if not all(label in message for label in shown):
        return f"{message}（{'、'.join(shown.values())}）"
    longest_first = "|".join(re.escape(label) for label in sorted(shown, key=len, reverse=True))
    return re.sub(longest_first, lambda found: shown[found[0]], message)
