"""Texts as they are in cells: line breaks, unseen characters, and numbers or days meant as text."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal

from followup.rules.cell_reading import CellReading
from outreach.rules.wareki import format_wareki

_LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BREAKS_INSIDE = re.compile(r"\s*\n\s*")
_UNSEEN = frozenset({"Cc", "Cf"})


def read_text(value: object, *, keeps_lines: bool) -> CellReading:
    """Read a cell of a question for a text; unseen characters are taken out, and said.

    What cannot be stored at all (外字, broken characters) is left for `parse_answers` to refuse.
    """
    if isinstance(value, str):
        return _text(value, keeps_lines=keeps_lines)
    if isinstance(value, bool):
        return CellReading(str(value).upper())
    if isinstance(value, date):
        return _moment(format_wareki(value.date() if isinstance(value, datetime) else value))
    if isinstance(value, time):
        return _moment(f"{value:%H:%M}")
    return CellReading(str(value) if isinstance(value, int) else _as_shown(Decimal(f"{value:.15g}")))


def is_blank(text: str) -> bool:
    """Say whether nothing can be seen of a text; broken characters count as seen."""
    return all(char.isspace() or unicodedata.category(char) in _UNSEEN for char in text)


def _text(text: str, *, keeps_lines: bool) -> CellReading:
    if text.isprintable():
        return CellReading(text.strip())
    lines = _LINE_BREAK.sub("\n", text)
    kept = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char) not in _UNSEEN)
    notes = []
    if kept != lines:
        notes.append("画面に表示されない文字を取り除きました。")
    kept = kept.strip()
    if not keeps_lines:
        if "\n" in kept:
            notes.append("改行を空白に置き換えました。")
        kept = _BREAKS_INSIDE.sub(" ", kept).replace("\t", " ")
    return CellReading(kept, "".join(notes))


def _moment(text: str) -> CellReading:
    return CellReading(text, f"日付又は時刻のセルを「{text}」という文字として読み取りました。")


def _as_shown(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
