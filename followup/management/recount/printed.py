"""Read printed tables of workbooks, and compare their cells with counted figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from followup.management.recount.tally import Difference, Numbers

NOTHING = ("－", "設問なし")
"""What is printed where there is nothing to count or to divide by."""

Printed = dict[str, Any]
"""One printed row by its headings."""

Expected = Iterator[tuple[str, str, Decimal | None]]
"""Row, heading, and what should be printed; None for nothing."""


class Counted:
    """Counted figures by address; zero where nothing was counted."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def __call__(self, *address: str) -> Decimal:
        return self._numbers.get(address, Decimal(0))


def printed_rows(sheet: Worksheet, header_row: int) -> dict[str, Printed]:
    """Return the printed rows by the text of the first cell, and by those of the first two and three."""
    headings = told_apart(_plain(cell.value) for cell in sheet[header_row])
    rows: dict[str, Printed] = {}
    seen: Counter[str] = Counter()
    for values in sheet.iter_rows(min_row=header_row + 1, values_only=True):
        row = dict(zip(headings, values, strict=False))
        name = _plain(values[0])
        seen[name] += 1
        rows[name if seen[name] == 1 else f"{name}（{seen[name]}）"] = row
        for places in (2, 3):
            told = [_plain(value) for value in values[:places] if isinstance(value, str)]
            rows.setdefault("・".join(told), row)
    return rows


def told_apart(headings: Iterable[str]) -> list[str]:
    """Return headings with a number where one comes again."""
    seen: Counter[str] = Counter()
    found = []
    for heading in headings:
        seen[heading] += 1
        found.append(heading if seen[heading] == 1 else f"{heading}（{seen[heading]}）")
    return found


def _plain(value: object) -> str:
    return str(value or "").replace("\n", "")


def page_differences(
    book: str, page: str, rows: Mapping[str, Printed], expected: Expected
) -> Iterator[Difference]:
    for name, heading, number in expected:
        address = (book, page, name, heading)
        row = rows.get(name)
        if row is None or heading not in row:
            yield Difference(address, "印刷なし", number)
            continue
        printed = printed_number(row[heading])
        if printed != number and not (printed is None and not number):
            yield Difference(address, printed, number)


def printed_number(value: object) -> Decimal | None:
    """Return what a cell shows; percentages of the summary are texts."""
    if value is None or value in NOTHING or value == "":
        return None
    return Decimal(str(value).replace(",", ""))


def share_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a share in percent with one decimal; not quite all is never 100, next to none never 0."""
    if not whole:
        return None
    share = (part * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if 0 < part < whole:
        share = min(max(share, Decimal("0.1")), Decimal("99.9"))
    return share
