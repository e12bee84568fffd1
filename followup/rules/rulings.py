"""集計上の取扱い: what staff ruled about single submitted values, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

RulingEffect = Literal["excluded", "corrected"]


@dataclass(frozen=True)
class RulingNote:
    """One value that the figures leave out, or count as another, and why.

    `body` is empty for the ministry's own answer; `corrected` is None for one that is left out. Both
    values are as they are read by people.
    """

    ministry_id: int
    ministry: str
    body: str
    question_key: str
    question: str
    kind: RulingEffect
    submitted: str
    corrected: str | None
    reason: str
    ruled_on: date
