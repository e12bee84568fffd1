"""Read 府省庁回答: one question a row, found by its key wherever it moved."""

from __future__ import annotations

from dataclasses import replace

from followup.rules.questions import FormSpec, Scope
from followup.services.contents import Content
from followup.workbooks.answer_findings import AnswerReading
from followup.workbooks.answer_layout import fields_of
from followup.workbooks.answer_matching import FoundSheet, Matched, known_texts, match_lines, text_of
from followup.workbooks.answer_rows import FieldCell, is_filled, make_plan, read_row
from followup.workbooks.answer_rules import column_letters
from followup.workbooks.answer_sheet_reading import (
    SheetFindings,
    field_cells,
    tell_absent,
    tell_headings,
    tell_merged,
)
from outreach.rules.cells import CellValue
from outreach.workbooks.book import Book

NO_ANSWER_COLUMN = "「回答」の列が見つかりません。見出しを元に戻すか、ブックをダウンロードし直してください。"
UNKNOWN_ROW = "様式にない行のため、取り込みません。"


def read_ministry(
    book: Book, found: FoundSheet, content: Content, form: FormSpec, reading: AnswerReading
) -> None:
    """Add the ministry's answers to a reading."""
    findings = SheetFindings(found, reading)
    tell_headings(found, findings)
    at = found.headings.matched.places.get("#answer")
    if at is None:
        if not found.headings.matched.problems:
            findings.problem("", NO_ANSWER_COLUMN)
        return
    letter = column_letters(at)
    values: list[CellValue] = [row[at] if at < len(row) else None for row in found.sheet.rows]
    matched = _match_rows(found, form, values)
    for index, message in matched.problems:
        findings.problem(f"{letter}{index + 1}", message)
    for index in matched.unknown:
        findings.notice(f"{letter}{index + 1}", UNKNOWN_ROW)
    if not matched.places:
        return
    tell_merged(found, [at], findings)
    tell_absent(form, Scope.MINISTRY, matched, findings)
    cells = field_cells(book, Scope.MINISTRY, (form, content.form), matched.places)

    def address(cell: FieldCell) -> str:
        return f"{letter}{cell.at + 1}"

    row = read_row(make_plan(content.form, Scope.MINISTRY, cells), values, content.answers)
    findings.row(row, address)
    findings.tell_missing()
    reading.ministry = row.answers
    places: dict[str, str] = {}
    for cell in cells:
        places.setdefault(cell.field.answer_key, address(cell))
    reading.cells.add_ministry(found.sheet.name, places)


def _match_rows(found: FoundSheet, form: FormSpec, values: list[CellValue]) -> Matched:
    """Match the rows to the fields of the form; rows without an answer may say what they like."""
    places = found.headings.matched.places
    lines = [
        (index, text_of(cells, places.get("#key")), text_of(cells, places.get("#label")))
        for index, cells in enumerate(found.sheet.rows)
        if index + 1 > found.headings.last_row
    ]
    known = known_texts((), fields_of(form, Scope.MINISTRY))
    matched = match_lines((line for line in lines if line[1] or line[2]), known, "設問")
    unknown = [index for index in matched.unknown if is_filled(values[index])]
    unnamed = [index for index, key, label in lines if not key and not label and is_filled(values[index])]
    return replace(matched, unknown=sorted(unknown + unnamed))
