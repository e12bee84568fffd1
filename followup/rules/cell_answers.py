"""From the cells of an answer workbook to what `parse_answers` takes; pure, and never a silent guess.

What is equal whoever reads it (full-width digits, commas, 和暦, a real date) is taken without a word;
what a person should look at (約, a unit left out, a serial number taken for a day, the number of a
choice) is taken with a note; what has two readings or none is refused. Limits and lengths are left to
`parse_answers`.
"""

from __future__ import annotations

from collections.abc import Callable

from followup.rules.answers import AnswerError
from followup.rules.cell_choices import read_boolean, read_mark, read_multiple, read_single
from followup.rules.cell_days import read_day_cell
from followup.rules.cell_numbers import read_number
from followup.rules.cell_reading import CellReading
from followup.rules.cell_texts import is_blank, read_text
from followup.rules.questions import QuestionSpec, QuestionType
from outreach.rules.cells import CellProblem, CellValue

__all__ = ["CellReading", "read_cell", "read_mark", "read_other"]


def read_cell(question: QuestionSpec, value: CellValue, *, counts_from_1904: bool = False) -> CellReading:
    """Read the cell of a question; `counts_from_1904` is what the book says about its calendar.

    Raises:
        AnswerError: for an error cell, a formula without a value, and what is no answer.
    """
    if _is_blank(value):
        return CellReading("")
    if question.type == QuestionType.DATE:
        return read_day_cell(value, counts_from_1904=counts_from_1904)
    return _READERS[question.type](question, value)


def read_other(value: CellValue) -> CellReading:
    """Read the cell with the text of その他."""
    return CellReading("") if _is_blank(value) else read_text(value, keeps_lines=False)


def _read_line(_question: QuestionSpec, value: CellValue) -> CellReading:
    return read_text(value, keeps_lines=False)


def _read_lines(_question: QuestionSpec, value: CellValue) -> CellReading:
    return read_text(value, keeps_lines=True)


_READERS: dict[str, Callable[[QuestionSpec, CellValue], CellReading]] = {
    QuestionType.INTEGER: read_number,
    QuestionType.DECIMAL: read_number,
    QuestionType.PERCENT: read_number,
    QuestionType.BOOLEAN: read_boolean,
    QuestionType.SINGLE: read_single,
    QuestionType.MULTIPLE: read_multiple,
    QuestionType.SHORT_TEXT: _read_line,
    QuestionType.LONG_TEXT: _read_lines,
}


def _is_blank(value: CellValue) -> bool:
    """Say whether a cell is blank; one without a value is not, and is refused.

    Raises:
        AnswerError: for an error cell, and a formula without a value.
    """
    if isinstance(value, CellProblem):
        raise AnswerError(value.message)
    return value is None or (isinstance(value, str) and is_blank(value))
