"""Folding of widths, on which reading dates and numbers and matching names rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.widths import fold_width


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ｒ５．８．３１", "R5.8.31"),
        ("１，２００", "1,200"),
        ("‐‑–—―−─ー－", "-" * 9),
        ("カ゛ス", "ガス"),
        ("\u3000a\tb\u200b\ufeffc\n", "abc"),
        ("\x00\ud800", ""),
    ],
)
def test_widths_dashes_and_unseen_characters_are_folded(text: str, folded: str) -> None:
    assert fold_width(text) == folded


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold_width(fold_width(text)) == fold_width(text)
