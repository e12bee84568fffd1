"""The Word summary (概要): one or two pages in official style, the figures filled in, the text editable.

It is made from the figures alone. Sentences are in council_sentences; here is how they look.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from followup.documents.council_sentences import Section, main_rows, notes, sections
from followup.rules.figures import Figures
from followup.workbooks.paper_title import TITLE, PaperTitle
from outreach.workbooks.dated_zip import repacked

MINCHO, GOTHIC = "ＭＳ 明朝", "ＭＳ ゴシック"
SIZE, SMALL = Pt(10.5), Pt(9)
LINE = Pt(16)
WIDTHS = (Mm(66), Mm(30), Mm(22), Mm(42))
HEADER = ("項目", "数", "単位", "数え方")


def write_summary(path: Path, title: PaperTitle, figures: Figures) -> None:
    """Write the document; the same figures and title give the same bytes."""
    document = Document()
    _set_page(document)
    _set_style(document.styles["Normal"])
    _set_properties(document, title)
    _add_heading(document, title)
    _add_table(document, figures)
    for section in sections(title, figures):
        _add_section(document, section)
    for note in notes(figures):
        _add(document, note, size=SMALL, hanging=2)
    stream = io.BytesIO()
    document.save(stream)
    path.write_bytes(repacked(stream.getvalue(), at=title.as_of_local))


def _set_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)
    section.top_margin = section.bottom_margin = Mm(20)


def _set_style(style: Any) -> None:
    style.font.size = SIZE
    _set_font(style.element.get_or_add_rPr(), MINCHO)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = LINE


def _set_font(properties: Any, name: str) -> None:
    """Set the font for Japanese too: Word looks it up apart from that of Latin letters."""
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), name)


def _set_properties(document: Any, title: PaperTitle) -> None:
    properties = document.core_properties
    properties.author = properties.last_modified_by = title.contact_name
    properties.title = f"{TITLE}（概要）"
    properties.comments = ""
    properties.language = "ja-JP"
    properties.created = properties.modified = title.as_of_local


def _add_heading(document: Any, title: PaperTitle) -> None:
    _add(document, title.as_of_day, place=WD_ALIGN_PARAGRAPH.RIGHT)
    _add(document, title.contact_name, place=WD_ALIGN_PARAGRAPH.RIGHT)
    _add(document, "")
    _add(document, f"{TITLE}（概要）", place=WD_ALIGN_PARAGRAPH.CENTER, size=Pt(14), font=GOTHIC)
    council = f"{title.council_name}（第{title.council_number}回）資料"
    _add(document, council, place=WD_ALIGN_PARAGRAPH.CENTER)
    _add(document, "")


def _add_section(document: Any, section: Section) -> None:
    heading = _add(document, section.heading, font=GOTHIC)
    heading.paragraph_format.space_before = Pt(6)
    heading.paragraph_format.keep_with_next = True
    for item in section.items:
        _add(document, item, left=1, hanging=2)


def _add(
    document: Any,
    text: str,
    *,
    place: Any = None,
    size: Any = None,
    font: str = "",
    left: int = 0,
    hanging: int = 0,
) -> Any:
    """Add a paragraph; indents are in characters."""
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    if place is not None:
        paragraph.alignment = place
    if size is not None:
        run.font.size = size
    if font:
        _set_font(run.font.element.get_or_add_rPr(), font)
    layout = paragraph.paragraph_format
    if left or hanging:
        layout.left_indent, layout.first_line_indent = SIZE * (left + hanging), -SIZE * hanging
    return paragraph


def _add_table(document: Any, figures: Figures) -> None:
    table = document.add_table(rows=1, cols=len(HEADER))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = width
    _fill(table.rows[0], HEADER, is_header=True)
    for row in main_rows(figures):
        _fill(table.add_row(), row)


def _fill(row: Any, texts: tuple[str, ...], *, is_header: bool = False) -> None:
    for index, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = WIDTHS[index]
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        if is_header:
            _set_font(run.font.element.get_or_add_rPr(), GOTHIC)
        if is_header or index > 1:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif index == 1:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
