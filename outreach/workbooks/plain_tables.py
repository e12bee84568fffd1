"""Tables for machines: one a sheet or CSV file, header in row 1, one value a cell, nothing else.

What is written follows 行政データにおける機械可読性に関するルール: values and no formulas, true dates in
one format, numbers as numbers, blank for what is not known, no merging, colour or hidden cells. How
they become a workbook is in `plain_book`; here are the tables themselves, and CSV.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from io import TextIOBase
from itertools import count, islice
from typing import Any, TypeVar

from outreach.rules.plain_words import plain_words

CELL_CHARACTERS = 32_767  # Excel's own limit
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

Value = str | int | float | Decimal | date | None
Row = Sequence[Value]
T = TypeVar("T")

ROWS_AT_ONCE = 1_000
"""Rows that are turned into columns, made into cells and written together."""
_KEPT = 2_000
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LAYOUT = re.compile(r"[^\S \u3000]\s*|\s{2,}")


class Kind(StrEnum):
    """What the cells of a column hold."""

    NUMBER = "数値"
    DATE = "日付（YYYY-MM-DD）"
    TEXT = "文字列"


@dataclass(frozen=True)
class Column:
    """One column: its ASCII name for programs, its unique header, and what it means.

    `labels` are the words that stand in the cells for values of the database, such as はい for 1. In
    prose, which people wrote and which is no proper name, 機種依存文字 are written out.
    """

    key: str
    header: str
    meaning: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    width: int = 16
    labels: Mapping[Any, str] = field(default_factory=dict, compare=False)
    is_prose: bool = False

    @property
    def rewrites(self) -> bool:
        """Say whether what stands in a cell may differ from the value."""
        return bool(self.labels) or self.is_prose

    def text_of(self, value: Any) -> str:
        """Return what stands in a cell of text; empty for nothing."""
        text = "" if value is None else str(self.labels.get(value, value))
        return plain_words(text) if self.is_prose else text


NUMBER = Column("no", "番号", "行の通し番号", Kind.NUMBER, width=8)
"""The first column of every table: a number in every row tells data from headers."""


@dataclass(frozen=True)
class Table:
    """One table; its rows are read once, while it is written.

    Its first column is 番号, which is counted in writing: rows hold the values of the others. A day
    may be given as a date or in ISO 8601, as databases and answers hold it.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]


def one_line(text: str) -> str:
    """Return a text on one line, without spaces for layout or characters that no sheet can hold."""
    return _LAYOUT.sub(" ", _UNPRINTABLE.sub("", text)).strip()


TEXT_END = "\0"
_SIGNS = ("  ", f" {TEXT_END}", f"{TEXT_END} ", *(f"{TEXT_END}{start}" for start in FORMULA_STARTS))
"""What a text that is laid out by spaces, or starts like a formula, is told by among others."""


def joined_plain(values: Sequence[Any]) -> str | None:
    """Return texts as one, each between TEXT_END; None if a value is no text or has to be changed.

    Looking at many texts as one is what makes columns of names cheap.
    """
    if "" in values or set(map(type, values)) != {str}:
        return None
    joined = f"{TEXT_END}{TEXT_END.join(values)}{TEXT_END}"
    is_plain = "".join(values).isprintable() and not any(sign in joined for sign in _SIGNS)
    return joined if is_plain else None


def pieces_of(text: str) -> Iterator[str]:
    """Cut a text into pieces that a cell can hold; one piece for nearly every text."""
    line = one_line(text)
    step = CELL_CHARACTERS // 2  # a character outside the BMP counts twice
    yield from (line[start : start + step] for start in range(0, len(line), step))


class Made(dict[Any, Any]):
    """What each value of a column becomes: made when first met, kept for when it comes again.

    It forgets now and then, as names of bodies hardly ever come again and memory has to stay flat.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> Any:
        if len(self) >= _KEPT:
            self.clear()
        made = self[value] = self._make(value)
        return made


def columns_at_once(
    rows: Iterator[Row], numbers: Iterator[int], makers: Sequence[Callable[[Sequence[Any]], T]]
) -> Iterator[list[T]]:
    """Yield the columns of some rows at a time, 番号 first, each as its maker makes it."""
    while some := list(islice(rows, ROWS_AT_ONCE)):
        columns = (list(islice(numbers, len(some))), *zip(*some, strict=True))
        yield [make(values) for make, values in zip(makers, columns, strict=True)]


def write_csv(stream: TextIOBase, table: Table) -> None:
    """Write a table as CSV, one row a line; open the stream as utf-8-sig with newline="" for the BOM.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(column.header for column in table.columns)
    makers = [_csv_maker(column) for column in table.columns]
    for columns in columns_at_once(iter(table.rows), count(1), makers):
        writer.writerows(zip(*columns, strict=True))


def _csv_maker(column: Column) -> Callable[[Sequence[Any]], Iterable[Any]]:
    if column.kind is Kind.NUMBER:
        return iter
    made = Made(lambda value: _csv_text(column.text_of(value)))

    def texts(values: Sequence[Any]) -> Iterable[str]:
        joined = None if column.rewrites or column.kind is Kind.DATE else joined_plain(values)
        return map(made.__getitem__, values) if joined is None else values

    return texts


def _csv_text(text: str) -> str:
    line = one_line(text)
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line
