"""The cells of one sheet, row by row. What a sheet says about its own size is not asked."""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from .cells import SHOWN_CHARACTERS, Cells, TooLargeError
from .parts import SPREADSHEET, BrokenError, Part

MAX_ROWS = 21_000  # 20,000 rows of answers, and room for headings
MAX_COLUMNS = 500
MAX_MERGED = 20_000
ROWS_AT_ONCE = 200
_LAST_COLUMN = 16_384
_ROW_DEPTH = 3


class SheetPart(Part):
    """Write out the rows that hold anything, many at once; keep which cells are merged."""

    def __init__(self, name: str, cells: Cells, write: Callable[[object], None]) -> None:
        texts = dict.fromkeys(("v", "f", "t"), self._open_text)
        opened = {
            "row": self._open_row,
            "c": self._open_cell,
            "rPh": self._open_reading,
            "mergeCell": self._merge,
        }
        values = {"v": self._close_value, "f": self._close_formula, "t": self._close_piece}
        closed = {"row": self._close_row, "c": self._close_cell, "rPh": self._close_reading}
        super().__init__(SPREADSHEET, starts=texts | opened, ends=values | closed)
        self._name = name
        self._cells = cells
        self._write = write
        self._row = self._column = 0
        self._suffix = ""
        self._values: list[Any] = []
        self._cell: dict[str, str] | None = None
        self._value: str | None = None
        self._formula: str | None = None
        self._is_reading = False
        self._rows: list[tuple[int, list[Any]]] = []
        self._events: expat.XMLParserType | None = None
        self._opened_at = -1
        self.merged: list[str] = []

    def parser(self) -> expat.XMLParserType:
        self._events = super().parser()
        return self._events

    def has_opened_row(self, byte: int) -> bool:
        """Say whether the last row opened at that byte of the sheet, and nothing within it since."""
        is_within = self._cell is not None or self._text is not None or self._is_reading
        return self._opened_at == byte and self._depth == _ROW_DEPTH and not is_within

    def take_cells(self, values: list[Any], last_column: int) -> None:
        """Take the cells of the row that has opened, which were read and counted by others."""
        self._values, self._column = values, last_column

    def write_rest(self) -> None:
        """Write out the rows that were kept until there would be many."""
        if self._rows:
            self._write(self._rows)
        self._rows = []

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._value = self._formula = None

    def _open_text(self, _attributes: dict[str, str]) -> None:
        if self._cell is not None and not self._is_reading:
            self.collect()

    def _close_value(self) -> None:
        if self._text is not None:
            self._value = self.collected()

    def _close_formula(self) -> None:
        if self._text is not None:
            self._formula = self.collected()

    def _close_piece(self) -> None:
        if self._text is not None:  # rich text comes in pieces
            self._value = (self._value or "") + self.collected()

    def _open_reading(self, _attributes: dict[str, str]) -> None:
        self._is_reading = True

    def _close_reading(self) -> None:
        self._is_reading = False

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        row = int(number) if number else self._row + 1
        if row <= self._row:
            raise BrokenError("row")
        self._row, self._suffix, self._column, self._values = row, str(row), 0, []
        self._opened_at = self._events.CurrentByteIndex if self._events else -1

    def _close_row(self) -> None:
        if self._values:
            self._rows.append((self._row, self._values))
            if len(self._rows) == ROWS_AT_ONCE:
                self.write_rest()

    def _close_cell(self) -> None:
        cell, self._cell = self._cell or {}, None
        column = self._place(cell["r"]) if "r" in cell else self._column + 1
        if column <= self._column:
            raise BrokenError("cell")
        self._column = column
        if self._value is None and self._formula is None:
            return
        value = self._cells.read(cell, self._value, self._formula)
        if value is not None:
            if self._row > MAX_ROWS or column > MAX_COLUMNS:
                self._refuse()
            self._values.extend([None] * (column - len(self._values) - 1))
            self._values.append(value)

    def _place(self, reference: str) -> int:
        """Return the column of a cell, which must say that it is in its row."""
        if not reference.endswith(self._suffix):
            raise BrokenError("reference")
        return COLUMNS[reference[: -len(self._suffix)]]

    def _refuse(self) -> None:
        where = f"シート「{self._name}」の{self._row:,}行目に"
        if self._row > MAX_ROWS:
            raise TooLargeError(f"{where}値があります。{MAX_ROWS:,}行以内の表にしてください。")
        raise TooLargeError(f"{where}{MAX_COLUMNS}列を超える値があります。表の外の値を消してください。")

    def _merge(self, attributes: dict[str, str]) -> None:
        if len(self.merged) >= MAX_MERGED:
            raise TooLargeError(f"シート「{self._name}」の結合セルが多すぎます。結合を解除してください。")
        self.merged.append(attributes["ref"][:SHOWN_CHARACTERS])


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


COLUMNS = {_letters(column): column for column in range(1, _LAST_COLUMN + 1)}
