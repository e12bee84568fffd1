"""The checks of machine readability find what they are for: each is shown one broken sheet."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from outreach.workbooks.plain_book import write_workbook
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Table
from tests.council.machine_rules import broken_csv_rules, broken_rules

NAME, AREA = Column("name", "団体名", "名称"), Column("area_code", "区分コード", "区分")
BODIES, DAY = (
    Column("bodies", "会員数", "会員の数", Kind.NUMBER, "者"),
    Column("day", "発出日", "日", Kind.DATE),
)
TEXT = Column("label", "区分", "区分の名称")
COLUMNS = (NUMBER, NAME, AREA, BODIES, DAY, TEXT)


def whole_book() -> Workbook:
    """Return a workbook that keeps every rule."""
    names = {"scheme": "コード体系", "item": "項目名", "code": "コード"}
    codes = (NUMBER, *(Column(key, header, "x") for key, header in names.items()))
    defined = tuple(Column(key, header, "x") for key, header in DEFINED.items())
    history = (NUMBER, Column("changed_on", "更新日", "x", Kind.DATE), Column("change", "種別", "x"))
    tables = [
        Table("表", COLUMNS, ROWS),
        Table("コード表", codes, [("area_code", "区分コード", "a")]),
        Table("更新履歴", history, [(date(2023, 9, 4), "書き出し")]),
    ]
    of_all = [*tables, Table("項目定義", (NUMBER, *defined), ())]
    rows = [
        (table.name, column.header, column.key, column.kind.value, column.unit, column.meaning)
        for table in of_all
        for column in table.columns
    ]
    about = [("全体", key, key, "説明", None, "UTF-8（BOM付き）") for key in ("encoding", "source")]
    stream = io.BytesIO()
    write_workbook(
        stream,
        [*tables, Table("項目定義", (NUMBER, *defined), [*about, *rows])],
        title="表",
        created_at=datetime(2023, 9, 4, tzinfo=UTC),
    )
    return load_workbook(stream)


ROWS = [("甲協会", "a", 0, date(2023, 9, 4), "業界"), ("乙協会", "a", None, None, "業界")]
DEFINED = {
    "table": "シート", "header": "項目名", "key": "物理名", "kind": "型", "unit": "単位", "meaning": "定義",
}  # fmt: skip


def problems(spoil: Callable[[Worksheet], Any]) -> str:
    book = whole_book()
    spoil(book["表"])
    stream = io.BytesIO()
    book.save(stream)
    return "\n".join(broken_rules(stream))


def put(cell: str, value: object) -> Callable[[Worksheet], Any]:
    def spoil(sheet: Worksheet) -> None:
        sheet[cell].value = value

    return spoil


def style(cell: str, **style: Any) -> Callable[[Worksheet], Any]:
    def spoil(sheet: Worksheet) -> None:
        for name, value in style.items():
            setattr(sheet[cell], name, value)

    return spoil


def test_a_workbook_that_keeps_every_rule_has_no_problem() -> None:
    assert problems(lambda _sheet: None) == ""


BROKEN: list[tuple[str, Callable[[Worksheet], Any]]] = [
    ("L1-03: no empty row", lambda sheet: sheet.insert_rows(3)),
    ("L1-03: the first three columns", put("B3", None)),
    ("L1-05", put("D1", None)),
    ("L1-06", put("B2", "甲 　協会")),
    ("L1-06, L1-08", put("D1", "会員\n数")),
    ("L1-08", put("F2", "①業界")),
    ("L1-09", put("F2", "－")),
    ("L1-11", style("B2", fill=PatternFill("solid", fgColor="FFFF00"))),
    ("L1-11", style("B2", font=Font(bold=True))),
    ("L1-12", lambda sheet: sheet.merge_cells("B2:B3")),
    ("L1-13", lambda sheet: setattr(sheet.row_dimensions[2], "hidden", True)),
    ("L2-01", put("D3", "1,200者")),
    ("L2-02", put("F3", "〃")),
    ("L2-03", put("D1", "団体名")),
    ("L2-04", put("F3", "業界団体")),
    ("L2-06", put("D2", "=1+1")),
    ("L3-01", lambda sheet: (put("A3", "二")(sheet), put("A2", "一")(sheet))),
    ("L3-02", put("C2", "z")),
    ("L3-04", put("D1", "会員")),
    ("L3-05: one format", style("E2", number_format="ggge年m月d日")),
    ("L3-05: days are days", put("F2", "令和5年9月4日")),
    ("L3-08", put("D1", "知らない数")),
]


@pytest.mark.parametrize(
    ("rule", "spoil"), BROKEN, ids=[f"{n} {rule}" for n, (rule, _spoil) in enumerate(BROKEN)]
)
def test_a_broken_rule_is_told_by_its_number(rule: str, spoil: Callable[[Worksheet], Any]) -> None:
    assert rule in problems(spoil)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("", '\ufeff番号,団体名,府省庁\r\n1,"甲,乙",省\r\n'),
        ("L3-08", "番号,団体名,府省庁\r\n1,甲,省\r\n"),
        ("L1-14", '\ufeff番号,団体名,府省庁\r\n1,"甲\r\n乙",省\r\n'),
        ("L1-03", "\ufeff番号,団体名,府省庁\r\n1,甲\r\n"),
        ("L2-03", "\ufeff番号,団体名,団体名\r\n1,甲,省\r\n"),
    ],
)
def test_a_broken_rule_of_csv_is_told(rule: str, text: str) -> None:
    found = broken_csv_rules(text.encode())

    assert (rule in "\n".join(found)) if rule else found == []
