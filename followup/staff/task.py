"""What the first page of the staff lists: one thing to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One thing to do: how many, what to do about it, and where."""

    label: str
    count: int
    advice: str
    url: str
    tone: str
