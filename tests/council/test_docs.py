"""The table of figures in the documentation is that of the code."""

from pathlib import Path

from followup.rules.figures import DEFINITIONS

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "council-report.md"


def test_the_documented_figures_are_the_defined_ones() -> None:
    expected = [
        f"| {row.name} | {row.counted} | {row.meaning} | {row.numerator} "
        f"| {row.denominator or '－'} | {row.source} |"
        for row in DEFINITIONS
    ]

    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = lines.index("| 数値 | 数え方 | 意味 | 分子 | 分母 | 出所 |") + 2
    assert lines[start : start + len(expected) + 1] == [*expected, ""]
