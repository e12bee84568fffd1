"""Rows of plain cells are read by pattern; what comes out is what careful reading gives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from xml.parsers import expat

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from followup.rules.questions import Answer
from outreach.rules.cells import CellProblem, CellValue
from outreach.workbooks.book import read_book
from outreach.workbooks.xlsx_reading import cells as cells_module
from outreach.workbooks.xlsx_reading import parts, plain_rows, program
from outreach.workbooks.xlsx_reading.sheet import SheetPart
from tests.answer_workbook.books import make_content, make_row, standard_form
from tests.answer_workbook.books import written as answer_workbook
from tests.workbooks.test_reading_alike import tables, written

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Lines = list[object]

SHEET = "xl/worksheets/sheet1.xml"
PLAIN = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>あ</t></is></c></row>'
    '<row r="2"><c r="B2" s="1"><v>45170</v></c></row>'
)


def read(content: bytes, *, tries: bool) -> tuple[Lines, int]:
    """Return what the program writes, and how many rows were read by pattern."""
    lines: Lines = []
    taken: list[object] = []

    def noted(part: SheetPart, *given_to: object) -> None:
        taken.append(part)
        real(part, *given_to)  # type: ignore[arg-type]

    real = SheetPart.take_cells
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_rows, "MAX_DOUBTS", plain_rows.MAX_DOUBTS if tries else 0)
        patch.setattr(SheetPart, "take_cells", noted)
        try:
            program.write_book(content, program.ALL_SHEETS, lines.append)
        except program.BROKEN as error:
            told = "" if isinstance(error, expat.ExpatError) else str(error)  # which says at which byte
            lines.append((type(error).__name__, told))
    return lines, len(taken)


def both(content: bytes) -> int:
    """Read a book in both ways, which must agree; return how many rows were read by pattern."""
    careful, none = read(content, tries=False)
    quick, taken = read(content, tries=True)

    assert none == 0
    assert json.dumps(quick) == json.dumps(careful)  # so that 1, 1.0 and True differ
    return taken


def saved(fill: Callable[[Worksheet], None]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    fill(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_sheet(change: Callable[[bytes], bytes]) -> bytes:
    """Return a small book of texts, a number and a day whose sheet was changed as XML."""
    source = zipfile.ZipFile(
        io.BytesIO(written([["文字", 1.5, date(2023, 9, 1)], ["字", 2, True]], from_1904=False))
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == SHEET else content)
    return stream.getvalue()


def with_rows(rows: str) -> bytes:
    def change(content: bytes) -> bytes:
        before, _, rest = content.partition(b"<sheetData>")
        return before + b"<sheetData>" + rows.encode() + b"</sheetData>" + rest.partition(b"</sheetData>")[2]

    return with_sheet(change)


def replaced(old: bytes, new: bytes) -> bytes:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return with_sheet(change)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
@example(([[" 前後 ", "改\n行", "<&>\"'", "_x0041_", "&amp;", 0, -0.0, 1e300, 10**17, False]], False))
@example(([[date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), datetime(2023, 9, 1, 9, 30)]], False))  # noqa: DTZ001
def test_generated_books_come_out_alike(table: tuple[list[list[CellValue]], bool]) -> None:
    values, from_1904 = table

    filled = [row for row in values if any(value is not None for value in row)]

    assert both(written(values, from_1904=from_1904)) == len(filled)


def test_the_rows_of_an_answer_workbook_are_read_by_pattern() -> None:
    form = standard_form()
    answers: dict[str, Answer] = {
        "member_count": 1200,
        "reached_on": "2023-09-05",
        "obstacle": " 前の空白と<記号>&改\n行",
    }
    rows = [make_row(form, number, answers | {"good_practice": f"例{number}"}) for number in range(1, 41)]

    assert both(answer_workbook(make_content(form, rows=rows))) > len(rows)


def test_a_book_of_another_program_is_read_by_pattern_in_the_child_too() -> None:
    def fill(sheet: Worksheet) -> None:
        for number in range(1, 401):
            moment = datetime(2023, 9, 1, number % 24, 30)  # noqa: DTZ001 - cells know no zone
            sheet.append(
                [number, f"団体{number} & 他", None, 0.5, number % 2 == 0, date(2023, 9, 1), moment, 1e20]
            )
        sheet["B2"].number_format = sheet["D3"].number_format = "0%"
        sheet["D4"].number_format = "h:mm"
        sheet["C7"] = "=1+1"
        sheet.merge_cells("J1:K2")

    content = saved(fill)

    assert both(content) == 399
    sheet = read_book(content).sheets[0]
    assert (len(sheet.rows), sheet.merged) == (400, ("J1:K2",))
    assert sheet.rows[1][:4] == [2, "団体2 & 他", None, 0.5]
    assert sheet.rows[2][3] == "50%"
    assert isinstance(sheet.rows[6][2], CellProblem)


@pytest.mark.parametrize("chunk_bytes", [1, 30, 400])
def test_rows_that_lie_across_chunks_come_out_alike(
    monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    monkeypatch.setattr(plain_rows, "CHUNK_BYTES", chunk_bytes)

    both(with_rows(PLAIN + '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c></row>'))


def test_a_sheet_of_another_kind_is_left_to_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_rows, "MAX_DOUBTS", 3)
    formulas = "".join(f'<row r="{row}"><c r="A{row}"><f>1</f><v>1</v></c></row>' for row in range(1, 5))

    assert both(with_rows(formulas + PLAIN.replace('r="1"', 'r="5"').replace('"A1"', '"A5"'))) == 0


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"/><row r="3" spans="1:2"><c r="A3"/><c r="B3" s="1"></c><c r="D3"><v> 7 </v></c></row>',
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="d"><v>2023-09-01</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a_x000D_b</v></c><c r="B1" t="b"><v>1</v></c></row>',
        '<row r="1"><c r="B1" s="1"><v>60</v></c><c r="C1"><v>nan</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&lt;&amp;lt;&gt;&#10;&#13;&#22243;&#128512;</v></c></row>',
    ],
)  # fmt: skip
def test_plain_cells_of_every_kind_come_out_alike(rows: str) -> None:
    assert both(with_rows(rows)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>漢</t><rPh sb="0" eb="1"><t>カン</t></rPh></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>太</t></r><r><t>字</t></r></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>改&#xA;行</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>あ\r\nい</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<]]></t></is></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c> <c r="B1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v></v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="x"><v>1</v></c></row>',
        '<row r="1"><c r="A1" s="99"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row>',
        "<row><c><v>1</v></c></row>",
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="21001"><c r="A21001"><v>1</v></c></row>',
        '<row r="1"><c r="SG1"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="1" x:y="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1" r="2"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row',
        '<row r="1"><c r="A1"><v>1</v></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&bad;</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&#1;</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&#55357;</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&#9999999;</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>]]></t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>\x01</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t>\ufffe</t></is></c></row>',
        '<row r="1" xmlns="urn:other"><c r="A1"><v>1</v></c></row>',
        f'<row r="1"><x:c xmlns:x="{MAIN}" r="A1"><v>1</v></x:c></row>',
    ],
)  # fmt: skip
def test_what_is_not_plain_is_read_with_care(rows: str) -> None:
    assert both(with_rows(rows)) == 0


@pytest.mark.parametrize(
    ("rows", "plain"),
    [
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>', 1),
        ('<!-- <row r="1"><c r="A1"><v>1</v></c></row> --><row r="2"><c r="A2"><v>1</v></c></row>', 1),
        ('<row r="1"><!-- </row><row r="1"><c r="A1"><v>1</v></c></row> --></row>', 0),
        (f'<x:row xmlns:x="{MAIN}" r="1"><c r="A1"><v>1</v></c></x:row><row r="2"></row>', 1),
        ('<row r="1"><c r="A1"><row r="2"><c r="A2"><v>1</v></c></row></c></row>', 0),
        ('<x><row r="1"><c r="A1"><v>1</v></c></row></x>', 0),
        ('<row r="1" spans="1>1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>', 1),
    ],
)
def test_rows_are_plain_only_where_the_parser_says_that_they_are_rows(rows: str, plain: int) -> None:
    assert both(with_rows(rows)) == plain


@pytest.mark.parametrize(
    ("old", "new", "plain"),
    [
        (b'encoding="UTF-8"', b'encoding="ISO-8859-1"', 0),
        (b"<worksheet", b"<!DOCTYPE worksheet><worksheet", 0),
        (b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"', b'xmlns="urn:other"', 0),
        (b"</worksheet>", b"", 2),
    ],
)
def test_another_kind_of_xml_is_read_with_care(old: bytes, new: bytes, plain: int) -> None:
    assert both(replaced(old, new)) == plain


def test_bytes_that_are_no_utf_8_are_read_with_care() -> None:
    rows = '<row r="1"><c r="A1" t="str"><v>あ</v></c></row>'
    content = with_rows(rows)

    broken = with_sheet(
        lambda _sheet: zipfile.ZipFile(io.BytesIO(content)).read(SHEET).replace("あ".encode(), b"\xff")
    )

    assert both(broken) == 0


@pytest.mark.parametrize(("limit", "most"), [("MAX_CELLS", 5), ("MAX_CHARACTERS", 6)])
def test_a_book_that_holds_too_much_is_refused_alike(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    content = with_sheet(lambda sheet: sheet)
    assert both(content) == 2

    monkeypatch.setattr(cells_module, limit, most)

    assert both(content) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_of_any_kind_changes_nothing(data: st.DataObject) -> None:
    signs = st.sampled_from(
        ['"', "<", ">", "/", " ", "&", "1", "9", "A", "c", "v", "r", "<!--", "-->", "\r", "</row>"]
    )

    def damage(content: bytes) -> bytes:
        start = content.index(b"<sheetData>")
        place = data.draw(st.integers(start, content.index(b"</sheetData>")))
        return content[:place] + data.draw(signs).encode() + content[place + data.draw(st.integers(0, 3)) :]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_rows, "CHUNK_BYTES", data.draw(st.sampled_from([50, parts.CHUNK_BYTES])))
        both(with_sheet(damage))
