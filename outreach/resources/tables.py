"""The staff's exports as tables for machines: rows, free texts, コード表, 項目定義 and 更新履歴."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from tablib import Dataset

from outreach.resources.widgets import Choice
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table, pieces_of

if TYPE_CHECKING:
    from outreach.resources.base import StaffField

Named = Sequence[tuple[str, "StaffField"]]
"""The columns of a resource in order, each with its ASCII name."""

ROW_NUMBER = Column("row_no", "行番号", "最初のシートの番号。どの行のものかを示す", Kind.NUMBER, width=8)
TEXT_COLUMNS = (
    NUMBER,
    ROW_NUMBER,
    Column("item", "項目名", "記述の項目", width=24),
    Column("piece", "分割番号", "1セルに入らない長文を分けた場合の順番。通常は1", Kind.NUMBER, width=10),
    Column(
        "text", "記述", "改行と連続する空白は半角空白1字に、機種依存文字は通常の文字に置き換えている",
        width=80, is_prose=True,
    ),
)  # fmt: skip
CODE_COLUMNS = (
    NUMBER,
    Column("scheme", "コード体系", "用いる列の物理名、又は設問キー", width=24),
    Column("item", "項目名", "用いる列の項目名、又は設問の文言", width=36, is_prose=True),
    Column("code", "コード", "データに現れる値", width=30),
    Column("label", "名称", "値の意味", width=40, is_prose=True),
)
DEFINITION_COLUMNS = (
    NUMBER,
    Column("table", "シート", "項目があるシートの名称。全体に関する説明を含む", width=16),
    Column("header", "項目名", "列の見出し", width=30),
    Column("key", "物理名", "プログラムで用いる英数字の名称", width=24),
    Column("kind", "型", "セルの値の型", width=20),
    Column("unit", "単位", "数値の単位", width=10),
    Column("meaning", "定義", "項目の意味", width=70),
)
HISTORY_COLUMNS = (
    NUMBER,
    Column("changed_on", "更新日", "更新した日", Kind.DATE),
    Column("change", "種別", "更新の種別", width=16),
    Column("content", "内容", "更新の内容", width=50),
)
ABOUT = tuple(
    ("全体", item, key, "説明", None, meaning)
    for item, key, meaning in (
        (
            "出典",
            "source",
            "周知依頼トラッカーに登録された記録。管理画面の一覧で絞り込んだ行を機械的に書き出した",
        ),
        (
            "文字コード",
            "encoding",
            "ExcelブックはUTF-8。CSVはUTF-8（BOM付き）、改行はCRLF、区切りは半角コンマ",
        ),
        ("空欄", "blank", "該当しない、又は登録がないことを示す。数の0とは異なる。秘匿の記号は用いていない"),
        ("日付", "date", "西暦のYYYY-MM-DD。時刻は日本標準時のHH:MM"),
        ("文字列", "text", "数式に見える文字列は、CSVでは先頭に'を付ける"),
        ("名称", "names", "登録された固有名詞のため、機種依存文字を含むことがある"),
    )
)


def staff_tables(
    name: str,
    fields: Named,
    dataset: Dataset,
    *,
    more: Iterable[Table],
    codes: Iterable[Row],
    today: date,
) -> list[Table]:
    """Return everything that one export holds; what is written freely stands apart from the rows."""
    cells = [(place, key, field) for place, (key, field) in enumerate(fields)]
    plain = [(place, column_of(key, field)) for place, key, field in cells if not field.is_prose]
    prose = [(place, field.column_name) for place, _key, field in cells if field.is_prose]
    tables = [
        Table(
            name,
            (NUMBER, *(column for _place, column in plain)),
            [tuple(row[place] for place, _column in plain) for row in dataset],
        ),
        *more,
    ]
    if prose:
        tables.append(Table("自由記述", TEXT_COLUMNS, list(_texts(dataset, prose))))
    tables.append(Table("コード表", CODE_COLUMNS, [*_labels(fields), *codes]))
    history = Table("更新履歴", HISTORY_COLUMNS, [(today, "書き出し", f"「{name}」を書き出した")])
    return [*tables, _definitions([*tables, history]), history]


def column_of(key: str, field: StaffField) -> Column:
    width = min(40, 2 * len(field.column_name) + 6)
    return Column(key, field.column_name, field.meaning, field.kind, field.unit, width)


def _texts(dataset: Dataset, prose: Sequence[tuple[int, str]]) -> Iterator[Row]:
    for number, row in enumerate(dataset, start=1):
        for place, heading in prose:
            pieces = pieces_of(str(row[place] or "")) if row[place] else ()
            for part, piece in enumerate(pieces, start=1):
                yield (number, heading, part, piece)


def _labels(fields: Named) -> Iterator[Row]:
    """Return the fixed wordings of columns that hold one of a list."""
    for key, field in fields:
        if isinstance(field.widget, Choice):
            for code, label in field.widget.labels.items():
                yield (key, field.column_name, label, f"{field.column_name}が{label}（登録上の値は{code}）")


def _definitions(tables: Sequence[Table]) -> Table:
    own = Table("項目定義", DEFINITION_COLUMNS, ())
    rows: list[tuple[Any, ...]] = [
        (table.name, column.header, column.key, column.kind.value, column.unit, column.meaning)
        for table in [*tables, own]
        for column in table.columns
    ]
    return Table(own.name, own.columns, [*ABOUT, *rows])
