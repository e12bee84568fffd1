"""What holds in every template and style sheet, read as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STYLES = settings.BASE_DIR / "outreach" / "static" / "outreach"
MAILS = settings.BASE_DIR / "templates" / "mail"
"""A mail is no page of ours: it has no sheet to link to, and so carries its style itself."""
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "script text": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped value": re.compile(r"\|\s*safe\b|autoescape off"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_has_nothing_inline_and_escapes_everything(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    allowed = {"style element"} if MAILS in path.parents else set()

    assert {name for name, pattern in INLINE.items() if pattern.search(text)} <= allowed


def test_every_component_class_of_the_templates_has_a_style() -> None:
    used = {
        name
        for path in TEMPLATES
        for attribute in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8"))
        for name in re.findall(r"(?<![\w-])ui-[\w-]*\w(?![\w-]|\{\{)", attribute)
    }

    styled = set(re.findall(r"\.(ui-[\w-]+)", (STYLES / "components.css").read_text(encoding="utf-8")))

    assert used - styled == set()


@pytest.mark.parametrize("name", ["components.css", "site.css", "portal.css", "admin.css", "print.css"])
def test_every_custom_property_that_a_sheet_uses_is_defined(name: str) -> None:
    defined_in = {"tokens.css", "components.css", name}
    defined = {
        found
        for sheet in defined_in
        for found in re.findall(
            r"^\s*(--[\w-]+):", (STYLES / sheet).read_text(encoding="utf-8"), re.MULTILINE
        )
    }

    used = set(re.findall(r"var\((--[\w-]+)", (STYLES / name).read_text(encoding="utf-8")))

    assert used - defined == set()
