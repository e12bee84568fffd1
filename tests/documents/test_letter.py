"""The Word document: page, font and the place of each line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from outreach.documents.letter import FONT, LINE, LetterTo, letter_docx, letters_zip
from outreach.rules.letter_layout import lay_out
from tests.factories import NOW

TEMPLATES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures" / "letter_templates.json").read_bytes()
)["letter_templates"]
VALUES = {"文書番号": "事務連絡", "発出日": "令和5年9月4日", "団体名": "全国協会", "敬称": "御中"}


def _letter(text: str = "本文", subject: str = "件名") -> LetterTo:
    lines = lay_out(text, subject=subject, values=VALUES)
    return LetterTo(body_name="全国協会", sender="厚生労働省", subject=subject, lines=lines)


def _open(letter: LetterTo) -> Any:
    return Document(io.BytesIO(letter_docx(letter, now=NOW)))


def test_the_page_is_a4_and_the_font_is_mincho_also_for_japanese() -> None:
    document = _open(_letter())

    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    normal = document.styles["Normal"]
    assert normal.font.size == Pt(12)
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")) == FONT


def test_lines_stand_at_the_right_in_the_middle_and_hang() -> None:
    document = _open(_letter("{{発出日}}\n件名\n拝啓。\n記\n(1) 項目\n以上"))

    paragraphs = {paragraph.text: paragraph for paragraph in document.paragraphs}
    assert paragraphs["令和5年9月4日"].alignment == WD_ALIGN_PARAGRAPH.RIGHT
    assert paragraphs["件名"].alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert paragraphs["拝啓。"].paragraph_format.first_line_indent == Pt(12)
    assert paragraphs["記"].alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert paragraphs["(1) 項目"].paragraph_format.first_line_indent == -Pt(12)
    assert paragraphs["以上"].alignment == WD_ALIGN_PARAGRAPH.RIGHT


def test_what_looks_like_markup_or_a_formula_is_text() -> None:
    assert [paragraph.text for paragraph in _open(_letter("<w:t>&amp;\n=1+1")).paragraphs] == [
        "<w:t>&amp;",
        "=1+1",
    ]


def test_the_file_tells_the_ministry_as_its_author() -> None:
    properties = _open(_letter()).core_properties

    assert (properties.author, properties.title, properties.comments) == ("厚生労働省", "件名", "")


def test_letters_of_one_zip_have_a_name_each_and_do_not_mix() -> None:
    content = letters_zip([_letter("一つ目"), _letter("二つ目")], now=NOW)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["001_要請文_全国協会.docx", "002_要請文_全国協会.docx"]
        second = Document(io.BytesIO(archive.read("002_要請文_全国協会.docx")))
    assert [paragraph.text for paragraph in second.paragraphs] == ["二つ目"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"template {template['number']}")
def test_an_official_letter_fits_on_one_page(template: dict[str, Any]) -> None:
    characters_a_line = int(Mm(160) / Pt(12))
    lines = _letter(template["text"], template["subject"]).lines

    height = sum(max(1, -(-len(line.text) // characters_a_line)) for line in lines) * LINE

    assert height <= Mm(297 - 25 - 20)
