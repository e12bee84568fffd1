"""What reading either sheet has in common: its cells' addresses, and findings at them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from followup.rules.questions import FormSpec, Scope
from followup.workbooks.answer_cells import CellReader, MarkReader, OtherReader
from followup.workbooks.answer_findings import AnswerReading, Finding
from followup.workbooks.answer_layout import AnswerField, fields_of
from followup.workbooks.answer_matching import FoundSheet, Matched
from followup.workbooks.answer_rows import FieldCell, RowReading
from followup.workbooks.answer_rules import column_letters
from outreach.workbooks.book import Book

SHOWN_CELLS = 5
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")


class SheetFindings:
    """Adds what is found on one sheet to a reading; what many cells lack is told once."""

    def __init__(self, found: FoundSheet, reading: AnswerReading) -> None:
        self.sheet = found.sheet.name
        self._reading = reading
        self._missing: dict[str, tuple[str, list[str]]] = {}

    def problem(self, cell: str, message: str, label: str = "") -> None:
        self._reading.problems.append(Finding(self.sheet, cell, label, message))

    def proposal(self, cell: str, message: str, label: str = "") -> None:
        self._reading.proposals.append(Finding(self.sheet, cell, label, message))

    def notice(self, cell: str, message: str, label: str = "") -> None:
        self._reading.notices.append(Finding(self.sheet, cell, label, message))

    def row(self, row: RowReading, address: Callable[[FieldCell], str]) -> None:
        """Tell what was found in one row."""
        for cell, message in row.problems:
            self.problem(address(cell), message, cell.field.label)
        for cell, message in row.proposals:
            self.proposal(address(cell), message, cell.field.label)
        for cell, message in row.notices:
            self.notice(address(cell), message, cell.field.label)
        for cell in row.missing:
            field = cell.field
            label = field.question.label if field.choice else field.label
            self._missing.setdefault(field.key, (label, []))[1].append(address(cell))

    def tell_missing(self) -> None:
        """Tell which required answers are blank, once a field: a draft may be incomplete."""
        for label, cells in self._missing.values():
            shown = "、".join(cells[:SHOWN_CELLS])
            more = f" ほか{len(cells) - SHOWN_CELLS:,}件" if len(cells) > SHOWN_CELLS else ""
            message = f"必須の欄が未記入です（{shown}{more}）。取り込めますが、提出までに記入してください。"
            self.notice(cells[0], message, label)


def field_cells(
    book: Book, scope: Scope, forms: tuple[FormSpec, FormSpec], places: Mapping[str, int]
) -> list[FieldCell]:
    """Return the fields that are in the book and still asked, each with what reads it.

    `forms` are that of the book and that of now; `places` says by key where a field stands.
    """
    then, now = forms
    cells = []
    for field in fields_of(then, scope):
        asked = now.by_key.get(field.question.key)
        if field.key in places and asked and asked.scope == scope:
            reader = _reader(field, now, counts_from_1904=book.counts_from_1904)
            cells.append(FieldCell(field, places[field.key], reader))
    return cells


def _reader(field: AnswerField, now: FormSpec, *, counts_from_1904: bool) -> CellReader:
    asked = now.by_key[field.question.key]
    if field.is_other_text:
        return OtherReader(asked)
    kind = MarkReader if field.choice else CellReader
    return kind(field.question, asked, counts_from_1904=counts_from_1904)


def tell_absent(form: FormSpec, scope: Scope, matched: Matched, findings: SheetFindings) -> None:
    """Tell which fields have been taken out of the book: their answers stay as they are stored."""
    for field in fields_of(form, scope):
        if field.key not in matched.places and field.key not in matched.refused:
            message = "ブックから削除されているため、登録されている回答のままとします。"
            findings.notice("", message, field.label)


def tell_headings(found: FoundSheet, findings: SheetFindings) -> None:
    """Tell which headings kept their columns from being taken."""
    row = found.headings.heading_row or found.headings.key_row
    for column, message in found.headings.matched.problems:
        findings.problem(f"{column_letters(column)}{row}", message, found.headings.texts[column])


def tell_merged(found: FoundSheet, columns: Iterable[int], findings: SheetFindings) -> None:
    """Tell which merged cells take in cells of answers: what belongs to which row is not known."""
    own = set(columns)
    for area in found.sheet.merged:
        match = _RANGE.fullmatch(area)
        if match is None:
            continue
        first, last = column_number(match[1]), column_number(match[3] or match[1])
        bottom = int(match[4] or match[2])
        if bottom > found.headings.last_row and own & set(range(first, last + 1)):
            message = f"セルが結合されています（{area}）。結合を解除し、それぞれの欄に記入してください。"
            findings.problem(f"{match[1]}{match[2]}", message)


def column_number(letters: str) -> int:
    """Return the number of a column, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
