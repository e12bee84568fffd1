"""Read the first visible sheet of a workbook; run as a program, so that limits can hold it.

Takes the workbook on standard input and gives JSON: {"rows": [[cell, …], …]} or {"refused": message}.
A cell is null, text, or {"formula": …} / {"error": …}. It imports nothing of the project.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 20
MAX_ROWS = 20_000
MAX_COLUMNS = 100


class TooLargeError(ValueError):
    """The sheet has more rows or columns than a table of ours."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    try:
        answer: dict[str, Any] = {"rows": _rows(sys.stdin.buffer.read())}
    except TooLargeError as error:
        answer = {"refused": str(error)}
    sys.stdout.write(json.dumps(answer))


def _rows(content: bytes) -> list[list[Any]]:
    """Return the rows from the first to the last that holds anything, short rows not padded."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not visible:
        return []
    sheet = visible[0]
    sheet.reset_dimensions()  # what a file says about its own size is not to be trusted
    rows: list[list[Any]] = []
    last = 0
    for number, cells in enumerate(sheet.rows, start=1):
        values = [_value(cell) for cell in cells]
        while values and values[-1] is None:
            values.pop()
        if values:
            _refuse_too_large(number, len(values))
            rows.extend([] for _ in range(number - last - 1))
            rows.append(values)
            last = number
    return rows


def _refuse_too_large(row: int, columns: int) -> None:
    if row > MAX_ROWS:
        raise TooLargeError(f"{row:,}行目に値があります。{MAX_ROWS:,}行以内の表にしてください。")
    if columns > MAX_COLUMNS:
        raise TooLargeError(f"{row:,}行目に{MAX_COLUMNS}列を超える値があります。表の外の値を消してください。")


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "f":
        return {"formula": str(value)}
    if cell.data_type == "e":
        return {"error": str(value)}
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


if __name__ == "__main__":
    main()
