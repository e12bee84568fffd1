"""Find the sheets, columns and rows of an answer workbook again, wherever they have been moved to.

By the hidden key first, then by what people read. Where the two speak of different things, or a
heading is there twice, nothing is taken: a value must never come to stand under another question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from followup.rules.questions import FormSpec, Scope
from followup.workbooks.answer_layout import (
    CORRECTION_SHEET,
    EXAMPLE_SHEET,
    GUIDE_SHEET,
    SHEET_NAMES,
    AnswerField,
    Place,
    fields_of,
    places_of,
)
from outreach.rules.cells import CellValue
from outreach.rules.names import matching_key
from outreach.workbooks.book import Book, Sheet

ROWS_WITH_HEADINGS = 60
"""Headings are looked for in the first rows; above ours stand three."""
LEAST_HEADINGS = 3
LEAST_KEYS = 2
OWN_PLACES = {Scope.MINISTRY: ("#answer",), Scope.BODY: ("#id", "#name")}
"""What only the sheet of that scope has."""
NOT_OURS = frozenset({GUIDE_SHEET, EXAMPLE_SHEET, CORRECTION_SHEET})

Line = tuple[int, str, str]
"""One column (or row) as it stands: its number from 0, the key and the heading that were found."""


@dataclass(frozen=True)
class Matched:
    """Which column (or row) holds what, by key; what kept others from being taken; what is unknown."""

    places: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Keys that are there, and not taken."""
    unknown: list[int] = field(default_factory=list)


def match_lines(lines: Iterable[Line], known: Mapping[str, Sequence[str]], noun: str) -> Matched:
    """Match what stands in a book to what is known: the headings of each key, its own name first."""
    matched = Matched()
    key_of = {matching_key(text): key for key, texts in known.items() for text in texts}
    for number, key, heading in lines:
        named = key_of.get(matching_key(heading)) if heading else None
        meant = key if key in known else named
        if meant is None:
            matched.unknown.append(number)
        elif heading and named != meant:
            matched.problems.append((number, _renamed(heading, known[meant][0], noun)))
            matched.refused.add(meant)
        elif meant in matched.places:
            message = f"{noun}「{known[meant][0]}」が二つ以上あります。一つだけを残してください。"
            matched.problems.append((number, message))
        else:
            matched.places[meant] = number
    return matched


def _renamed(heading: str, own: str, noun: str) -> str:
    return (
        f"{noun}「{_short(heading)}」は、元の「{own}」から変えられています。"
        "元に戻してください（列や行の移動は、全体を選んで行ってください）。"
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - enough to know it by


def known_texts(places: Iterable[Place], fields: Iterable[AnswerField]) -> dict[str, list[str]]:
    """Return by key what may stand as its heading."""
    return {place.key: [place.heading] for place in places} | {
        row.key: [row.heading, row.label] for row in fields
    }


@dataclass(frozen=True)
class Headings:
    """The columns of a sheet, and the rows (from 1) with their keys and headings; 0 where there is none."""

    matched: Matched
    key_row: int
    heading_row: int
    texts: dict[int, str]
    """By column: what people read above it."""

    @property
    def last_row(self) -> int:
        return max(self.key_row, self.heading_row)


@dataclass(frozen=True)
class FoundSheet:
    sheet: Sheet
    headings: Headings


def find_sheet(book: Book, scope: Scope, form: FormSpec) -> tuple[FoundSheet | None, list[Sheet]]:
    """Return the sheet that holds the answers of a scope, and visible others that look like it.

    The one of the right name comes first, or else the first; a hidden one where none is visible.
    """
    found = [
        FoundSheet(sheet, headings)
        for sheet in book.sheets
        if sheet.name not in NOT_OURS and (headings := find_headings(sheet, scope, form))
    ]
    found.sort(key=lambda row: (not row.sheet.is_visible, row.sheet.name != SHEET_NAMES[scope]))
    return (found[0] if found else None), [row.sheet for row in found[1:] if row.sheet.is_visible]


def find_headings(sheet: Sheet, scope: Scope, form: FormSpec) -> Headings | None:
    """Return where the columns of a sheet are; None when it does not look like a sheet of answers."""
    known = known_texts(places_of(scope), fields_of(form, scope) if scope == Scope.BODY else ())
    texts = {matching_key(text) for names in known.values() for text in names}
    top = list(enumerate(sheet.rows[:ROWS_WITH_HEADINGS], start=1))
    keys = _best(top, known.__contains__, LEAST_KEYS)
    headings = _best(top, lambda text: matching_key(text) in texts, LEAST_HEADINGS)
    lines = list(_lines(sheet, keys, headings))
    own = {text for key in OWN_PLACES[scope] for text in (key, *known[key])}
    if not any({key, heading} & own for _column, key, heading in lines):
        return None
    shown = {column: heading for column, _key, heading in lines}
    return Headings(match_lines(lines, known, "見出し"), keys, headings, shown)


def _best(rows: Iterable[tuple[int, Sequence[CellValue]]], is_ours: Callable[[str], bool], least: int) -> int:
    """Return the number of the row with the most cells of ours; 0 when there are too few."""
    best, most = 0, least - 1
    for number, cells in rows:
        hits = sum(1 for cell in cells if isinstance(cell, str) and is_ours(cell))
        if hits > most:
            best, most = number, hits
    return best


def _lines(sheet: Sheet, keys: int, headings: int) -> Iterator[Line]:
    key_cells = sheet.rows[keys - 1] if keys else []
    heading_cells = sheet.rows[headings - 1] if headings else []
    for column in range(max(len(key_cells), len(heading_cells))):
        yield column, text_of(key_cells, column), text_of(heading_cells, column)


def text_of(cells: Sequence[CellValue], column: int | None) -> str:
    """Return the text of a cell; "" where it is blank or there is no such column."""
    if column is None or column >= len(cells):
        return ""
    value = cells[column]
    return "" if value is None else str(value).strip()
