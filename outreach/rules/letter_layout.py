"""要請文 as an official letter: where each line stands on the page (公用文の体裁)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from outreach.rules.letter_text import fill, placeholders_in

_ITEM = re.compile(r"[(（][0-9０-９]{1,2}[)）]|[①-⑳]|・|[ア-ン][ 　]")
_HEADING = re.compile(r"[0-9０-９]{1,2}[ 　.．]")
_SENDER = frozenset({"文書番号", "発出日", "府省庁名", "局名", "課名"})
_SPACES = " \u3000"
_BEGINS_LIST = "記"
_ENDS_LIST = "以上"


class Place(StrEnum):
    """How a line stands: at the right, in the middle, the title, running text, an item, or as it is."""

    RIGHT = "right"
    CENTRE = "centre"
    TITLE = "title"
    TEXT = "text"
    ITEM = "item"
    PLAIN = "plain"


_TRIMMED = frozenset({Place.RIGHT, Place.CENTRE, Place.TITLE, Place.TEXT})


@dataclass(frozen=True)
class LetterLine:
    place: Place
    text: str


def lay_out(text: str, *, subject: str, values: Mapping[str, str]) -> list[LetterLine]:
    """Return the lines of a letter with its placeholders filled and the place of each.

    The place follows from the unfilled line, so that no value can move it: a line of nothing but
    number, day or sender stands at the right; the subject is the title; 記 in the middle; 以上 at
    the right; sentences before 記 are indented by one character; (1), ①, ア and ・ hang. A line
    whose placeholders are all empty vanishes.
    """
    lines = []
    in_list = False
    for line in text.split("\n"):
        place = _place(line.strip(_SPACES), title=subject.strip(_SPACES), in_list=in_list)
        in_list = in_list or line.strip(_SPACES) == _BEGINS_LIST
        filled = fill(line, values)
        if filled.strip(_SPACES) or not line.strip(_SPACES):
            lines.append(LetterLine(place, filled.strip(_SPACES) if place in _TRIMMED else filled))
    return lines


def _place(line: str, *, title: str, in_list: bool) -> Place:
    if line == title:
        return Place.TITLE
    if line == _BEGINS_LIST:
        return Place.CENTRE
    if line == _ENDS_LIST or _is_sender(line):
        return Place.RIGHT
    if _ITEM.match(line):
        return Place.ITEM
    is_sentence = line.endswith("。") and not in_list and not _HEADING.match(line)
    return Place.TEXT if is_sentence else Place.PLAIN


def _is_sender(line: str) -> bool:
    """Say whether a line is made of nothing but the letter's number, day or sender."""
    names = set(placeholders_in(line))
    return bool(names) and names <= _SENDER and not fill(line, {}).strip(_SPACES)
