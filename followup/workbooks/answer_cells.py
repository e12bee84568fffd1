"""From a cell to an answer, each value of a field read once however many rows repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from followup.rules.answers import AnswerError, parse_answers
from followup.rules.cell_answers import CellReading, read_cell, read_mark, read_other
from followup.rules.questions import NUMBERS, Answer, FormSpec, QuestionSpec, QuestionType
from outreach.rules.cells import CellValue

AS_STORED: dict[str, frozenset[type]] = {
    **dict.fromkeys(NUMBERS, frozenset({int, float})),
    QuestionType.SHORT_TEXT: frozenset({str}),
    QuestionType.LONG_TEXT: frozenset({str}),
}


@dataclass(frozen=True)
class CellAnswer:
    """What a cell was read as: an answer (None: blank), a note on it, or what is wrong with it."""

    answer: Answer | None = None
    note: str = ""
    error: str = ""


BLANK = CellAnswer()


class CellReader:
    """Reads the cells of one field; what was read once is known.

    `written` is the question as the workbook asked it, `asked` as it is asked now: a label is looked up
    in the former, and its answer held to the latter.
    """

    def __init__(self, written: QuestionSpec, asked: QuestionSpec, *, counts_from_1904: bool = False) -> None:
        self._written = written
        self._then, self._now = Alone(written), Alone(asked)
        self._is_as_written = written == asked
        self.as_stored = AS_STORED.get(written.type, frozenset()) if self._is_as_written else frozenset()
        """Values of these types stand in a cell as they are stored: the same value is the same answer."""
        self._counts_from_1904 = counts_from_1904
        self._codes = _codes_by_label(written)
        self._known: dict[tuple[type, CellValue], CellAnswer] = {}

    def read(self, value: CellValue) -> CellAnswer:
        if value is None:
            return BLANK
        key = (value.__class__, value)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(value)
        return known

    def _read(self, value: CellValue) -> CellAnswer:
        try:
            if isinstance(value, str) and value in self._codes:
                reading = CellReading(self._codes[value])
            else:
                reading = read_cell(self._written, value, counts_from_1904=self._counts_from_1904)
            answer = self._then.parse(reading.typed)
            if answer is not None and not self._is_as_written:
                answer = self._now.parse(_typed(answer))
        except AnswerError as error:
            return CellAnswer(error=str(error))
        return CellAnswer(answer, reading.note if answer is not None else "")


class OtherReader(CellReader):
    """Reads the text that goes with その他."""

    def __init__(self, question: QuestionSpec) -> None:
        line = QuestionSpec(
            key="other", scope=question.scope, type=QuestionType.SHORT_TEXT, label=question.label
        )
        super().__init__(line, line)

    def _read(self, value: CellValue) -> CellAnswer:
        try:
            reading = read_other(value)
            return CellAnswer(self._now.parse(reading.typed), reading.note)
        except AnswerError as error:
            return CellAnswer(error=str(error))


class MarkReader(CellReader):
    """Reads the mark of one choice; the answer says whether it stands there."""

    def _read(self, value: CellValue) -> CellAnswer:
        try:
            return CellAnswer(read_mark(value))
        except AnswerError as error:
            return CellAnswer(error=str(error))


class Alone:
    """Parses answers to one question by itself, whatever its condition."""

    def __init__(self, question: QuestionSpec) -> None:
        self._question = replace(question, show_when_key="", show_when_values=())
        self._form = FormSpec((self._question,))

    def parse(self, typed: str | Sequence[str]) -> Answer | None:
        """Return the answer; None for blank.

        Raises:
            AnswerError: for what cannot be an answer to the question.
        """
        question = self._question
        parsed = parse_answers(self._form, question.scope, {question.key: typed})
        for message in parsed.errors.values():
            raise AnswerError(message)
        return parsed.answers.get(question.key)


def _codes_by_label(question: QuestionSpec) -> dict[str, str]:
    """Return what its drop-down offers: a label that is a number is that label, not a place in the list."""
    labels = [choice.label for choice in question.choices]
    return {row.label: row.code for row in question.choices if labels.count(row.label) == 1}


def _typed(answer: Answer) -> str | list[str]:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return answer if isinstance(answer, list) else str(answer)
