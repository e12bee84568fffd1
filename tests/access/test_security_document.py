"""docs/security.md names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = range(1, 38)


def test_every_test_that_the_document_names_exists() -> None:
    named = re.findall(r"`(\w+/test_\w+\.py)(?:::(\w+))?`", DOCUMENT)

    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / "tests" / path).exists()
        or (name and f"def {name}(" not in (ROOT / "tests" / path).read_text(encoding="utf-8"))
    ]

    assert len(named) > 50
    assert not missing


def test_every_file_that_the_document_names_exists() -> None:
    named = re.findall(r"`((?:\w+/)+[\w.]*)`|\]\(([\w.-]+\.md)\)", DOCUMENT)
    folders = [ROOT, ROOT / "outreach", ROOT / "docs", ROOT / "tests"]

    missing = [
        path
        for pair in named
        if (path := "".join(pair)) and not any((folder / path).exists() for folder in folders)
    ]

    assert not missing


def test_every_threat_of_web_pages_is_answered() -> None:
    answered = {int(number) for number in re.findall(r"^\| (\d+) \|", DOCUMENT, re.MULTILINE)}

    assert set(THREATS) <= answered
