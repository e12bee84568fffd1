"""An uploaded workbook as plain values: read by a program of its own, under limits, after the guard."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from outreach.rules.cells import CellProblem, CellValue, error_problem, formula_problem, unsaved_problem
from outreach.workbooks.file_kinds import RESAVE
from outreach.workbooks.guard import UploadRefused
from outreach.workbooks.xlsx_reading.program import ALL_SHEETS, FIRST_VISIBLE_SHEET

Rows = list[list[CellValue]]

READING_SECONDS = 60  # by the clock, for a busy machine; of computing time the program allows itself less
FOLDER = str(Path(__file__).parent)
START = "import sys; sys.path.append(sys.argv[1]); from xlsx_reading.program import main; main(sys.argv[2])"
UNREADABLE = "ブックを読み取れません。ファイルが壊れているか、複雑すぎます。" + RESAVE

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """One sheet from its row 1: `rows[r - 1][c - 1]`; short rows are not padded, blank ones are [].

    Nothing is dropped: hidden and filtered rows and columns are there like all others.
    """

    name: str
    is_visible: bool
    rows: Rows
    merged: tuple[str, ...] = ()
    """The merged cells as ranges ("B3:C4"); their value is in the first cell."""


@dataclass(frozen=True)
class Book:
    """The sheets in their order and the custom properties that are text."""

    sheets: tuple[Sheet, ...]
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    counts_from_1904: bool = False
    """Days that are typed as plain numbers count from 1904 (books made on old Macs), not from 1900."""


def read_book(content: bytes, *, seconds: int = READING_SECONDS) -> Book:
    """Return all that an .xlsx workbook says; `guard` comes first.

    A formula gives the value saved with it, or a CellProblem where none is; an error cell gives a
    CellProblem. Days are real days on whichever calendar they are counted, whole numbers int, and a
    number that the cell shows as a percentage is the text that is seen there ("45%").

    Raises:
        UploadRefused: when the book is broken or too large, or reading takes longer than `seconds`.
    """
    return measure_reading(content, seconds=seconds)[0]


def measure_reading(content: bytes, *, seconds: int = READING_SECONDS) -> tuple[Book, int]:
    """Read a book like `read_book`; return with it the bytes of memory that reading took at its peak."""
    with tempfile.TemporaryFile() as lines:
        _run(content, ALL_SHEETS, lines, seconds)
        book, peak_bytes = _book(lines, keeps_formulas=True)
    if not book.sheets:
        raise UploadRefused("ブックにシートがありません。" + RESAVE)
    return book, peak_bytes


def read_first_sheet(content: bytes) -> Rows:
    """Return the rows of the first visible sheet, [] where there is none; formulas are CellProblem.

    Raises:
        UploadRefused: as `read_book` does.
    """
    with tempfile.TemporaryFile() as lines:
        _run(content, FIRST_VISIBLE_SHEET, lines, READING_SECONDS)
        book, _peak = _book(lines, keeps_formulas=False)
    return book.sheets[0].rows if book.sheets else []


def _run(content: bytes, scope: str, lines: IO[bytes], seconds: int) -> None:
    """Read in a child process: its memory and time are limited, whatever the file does to the parser."""
    try:
        subprocess.run(  # noqa: S603 - our own program, and nothing of the user's among the arguments
            [sys.executable, "-I", "-c", START, FOLDER, scope],
            input=content,
            stdout=lines,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        logger.warning("Reading a workbook of %d bytes failed: %s", len(content), type(error).__name__)
        raise UploadRefused(UNREADABLE) from error
    lines.seek(0)


def _book(lines: Iterable[bytes], *, keeps_formulas: bool) -> tuple[Book, int]:
    """Put together what the program wrote; refuse where it says so."""
    heading: dict[str, Any] = {"properties": {}, "from_1904": False}
    sheets: list[Sheet] = []
    peak_bytes = 0
    rows = json.JSONDecoder(object_hook=partial(_cell, keeps_formulas=keeps_formulas))
    for line in lines:
        text = line.decode("utf-8", "surrogatepass")
        if text.startswith("["):
            _add_rows(sheets[-1].rows, rows.decode(text))
            continue
        told: Any = json.loads(text)
        if "sheet" in told:
            sheets.append(Sheet(told["sheet"], told["visible"], rows=[]))
        elif "merged" in told:
            last = sheets[-1]
            sheets[-1] = Sheet(last.name, last.is_visible, last.rows, tuple(told["merged"]))
        elif "properties" in told:
            heading = told
        elif "peak_bytes" in told:
            peak_bytes = told["peak_bytes"]
        else:
            raise UploadRefused(told.get("refused", UNREADABLE))
    texts = MappingProxyType(heading["properties"])
    return Book(tuple(sheets), texts, counts_from_1904=heading["from_1904"]), peak_bytes


def _add_rows(rows: Rows, told: list[tuple[int, list[CellValue]]]) -> None:
    for number, cells in told:
        rows.extend([] for _ in range(number - len(rows) - 1))
        rows.append(cells)


def _cell(told: dict[str, Any], *, keeps_formulas: bool) -> CellValue:
    """Return what an object stands for; within a formula, its value was put together before."""
    if "date" in told:
        return date.fromisoformat(told["date"])
    if "formula" in told:
        return _formula(told, keeps_formulas=keeps_formulas)
    if "datetime" in told:
        return datetime.fromisoformat(told["datetime"])
    if "time" in told:
        return time.fromisoformat(told["time"])
    if "error" in told:
        return error_problem(told["error"])
    return CellProblem(told["shown"], told["problem"])


def _formula(told: dict[str, Any], *, keeps_formulas: bool) -> CellValue:
    if not keeps_formulas:
        return formula_problem(told["formula"])
    if "value" not in told:
        return unsaved_problem(told["formula"])
    value: CellValue = told["value"]
    return value
