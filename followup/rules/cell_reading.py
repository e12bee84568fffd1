"""What reading a cell gives: the same for all types of questions."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN_CHARACTERS = 40


@dataclass(frozen=True)
class CellReading:
    """What to hand to `parse_answers` for a question, with a note in Japanese where a person should look.

    `typed` is "" for a blank cell, and the codes chosen for 複数選択. The note says what was written and
    as what it was taken; it is "" where nothing was taken otherwise than anybody would.
    """

    typed: str | tuple[str, ...]
    note: str = ""


def taken_as(written: object, taken: str) -> str:
    """Return the note for a value that was not taken as it stands."""
    return f"「{shown(written)}」を{taken}と読み取りました。"


def shown(written: object) -> str:
    """Return what a cell holds, on one line and not too long for a message."""
    line = " ".join(str(written).split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"
