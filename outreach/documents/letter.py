"""要請文 as Word documents: one letter, or many in a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from outreach.rules.file_names import safe_file_name
from outreach.rules.letter_layout import LetterLine, Place

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ZIP = "application/zip"
LIMIT = 200
"""So many letters go into one zip: each costs some 10 ms, and the officer waits for them."""

FONT = "ＭＳ 明朝"
CHARACTER = Pt(12)
LINE = Pt(18)
"""40 lines a page: each official template fits on one."""
_ALIGNMENT = {
    Place.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
    Place.CENTRE: WD_ALIGN_PARAGRAPH.CENTER,
    Place.TITLE: WD_ALIGN_PARAGRAPH.CENTER,
}


@dataclass(frozen=True)
class LetterTo:
    """One letter ready to be written: to whom, by whom, and its lines."""

    body_name: str
    sender: str
    subject: str
    lines: Sequence[LetterLine]

    @property
    def file_name(self) -> str:
        return safe_file_name(f"要請文_{self.body_name}", ".docx")


def letter_docx(letter: LetterTo, *, now: datetime) -> bytes:
    """Return the letter as a Word document: A4, 12-point Mincho, margins of 25 mm (20 at the foot)."""
    return _write(_blank(), letter, now)


def letters_zip(letters: Iterable[LetterTo], *, now: datetime) -> bytes:
    """Return a zip of the letters, numbered in their order so that no two share a name."""
    document = _blank()  # opening a document costs as much as writing it, so one serves them all
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for number, letter in enumerate(letters, start=1):
            entry = zipfile.ZipInfo(f"{number:03}_{letter.file_name}", date_time=now.timetuple()[:6])
            archive.writestr(entry, _write(document, letter, now))
    return stream.getvalue()


def _blank() -> Any:
    document = Document()
    _set_page(document)
    _set_font(document.styles["Normal"])
    return document


def _write(document: Any, letter: LetterTo, now: datetime) -> bytes:
    document.element.body.clear_content()
    _set_properties(document, letter, now)
    for line in letter.lines:
        _add_line(document, line)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = Mm(25)
    section.bottom_margin = Mm(20)


def _set_font(style: Any) -> None:
    """Set the font for Japanese too: Word looks it up apart from that of Latin letters."""
    style.font.size = CHARACTER
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), FONT)
    language = properties.makeelement(qn("w:lang"), {qn("w:val"): "ja-JP", qn("w:eastAsia"): "ja-JP"})
    properties.append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = LINE


def _set_properties(document: Any, letter: LetterTo, now: datetime) -> None:
    properties = document.core_properties
    properties.author = properties.last_modified_by = letter.sender
    properties.title = letter.subject
    properties.comments = ""
    properties.language = "ja-JP"
    properties.created = properties.modified = now.replace(tzinfo=None)


def _add_line(document: Any, line: LetterLine) -> None:
    paragraph = document.add_paragraph(line.text)
    layout = paragraph.paragraph_format
    if line.place in _ALIGNMENT:
        paragraph.alignment = _ALIGNMENT[line.place]
    if line.place == Place.TEXT:
        layout.first_line_indent = CHARACTER
    if line.place == Place.ITEM:
        layout.left_indent, layout.first_line_indent = CHARACTER * 2, -CHARACTER
