"""Shares in percent, as they are shown and printed everywhere."""

from __future__ import annotations


def percentage(numerator: int, denominator: int) -> float | None:
    """Return a share in percent with one decimal, halves rounded up; None when there is no whole.

    Not quite all never shows as 100.0, nor next to none as 0.0.
    """
    if denominator == 0:
        return None
    tenths = (numerator * 2000 + denominator) // (denominator * 2)
    if 0 < numerator < denominator:
        tenths = min(max(tenths, 1), 999)
    return tenths / 10
