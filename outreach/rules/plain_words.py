"""機種依存文字, and how they are written out so that every program shows them (L1-08 of the rules)."""

from __future__ import annotations

import re
from unicodedata import name, normalize, numeric

PLATFORM_DEPENDENT = re.compile(
    r"[\u2116\u2121\u2160-\u217f\u2460-\u24ff\u2776-\u2793\u3220-\u325f\u3280-\u32ff\u3300-\u33ff]"
)
"""№ ℡, roman numerals, circled and bracketed digits, letters and words, squared units and eras."""


def plain_words(text: str) -> str:
    """Return a text with 機種依存文字 written out, ① as (1) and Ⅲ as III; not for proper names."""
    return PLATFORM_DEPENDENT.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    plain = normalize("NFKC", found[0])
    if plain == found[0]:  # black and doubly circled digits are like nothing else
        plain = f"{numeric(found[0]):.0f}"
    return f"({plain})" if "CIRCLED" in name(found[0]) else plain
