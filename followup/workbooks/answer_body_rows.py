"""Read 団体別回答: rows known by their notification wherever they moved, and new ones at the bottom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from followup.rules.questions import Answer, FormSpec, Scope
from followup.services.contents import Content, Row
from followup.workbooks.answer_findings import AnswerReading
from followup.workbooks.answer_layout import BODY_PLACES, NOTES_MARK, fields_of
from followup.workbooks.answer_matching import FoundSheet, text_of
from followup.workbooks.answer_new_bodies import NewBodyReader
from followup.workbooks.answer_rows import (
    Cells,
    FieldCell,
    RowPlan,
    RowReading,
    is_filled,
    make_plan,
    read_row,
)
from followup.workbooks.answer_rules import column_letters
from followup.workbooks.answer_sheet_reading import (
    SheetFindings,
    field_cells,
    tell_absent,
    tell_headings,
    tell_merged,
)
from outreach.rules.cells import CellValue
from outreach.rules.names import matching_key
from outreach.workbooks.book import Book

SHOWN_NAMES = 5
TOTALS = frozenset(map(matching_key, ("合計", "総計", "小計", "計", "合計行", "total")))
NO_IDS = (
    "団体を見分けるための列（非表示のA列）がありません。"
    "ブックをダウンロードし直し、記入した内容を貼り付けてください。"
)
UNKNOWN_ID = (
    "この行の団体を確認できません。行を削除するか、ブックをダウンロードし直して記入してください。"
    "新しい団体等は、「追加」の行に名称から記入してください。"
)
TOTAL_ROW = "合計の行は取り込めません。行を削除してください。"
TWICE = "同じ団体の行が二つあります（{rows}行目）。一つだけを残してください。"
TWICE_ALIKE = "同じ団体の行が二つあります（{rows}行目）。内容が同じため、一つとして取り込みます。"
OTHER_NAME = (
    "団体の名称が、この行の団体（{own}）と異なり、別の行の団体の名称になっています。"
    "一部の列だけを並べ替えた場合は、ブックをダウンロードし直してください。"
)
RENAMED = "名称の変更は取り込みません（登録されている名称：{own}）。名称は団体の画面で変更してください。"


@dataclass(frozen=True)
class Seen:
    """Where a body stood first, and what was read there."""

    number: int
    answers: dict[str, Answer]


def read_bodies(
    book: Book, found: FoundSheet, content: Content, form: FormSpec, reading: AnswerReading
) -> None:
    """Add the answers of bodies, and new bodies, to a reading."""
    findings = SheetFindings(found, reading)
    tell_headings(found, findings)
    places = found.headings.matched.places
    if "#id" not in places:
        findings.problem("", NO_IDS)
        return
    cells = field_cells(book, Scope.BODY, (form, content.form), places)
    own_columns = [*places.values()]
    tell_merged(found, own_columns, findings)
    _tell_unknown_columns(found, form, findings)
    tell_absent(form, Scope.BODY, found.headings.matched, findings)
    reader = _BodyReader(found, content, cells, findings)
    new = NewBodyReader(book, found, content, cells, findings)
    for number, row in _data_rows(found):
        value = row[places["#id"]] if places["#id"] < len(row) else None
        if is_filled(value):
            reader.read(number, row, value)
        elif is_total(row, places):
            findings.problem(reader.place(number), TOTAL_ROW)
        elif any(is_filled(row[column]) for column in new.columns if column < len(row)):
            new.read(number, row)
    reader.finish(reading)
    findings.tell_missing()
    reading.new_bodies.extend(new.bodies())


def _data_rows(found: FoundSheet) -> Iterator[tuple[int, Cells]]:
    """Give the rows that are about a body with their numbers from 1; blank ones and notes are passed by."""
    headings = found.headings
    at = headings.matched.places["#id"]
    not_data = {matching_key(text) for text in (NOTES_MARK, BODY_PLACES[0].heading, BODY_PLACES[0].key)}
    for number, row in enumerate(found.sheet.rows, start=1):
        if not row or number in {headings.key_row, headings.heading_row}:
            continue
        value = row[at] if at < len(row) else None
        if isinstance(value, str) and matching_key(value) in not_data:
            continue
        if value is None and number < headings.last_row:  # titles stand above the headings
            continue
        yield number, row


def is_total(row: Cells, places: dict[str, int]) -> bool:
    """Say whether a row adds others up, by what stands where the name would."""
    texts = (text_of(row, places.get(place.key)) for place in BODY_PLACES)
    return any(matching_key(text) in TOTALS for text in texts if text)


def _tell_unknown_columns(found: FoundSheet, form: FormSpec, findings: SheetFindings) -> None:
    """Tell which columns are not ours; one that may be ours under another name is refused."""
    headings = found.headings
    matched = headings.matched
    own = {*matched.places, *matched.refused}
    may_be_ours = not headings.key_row and any(row.key not in own for row in fields_of(form, Scope.BODY))
    known = {*matched.places.values(), *(column for column, _message in matched.problems)}
    for column in sorted(_filled_columns(found) - known):
        cell = f"{column_letters(column)}{headings.last_row}"
        heading = headings.texts.get(column, "")
        if heading and may_be_ours:
            message = "様式にない見出しです。変えた場合は元に戻し、加えた列の場合は列を削除してください。"
            findings.problem(cell, message, heading)
        else:
            findings.notice(cell, "様式にない列のため、取り込みません。", heading)


def _filled_columns(found: FoundSheet) -> set[int]:
    """Return the columns that hold something in some row of data."""
    filled: set[int] = set()
    blank: list[int] = []
    width = 0
    for _number, row in _data_rows(found):
        if len(row) > width:
            blank += range(width, len(row))
            width = len(row)
        if blank:
            known = len(row)
            filled.update(column for column in blank if column < known and row[column] is not None)
            blank = [column for column in blank if column not in filled]
    return filled


class _BodyReader:
    """Reads the rows of bodies that the report knows."""

    def __init__(
        self, found: FoundSheet, content: Content, cells: list[FieldCell], findings: SheetFindings
    ) -> None:
        self._places = found.headings.matched.places
        self._letters = {cell.at: column_letters(cell.at) for cell in cells}
        self._cells = cells
        self._findings = findings
        self._content = content
        self._rows = {row.pk: row for row in content.rows}
        self._names = {row.name_key for row in content.rows}
        self._plans: dict[str, RowPlan] = {}
        self.seen: dict[int, Seen] = {}
        self._place_letter = column_letters(self._places.get("#name", self._places["#id"]))

    def place(self, number: int) -> str:
        """Return the cell that stands for a whole row: the one with the name."""
        return f"{self._place_letter}{number}"

    def read(self, number: int, cells: Cells, value: CellValue) -> None:
        pk = _id(value)
        row = self._rows.get(pk) if pk is not None else None
        if pk is None or row is None:
            self._findings.problem(self.place(number), UNKNOWN_ID)
            return
        self._check_name(number, cells, row)
        category = row.category
        if category not in self._plans:
            self._plans[category] = make_plan(row.form, Scope.BODY, self._cells)
        found = read_row(self._plans[category], cells, row.answers)
        if first := self.seen.get(pk):
            self._tell_twice(first, number, found)
            return
        self.seen[pk] = Seen(number, found.answers)
        self._findings.row(found, lambda cell: f"{self._letters[cell.at]}{number}")

    def _tell_twice(self, first: Seen, number: int, found: RowReading) -> None:
        rows = f"{first.number}・{number}"
        if found.answers == first.answers and not found.problems:
            self._findings.notice(self.place(number), TWICE_ALIKE.format(rows=rows))
            return
        for place in (first.number, number):
            self._findings.problem(self.place(place), TWICE.format(rows=rows))

    def _check_name(self, number: int, cells: Cells, row: Row) -> None:
        """Refuse the name of another row: a part of the table was sorted; tell of any other change."""
        own = row.body_name
        written = text_of(cells, self._places.get("#name"))
        if written in {"", own} or (key := matching_key(written)) == matching_key(own):
            return
        if key in self._names:
            self._findings.problem(self.place(number), OTHER_NAME.format(own=own), "名称")
        else:
            self._findings.notice(self.place(number), RENAMED.format(own=own), "名称")

    def finish(self, reading: AnswerReading) -> None:
        """Hand over what was read, and tell which rows are not in the book."""
        reading.rows = {pk: row.answers for pk, row in self.seen.items()}
        columns: dict[str, str] = {}
        for cell in self._cells:
            columns.setdefault(cell.field.answer_key, self._letters[cell.at])
        rows = {pk: row.number for pk, row in self.seen.items()}
        reading.cells.add_bodies(self._findings.sheet, rows, columns)
        absent = [row.body_name for pk, row in self._rows.items() if pk not in self.seen]
        if absent:
            names = "、".join(absent[:SHOWN_NAMES]) + ("ほか" if len(absent) > SHOWN_NAMES else "")
            message = (
                f"{len(absent):,}団体の行がブックにありません（{names}）。登録されている回答のままとします。"
            )
            self._findings.notice("", message)


def _id(value: CellValue) -> int | None:
    """Return a row's id; None for anything that is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004
