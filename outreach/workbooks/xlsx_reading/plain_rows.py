"""Rows of plain cells, read by pattern; every other row, and all that is around them, goes to the parser.

Told element by element, 20,000 answers (540,000 cells) cost 4 s of computing time; by pattern under 1 s.
Plain are a value and an unformatted text, as spreadsheet programs and our writer write them. Of a plain row
the parser of XML sees only where it opens and closes: it says that the row is one, and whose; what a cell
means is told by `Cells` to both. What is in doubt (a formula, rich text, what would be refused) the parser
sees whole. calamine itself takes 0.6 s, but passes over errors and misplaced cells and trims texts: to check
that first is to read the cells.
"""

import re
from itertools import pairwise
from typing import IO

from .cells import Cells
from .parts import CHUNK_BYTES
from .references import resolved
from .sheet import COLUMNS, MAX_COLUMNS, MAX_ROWS, SheetPart

MAX_KNOWN = 20_000
MAX_DOUBTS = 100
"""A sheet with so many more rows in doubt than plain ones is of another kind, and left to the parser."""

_OPENING, _CLOSING = b"<row ", b"</row>"
_ROW = re.compile(rb'<row r="([1-9][0-9]{0,4})"')
_CELL = re.compile(r'<c r="([A-Z]{1,3})([0-9]{1,5})"')
_TEXT = "([^<\\x00-\\x08\\x0b-\\x1f\ufffe\uffff]+)"
_REST = re.compile(
    r'(?: s="([0-9]{1,5})")?(?: t="([a-zA-Z]{1,9})")?'
    rf'(?: ?/>|></c>|>(?:<v>{_TEXT}</v>|<is><t(?: xml:space="preserve")?>{_TEXT}</t></is>)</c>)'
)
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding(?!=[\"']utf-8[\"'])", re.IGNORECASE)


class DoubtError(ValueError):
    """The row is not plain, or not in order."""


class PlainRows:
    """Reads a sheet for its part: rows of plain cells at once, all others element by element."""

    def __init__(self, part: SheetPart, cells: Cells) -> None:
        self._part = part
        self._cells = cells
        self._values = _Values(cells)
        self._parser = part.parser()
        self._fed = 0
        self._doubts = 0

    def read(self, stream: IO[bytes]) -> None:
        rest = stream.read(CHUNK_BYTES)
        if _OTHER_ENCODING.search(rest[:1000]):
            self._doubts = MAX_DOUBTS
        while chunk := stream.read(CHUNK_BYTES):
            rest = self._feed_rows(rest) + chunk
            if len(rest) > 2 * CHUNK_BYTES:  # no row has ended for long
                self._feed(rest)
                rest = b""
        self._parser.Parse(self._feed_rows(rest), True)  # noqa: FBT003 - positional only

    def _feed(self, content: bytes) -> None:
        self._parser.Parse(content, False)  # noqa: FBT003
        self._fed += len(content)

    def _feed_rows(self, content: bytes) -> bytes:
        """Read the rows that end in the content; return what is left of it."""
        position = 0
        while self._doubts < MAX_DOUBTS and (end := content.find(_CLOSING, position + 1)) >= 0:
            start = content.find(_OPENING, position, end)
            opened = content.find(b">", start, end) + 1 if start >= 0 else 0
            if not opened or content[opened - 2 : opened] == b"/>":
                end = opened or end
                self._feed(content[position:end])
            else:
                self._feed(content[position:opened])
                self._feed_row(content[start:opened], content[opened:end])
            position = end
        return content[position:]

    def _feed_row(self, opening: bytes, cells: bytes) -> None:
        """Read the cells of the row that the parser has just been told of."""
        number = _ROW.match(opening)
        try:
            if number is None or not self._part.has_opened_row(self._fed - len(opening)):
                raise DoubtError("row")
            values, last = self._values.of_row(number[1].decode(), cells.decode())
        except (LookupError, ValueError):
            self._doubts += 1
            self._feed(cells)
        else:
            self._doubts = max(self._doubts - 1, 0)
            self._part.take_cells(values, last)


class _Values:
    """Turns the cells of a row into values, and counts them as `Cells.read` does."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._known = _KnownCells(cells)
        self._columns: dict[tuple[str, ...], tuple[int, ...]] = {}

    def of_row(self, number: str, text: str) -> tuple[list[object], int]:
        """Return the values from column A to the last that is filled, and the number of the last cell.

        Raises:
            LookupError, ValueError: where the row is in doubt, or holds too much; nothing was counted.
        """
        before, *found = _CELL.split(text)
        if before or set(found[1::3]) - {number}:
            raise DoubtError("reference")
        letters = tuple(found[::3])
        columns = self._columns.get(letters) or self._learn(letters)
        values = _placed(columns, [*map(self._known.__getitem__, found[2::3])])
        if values and (len(values) > MAX_COLUMNS or int(number) > MAX_ROWS):
            raise DoubtError("place")
        texts = [value for value in values if value.__class__ is str]
        filled = len(values) - values.count(None)
        self._cells.count(filled, filled - len(texts) + sum(map(len, texts)))
        return values, columns[-1] if columns else 0

    def _learn(self, letters: tuple[str, ...]) -> tuple[int, ...]:
        columns = tuple(COLUMNS[letter] for letter in letters)
        if any(left >= right for left, right in pairwise(columns)):
            raise DoubtError("column")
        self._columns[letters] = columns
        return columns


def _placed(columns: tuple[int, ...], values: list[object]) -> list[object]:
    """Return values from column A on, without blank ones at the end."""
    while values and values[-1] is None:
        values.pop()
    if not values or columns[len(values) - 1] == len(values):
        return values
    placed: list[object] = [None] * columns[len(values) - 1]
    for column, value in zip(columns, values, strict=False):
        placed[column - 1] = value
    return placed


class _KnownCells(dict[str, object]):
    """What cells hold by what follows their reference: a sheet repeats most of them."""

    def __init__(self, cells: Cells) -> None:
        super().__init__()
        self._cells = cells

    def __missing__(self, rest: str) -> object:
        found = _REST.fullmatch(rest)
        if found is None or "]]>" in rest:
            raise DoubtError("cell")
        style, kind, plain, inline = found.groups()
        text = plain or inline
        value = self._cells.value(kind, style, resolved(text)) if text else None
        if len(self) < MAX_KNOWN:
            self[rest] = value
        return value
