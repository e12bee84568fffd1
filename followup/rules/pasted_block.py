"""A block of cells as a spreadsheet puts it on the clipboard: tabs, lines, quotes around lines in a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable

CELLS_LIMIT = 200_000

_QUOTED = re.compile(r'"((?:[^"]|"")*)"(?=\t|\n|\Z)')
_PLAIN = re.compile(r"[^\t\n]*")


class BlockError(ValueError):
    """The text is no block that can be taken; the message is for the person who pasted it."""


def read_block(text: str) -> list[list[str]]:
    """Return the rows of cells, blank ones only between others; an empty list for nothing.

    A cell counts as quoted only where the quotes hold a line break or a tab, as a spreadsheet quotes
    nothing else; so a text in quotation marks keeps them.

    Raises:
        BlockError: for more cells than can be taken.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if text.count("\t") + text.count("\n") >= CELLS_LIMIT:
        raise BlockError(f"一度に貼り付けられるのは{CELLS_LIMIT:,}セルまでです。分けて貼り付けてください。")
    rows: list[list[str]] = [[]]
    at = 0
    while True:
        cell, at = _cell(text, at)
        rows[-1].append(cell)
        if at >= len(text):
            break
        if text[at] == "\n":
            rows.append([])
        at += 1
    while rows and is_blank_row(rows[-1]):
        rows.pop()
    return rows


def is_blank_row(cells: Iterable[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def _cell(text: str, at: int) -> tuple[str, int]:
    """Return the cell that begins at a place, and where it ends."""
    quoted = _QUOTED.match(text, at) if text.startswith('"', at) else None
    if quoted and ("\n" in quoted[1] or "\t" in quoted[1]):
        return quoted[1].replace('""', '"'), quoted.end()
    plain = _PLAIN.match(text, at)
    return (plain[0], plain.end()) if plain else ("", at)
