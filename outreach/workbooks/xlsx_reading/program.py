"""The program: a workbook on standard input, its cells as JSON on standard output, a line each.

{"properties": {name: text}, "from_1904": bool}; for each sheet {"sheet": name, "visible": bool}, then
[[row number, [cell, …]], …] for the rows that hold anything, many a line, then {"merged": ["B3:C4", …]}.
Before the end {"refused": message} or {"broken": reason}, if so; at the end {"peak_bytes": n}. A cell is
null, text, a number, true or false, or an object: {"date": …}, {"datetime": …}, {"time": …},
{"error": code}, {"problem": message, "shown": text}, and for a formula {"formula": text, "value": any of
these}, without "value" where none was saved.
"""

import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from .cells import Cells, TooLargeError
from .parts import (
    Archive,
    BrokenError,
    PropertiesPart,
    Relationships,
    StringsPart,
    StylesPart,
    WorkbookPart,
)
from .plain_rows import PlainRows
from .sheet import SheetPart

MEMORY_BYTES = 512 * 1024 * 1024
OUTPUT_BYTES = 256 * 1024 * 1024
CPU_SECONDS = 25

FIRST_VISIBLE_SHEET = "first-visible-sheet"
ALL_SHEETS = "all-sheets"

BROKEN = (BrokenError, expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError)

Write = Callable[[object], None]


def main(scope: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES, OUTPUT_BYTES))
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    output = sys.stdout.buffer

    def write(line: object) -> None:
        output.write(encode(line).encode("utf-8", "surrogatepass") + b"\n")

    try:
        write_book(sys.stdin.buffer.read(), scope, write)
    except TooLargeError as error:
        write({"refused": str(error)})
    except BROKEN as error:
        write({"broken": type(error).__name__})
    write({"peak_bytes": _peak_bytes()})


def write_book(content: bytes, scope: str, write: Write) -> None:
    archive = Archive(content)
    root = Relationships(archive, "")
    main_part = root.first("officeDocument") or "xl/workbook.xml"
    book, styles, strings, properties = WorkbookPart(), StylesPart(), StringsPart(), PropertiesPart()
    archive.read(book, main_part)
    relations = Relationships(archive, main_part)
    archive.read(properties, root.first("custom-properties") or root.first("customProperties"))
    archive.read(styles, relations.first("styles"))
    archive.read(strings, relations.first("sharedStrings"))
    write({"properties": properties.texts, "from_1904": book.counts_from_1904})
    cells = Cells(strings.strings, styles.kinds, counts_from_1904=book.counts_from_1904)
    for name, visible, relation in _sheets(book, scope):
        kind, path = relations.targets.get(relation, ("", ""))
        if kind == "worksheet":
            write({"sheet": name, "visible": visible})
            _write_sheet(archive, path, SheetPart(name, cells, write), cells, write)


def _sheets(book: WorkbookPart, scope: str) -> list[tuple[str, bool, str]]:
    if scope == ALL_SHEETS:
        return book.sheets
    return [sheet for sheet in book.sheets if sheet[1]][:1]


def _write_sheet(archive: Archive, path: str, part: SheetPart, cells: Cells, write: Write) -> None:
    if not archive.has(path):
        raise BrokenError("sheet")
    archive.read(PlainRows(part, cells), path)
    part.write_rest()
    write({"merged": part.merged})


def _peak_bytes() -> int:
    """Return this program's own peak; what getrusage says includes the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
