"""Stream plain tables into a workbook (.xlsx): what data sheets need of the format, and no more.

A general library makes calls and objects of every cell, which is most of what an export of 100,000
rows costs. Here a column of values becomes text in one go and many rows leave together, so that
reading them and compressing them is what remains. A cell goes without its address, as the standard
(ECMA-376) allows; that makes a third of the size. The bytes depend on the arguments alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, count, islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from outreach.workbooks.plain_cells import cell_maker, text_cell
from outreach.workbooks.plain_parts import (
    RELATIONSHIPS,
    SHEET_END,
    STYLES,
    book_part,
    book_relationships,
    content_types,
    properties,
    sheet_start,
)
from outreach.workbooks.plain_tables import Column, Row, Table, columns_at_once

SHEET_ROWS = 1_048_576
"""Rows that a sheet holds, header included; a longer table goes on in the next sheet."""

_FASTEST = 1  # of zlib
_KEPT_IN_MEMORY = 4 * 1024 * 1024
_ZIP64_FROM = 2**31 - 2**20  # below, a program that cannot read ZIP64 opens the file too
_COPIED_AT_ONCE = 256 * 1024


def write_workbook(
    target: Path | IO[bytes], tables: Iterable[Table], *, title: str, created_at: datetime
) -> None:
    """Write tables to a workbook, some rows at a time, so that memory does not grow with their rows."""
    names: list[str] = []
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=_FASTEST) as archive:
        _write_part(archive, "_rels/.rels", RELATIONSHIPS)
        _write_part(archive, "docProps/core.xml", properties(title, created_at))
        _write_part(archive, "xl/styles.xml", STYLES)
        for table in tables:
            for number, rows in enumerate(_sheets_of(table), start=1):
                names.append(table.name if number == 1 else f"{table.name}{number}")
                _write_sheet(archive, f"xl/worksheets/sheet{len(names)}.xml", table.columns, rows)
        _write_part(archive, "xl/workbook.xml", book_part(names))
        _write_part(archive, "xl/_rels/workbook.xml.rels", book_relationships(len(names)))
        _write_part(archive, "[Content_Types].xml", content_types(len(names)))


def _write_part(archive: ZipFile, name: str, text: str) -> None:
    with archive.open(name, "w") as part:  # opened by name, an entry says nothing of when
        part.write(text.encode())


def _write_sheet(archive: ZipFile, name: str, columns: Sequence[Column], rows: Iterator[list[str]]) -> None:
    """Write the rows aside first: a sheet begins with its extent, and readers trust what it says."""
    header = f'<row r="1">{"".join(text_cell(column.header) for column in columns)}</row>'
    last_row = 1
    with SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as aside:
        for some in rows:
            aside.write("".join(some).encode())
            last_row += len(some)
        size = aside.tell()
        aside.seek(0)
        with archive.open(name, "w", force_zip64=size > _ZIP64_FROM) as part:
            part.write((sheet_start(columns, last_row=last_row) + header).encode())
            shutil.copyfileobj(aside, part, _COPIED_AT_ONCE)
            part.write(SHEET_END.encode())


def _sheets_of(table: Table) -> Iterator[Iterator[list[str]]]:
    """Yield the rows of each sheet that a table needs, to be read before the next; one without rows too."""
    rows, numbers = iter(table.rows), count(1)
    sheet: Iterator[Row] = islice(rows, SHEET_ROWS - 1)
    while True:
        yield _lines(table.columns, sheet, numbers)
        following = list(islice(rows, 1))
        if not following:
            return
        sheet = chain(following, islice(rows, SHEET_ROWS - 2))


def _lines(columns: Sequence[Column], rows: Iterator[Row], numbers: Iterator[int]) -> Iterator[list[str]]:
    """Yield rows as XML, some at a time."""
    makers = [cell_maker(column) for column in columns]
    place = 2
    for cells in columns_at_once(rows, numbers, makers):
        line = f'<row r="%s">{"".join(column.pattern for column in cells)}</row>'
        lines = [line % row for row in zip(count(place), *(column.values for column in cells), strict=False)]
        place += len(lines)
        yield lines
