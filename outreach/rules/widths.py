"""Folding of full-width and half-width text for comparing and reading, never for storing."""

import re
import unicodedata

# NFKC leaves these apart, yet people type any of them for the others: hyphens and dashes, the minus
# sign, ruled lines, the long-vowel mark (last). The wave dash has a table entry of its own.
_DASHES = "\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501\u30fc"
_ONE_DASH = str.maketrans(dict.fromkeys(_DASHES, "-") | {"\u301c": "~"})
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def fold_width(text: str) -> str:
    """Return text in NFKC, with one kind of dash and without white space or unseen characters.

    Lossy on purpose (㈱ → (株), ① → 1, ー → -, 辻󠄀 → 辻): compare or parse the result, never store it.
    """
    compatible = unicodedata.normalize("NFKC", text).translate(_ONE_DASH)
    seen = "".join(char for char in compatible if unicodedata.category(char) not in _UNSEEN)
    # Again: NFKC turns a lone ゛ into a space and a mark, and the mark joins once the space is gone.
    return unicodedata.normalize("NFKC", _VARIATION_SELECTORS.sub("", seen))
