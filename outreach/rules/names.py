"""Names of bodies, offices and people: how they are stored and how they are matched."""

import re
import unicodedata

from outreach.rules.widths import fold_width

_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_SPACES = re.compile(r"\s+")

# Not unseen by category, yet they print nothing: the Hangul fillers and the empty Braille pattern.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Noncharacters: U+FDD0 to U+FDEF and the last two of every plane.
_NONCHARACTERS = frozenset(
    [*map(chr, range(0xFDD0, 0xFDF0))]
    + [chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)]
)
_REFUSED_CATEGORIES = {
    "Cc": "改行・タブなどの制御文字",
    "Zl": "改行",
    "Zp": "改行",
    "Cf": "画面に表示されない文字",
    "Co": "外字（この端末だけの文字）",
    "Cs": "壊れた文字",
}


class NameTextError(ValueError):
    """A name holds a character that cannot be stored; the message is for the person who typed it."""


def clean_name(text: str) -> str:
    """Return a name as it is stored: NFC, kana widened, trimmed, one space where there were several.

    Full-width letters, ㈱, variants (髙) and variation sequences (辻󠄀) stay as written; a run of spaces
    stays full-width when one of them was. Blank text gives "".

    Raises:
        NameTextError: for a control, unseen (zero-width, bidi), private-use or broken character.
    """
    widened = _HALF_WIDTH_KANA.sub(_widen, text.strip())
    composed = unicodedata.normalize("NFC", widened)
    for position, char in enumerate(composed, start=1):
        if reason := _reason_to_refuse(char):
            raise NameTextError(
                f"{position}文字目に{reason}（U+{ord(char):04X}）が含まれています。"
                "その文字を削除するか、別の文字に置き換えてください。"
            )
    return _SPACES.sub(_one_space, composed)


def matching_key(name: str) -> str:
    """Return what two spellings of one name have in common; for comparing, never for showing.

    Width, case, spaces, dashes and unseen characters do not count; 株式会社 and (株) stay different,
    as do 髙 and 高.
    """
    return fold_width(fold_width(name).casefold())


def _reason_to_refuse(char: str) -> str | None:
    if char == "\ufffd":
        return "文字化けした文字"
    if char in _BLANK_LETTERS:
        return _REFUSED_CATEGORIES["Cf"]
    if char in _NONCHARACTERS:
        return _REFUSED_CATEGORIES["Cs"]
    return _REFUSED_CATEGORIES.get(unicodedata.category(char))


def _widen(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])


def _one_space(run: re.Match[str]) -> str:
    return "\u3000" if "\u3000" in run[0] else " "
