"""要請文: placeholders, the line difference from the official text, and facts that must survive in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from outreach.rules.widths import fold_width

PLACEHOLDERS = (
    "文書番号",
    "発出日",
    "団体名",
    "宛先",
    "敬称",
    "府省庁名",
    "局名",
    "課名",
    "担当者名",
    "電話",
    "メール",
    "申込期限",
)
MAY_BE_EMPTY = frozenset({"宛先", "局名"})
"""A letter without these is complete: many bodies are addressed by name alone, agencies have no 局."""

_PLACEHOLDER = re.compile(r"\{\{[ \u3000]*([^{}\n]*?)[ \u3000]*\}\}")
_PLACEHOLDER_AFTER_SPACE = re.compile(rf"(?P<space>[ \u3000]?){_PLACEHOLDER.pattern}")
_NUMBER = re.compile(r"[0-9](?:[0-9,]*[0-9])?")


def placeholders_in(text: str) -> list[str]:
    """Return the names between {{ and }}, each once, in the order of first use."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def unknown_placeholders(text: str) -> list[str]:
    """Return the names that no value belongs to."""
    return [name for name in placeholders_in(text) if name not in PLACEHOLDERS]


def has_broken_placeholder(text: str) -> bool:
    """Say whether {{ or }} stands somewhere without its other half."""
    rest = _PLACEHOLDER.sub("", text)
    return "{{" in rest or "}}" in rest


def missing_placeholders(text: str, values: Mapping[str, str]) -> list[str]:
    """Return the names used in the text whose value is there but empty, and should not be."""
    return [name for name in placeholders_in(text) if values.get(name) == "" and name not in MAY_BE_EMPTY]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, in one pass, so that a value is never read as a placeholder.

    An empty value takes the space before it along: 「団体名　宛先　御中」 becomes 「団体名　御中」.
    """

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[2], "")
        return f"{match['space']}{value}" if value else ""

    return _PLACEHOLDER_AFTER_SPACE.sub(value_of, text)


class LineKind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class DiffLine:
    kind: LineKind
    text: str


def line_difference(official: str, own: str) -> list[DiffLine]:
    """Return every line of both texts in order; a changed line is the removed one, then the added one."""
    before, after = official.splitlines(), own.splitlines()
    lines: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [DiffLine(LineKind.SAME, text) for text in before[i1:i2]]
        else:
            lines += [DiffLine(LineKind.REMOVED, text) for text in before[i1:i2]]
            lines += [DiffLine(LineKind.ADDED, text) for text in after[j1:j2]]
    return lines


class FactState(StrEnum):
    """What became of a fact of the official text in a ministry's own text."""

    NOT_ASKED = "not_asked"
    KEPT = "kept"
    ALTERED = "altered"
    LOST = "lost"


@dataclass(frozen=True)
class FactCheck:
    """The state of a fact; `found` is the changed wording when it was altered (width folded)."""

    state: FactState
    found: str = ""


def check_fact(*, phrasings: Iterable[str], official: str, own: str) -> FactCheck:
    """Compare one fact, widths and spaces aside.

    A fact is asked for only when one of its phrasings stands in the official text. It is kept when
    any phrasing stands in the own text; altered when one stands there with other digits, which the
    official text does not have (「令和5年9月30日」→「令和5年10月31日」); else lost.
    """
    folded = [fold_width(phrasing) for phrasing in phrasings]
    official, own = fold_width(official), fold_width(own)
    if not any(_exactly(phrasing).search(official) for phrasing in folded):
        return FactCheck(FactState.NOT_ASKED)
    if any(_exactly(phrasing).search(own) for phrasing in folded):
        return FactCheck(FactState.KEPT)
    variants = [match[0] for phrasing in folded for match in _with_any_digits(phrasing).finditer(own)]
    if changed := [variant for variant in variants if not _exactly(variant).search(official)]:
        return FactCheck(FactState.ALTERED, max(changed, key=len))
    return FactCheck(FactState.LOST)


def _exactly(phrasing: str) -> re.Pattern[str]:
    return _whole_numbers(phrasing, re.escape(phrasing))


def _with_any_digits(phrasing: str) -> re.Pattern[str]:
    """Match a phrasing with whatever numbers; one without a number can only match as it is."""
    parts = [re.escape(part) for part in _NUMBER.split(phrasing)]
    return _whole_numbers(phrasing, _NUMBER.pattern.join(parts))


def _whole_numbers(phrasing: str, pattern: str) -> re.Pattern[str]:
    """Keep numbers at the ends whole: 「2023.9.3」 does not stand in 「2023.9.30」."""
    before = "(?<![0-9])" if phrasing[:1].isdigit() else ""
    after = "(?![0-9])" if phrasing[-1:].isdigit() else ""
    return re.compile(f"{before}{pattern}{after}")
