"""The characters that XML text names instead of holding them (&amp;, &#22243;), without a parser."""

import re

_REFERENCE = re.compile("&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NO_CHARACTER = re.compile("[^\\t\\n\\r -\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def resolved(text: str) -> str:
    """Return text with the characters that are meant.

    Raises:
        ValueError: for a reference that XML does not allow, and for the rarer hexadecimal ones.
    """
    if "&" not in text:
        return text
    characters, count = _REFERENCE.subn(_character, text)
    if count != text.count("&"):
        raise ValueError("reference")
    return characters


def _character(found: re.Match[str]) -> str:
    character = _NAMED[found[1]] if found[1] else chr(int(found[2]))
    if _NO_CHARACTER.match(character):
        raise ValueError("character")
    return character
