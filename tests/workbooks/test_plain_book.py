"""A streamed workbook holds what was given, in any reader, whatever people typed."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from outreach.rules.plain_words import plain_words
from outreach.workbooks import plain_book
from outreach.workbooks.plain_book import write_workbook
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Table, Value, one_line, write_csv

AT = datetime(2023, 9, 4, 1, 0, tzinfo=UTC)
TEXT = Column("text", "記述", "記述")
DAY = Column("day", "日", "日", Kind.DATE)
COUNT = Column("count", "団体数", "団体数", Kind.NUMBER, "団体")
CODED = re.compile(r"_x005F_(?=x[0-9A-Fa-f]{4}_)")
ODD_TEXTS = [
    "髙島󠄀屋𠮷野家協会",
    '=HYPERLINK("https://evil.example","開く")',
    "＝1＋1",
    "+81-3-0000-0000",
    "<会員> & \"会報\" '号外'",
    "]]>",
    "_x0041_",
    "0123",
    "2023-09-04",
    "TRUE",
    "#N/A",
    "\u202e右から左",
    "あ" * 10_000,
]


def book_of(columns: Sequence[Column], rows: Sequence[Sequence[Value]]) -> bytes:
    stream = io.BytesIO()
    write_workbook(stream, [Table("表", (NUMBER, *columns), rows)], title="題", created_at=AT)
    return stream.getvalue()


def read(content: bytes) -> list[list[Any]]:
    """Return the rows below the header without 番号, as openpyxl reads them."""
    sheet = load_workbook(io.BytesIO(content))["表"]
    return [list(row[1:]) for row in sheet.iter_rows(min_row=2, values_only=True)]


def texts_read(texts: Sequence[str | None]) -> list[Any]:
    return [row[0] for row in read(book_of([TEXT], [(text,) for text in texts]))]


@pytest.mark.parametrize("text", ODD_TEXTS, ids=[text[:12] for text in ODD_TEXTS])
def test_a_text_stays_the_text_that_it_is_in_both_readers(text: str) -> None:
    content = book_of([TEXT], [(text,)])

    [[found]] = read(content)
    [_header, [_number, other]] = (
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("表").to_python()
    )
    assert CODED.sub("_", found) == text
    assert CODED.sub("_", str(other)) == text


def test_what_starts_like_a_formula_is_quoted_and_nothing_else() -> None:
    sheet = load_workbook(io.BytesIO(book_of([TEXT], [("=1+1",), ("1+1",)])))["表"]

    assert [(cell.data_type, cell.quotePrefix) for cell in sheet["B"][1:]] == [("s", True), ("s", False)]


@given(st.lists(st.text(st.characters(codec=None), max_size=12), min_size=1, max_size=12))
def test_texts_come_out_alike_whether_they_go_together_or_alone(texts: list[str]) -> None:
    together = [CODED.sub("_", text or "") for text in texts_read(texts)]

    assert together == [one_line(text) for text in texts]


@given(st.text(st.characters(codec=None)))
def test_a_text_becomes_one_line_without_spaces_for_layout(text: str) -> None:
    line = one_line(text)

    assert line == line.strip() == one_line(line)
    assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]|\s\s", line)


def test_blanks_among_names_stay_blank_and_numbers_become_text() -> None:
    names: list[Value] = ["甲協会", None, "乙協会", "", 13, "丙協会"]

    found = read(book_of([TEXT], [(name,) for name in names]))

    assert [row[0] for row in found] == ["甲協会", None, "乙協会", None, "13", "丙協会"]


def test_numbers_and_days_are_what_they_are_and_blank_is_not_zero() -> None:
    rows: list[list[Value]] = [
        [0, date(2023, 9, 4)],
        [None, None],
        [Decimal("66.7"), "2023-09-04"],
        [10**12, None],
    ]

    found = read(book_of([COUNT, DAY], rows))

    day = datetime(2023, 9, 4)  # noqa: DTZ001 - a cell has no zone
    assert found == [[0, day], [None, None], [66.7, day], [10**12, None]]


def test_a_day_that_sheets_count_wrongly_is_told_as_text() -> None:
    assert read(book_of([DAY], [(date(1899, 12, 31),)])) == [["1899-12-31"]]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_book, "SHEET_ROWS", 3)

    book = load_workbook(io.BytesIO(book_of([TEXT], [(text,) for text in "あいうえお"])))

    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    header = ("番号", "記述")
    assert rows == {
        "表": [header, (1, "あ"), (2, "い")],
        "表2": [header, (3, "う"), (4, "え")],
        "表3": [header, (5, "お")],
    }
    assert [sheet.print_title_rows for sheet in book] == ["$1:$1"] * 3


@pytest.mark.parametrize("rows", [0, 2, 3_001], ids="{} rows".format)
def test_a_sheet_tells_its_extent(rows: int) -> None:
    content = book_of([TEXT], [("あ",)] * rows)

    sheet = load_workbook(io.BytesIO(content), read_only=True)["表"]
    assert (sheet.max_row, sheet.max_column) == (rows + 1, 2)
    assert len(list(sheet.iter_rows())) == rows + 1
    assert load_workbook(io.BytesIO(content))["表"].max_row == rows + 1


def test_the_same_tables_make_the_same_bytes() -> None:
    rows = [(text,) for text in ODD_TEXTS]

    assert book_of([TEXT], rows) == book_of([TEXT], rows)


def test_a_text_that_no_cell_holds_is_an_error_and_not_cut() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        book_of([TEXT], [("あ" * 32_768,)])


def test_rows_of_different_length_are_an_error_and_not_shifted() -> None:
    with pytest.raises(ValueError, match="argument"):
        book_of([TEXT, TEXT], [("あ", "い"), ("う",)])


def test_labels_stand_for_values_and_prose_is_written_out() -> None:
    columns = [
        Column("yes", "当否", "当否", labels={True: "はい", False: "いいえ"}),
        Column("prose", "記述", "記述", is_prose=True),
    ]

    assert read(book_of(columns, [(1, "①㈱Ⅲ㎡❷㊤№"), (0, None)])) == [
        ["はい", "(1)(株)IIIm2(2)(上)No"],
        ["いいえ", None],
    ]


def test_proper_names_keep_their_characters() -> None:
    assert plain_words("髙島󠄀屋𠮷野家・〒・々") == "髙島󠄀屋𠮷野家・〒・々"


def test_a_csv_line_is_a_row_and_text_that_starts_like_a_formula_is_marked() -> None:
    stream = io.StringIO(newline="")
    write_csv(
        stream, Table("表", (NUMBER, TEXT, DAY, COUNT), [("=1\n+1", "2023-09-04", 0), ('a,"b"', None, None)])
    )

    assert stream.getvalue() == '番号,記述,日,団体数\r\n1,\'=1 +1,2023-09-04,0\r\n2,"a,""b""",,\r\n'
