"""Compare each text and each ruling in the data workbook, or its CSV, with the raw rows (`words`).

The tables write 機種依存文字 out, so that texts are compared without regard to width, brackets and spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any
from unicodedata import normalize, numeric

from followup.management.recount.printed_words import EFFECTS, Cells, on_one_line, row_differences
from followup.management.recount.tables import Row, Tables, day_of
from followup.management.recount.tally import Difference
from followup.management.recount.words import TEXTS, Handled, Words, Written

TEXT = 5
"""Where the text stands in what is compared; one of nothing but spaces is not printed."""


def table_word_differences(name: str, tables: Tables, words: Words) -> Iterator[Difference]:
    """Compare every text of 自由記述, and every ruling of it and of 設問別回答."""
    texts = (cells for cells in map(_text_cells, words.written) if cells[TEXT])
    printed = map(_printed_text, _rows_of_values(tables("自由記述")))
    yield from row_differences((name, "自由記述"), printed, texts, names=4)
    values = (_value_cells(value) for value in words.handled if value.asked.type not in TEXTS)
    ruled = (row for row in tables("設問別回答") if row["集計上の取扱い"] or row["取扱いの理由"])
    printed = map(_printed_value, _rows_of_values(ruled))
    yield from row_differences((name, "設問別回答"), printed, values, names=4)


def _rows_of_values(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows of one value together: pieces of a text, or codes that were chosen."""
    for _place, group in groupby(rows, lambda row: (row["府省庁"], row["発出番号"], row["設問キー"])):
        yield list(group)


def _named(ministry: str, notification: Any, body: str | None, key: str) -> Cells:
    return ministry, str(notification or ""), on_one_line(body), key


def _text_cells(text: Written) -> Cells:
    handling, reason = ("除外", text.ruled.reason) if text.ruled else ("", "")
    named = _named(text.whose.ministry, text.whose.notification, text.whose.body, text.key)
    return *named, *map(folded, (text.question, text.text, handling, reason))


def _printed_text(pieces: list[Row]) -> Cells:
    first, text = pieces[0], "".join(piece["記述"] for piece in pieces)
    named = _named(first["府省庁"], first["発出番号"], first["団体名"], first["設問キー"])
    return *named, *map(folded, (first["設問"], text, first["集計上の取扱い"], first["取扱いの理由"]))


def _value_cells(value: Handled) -> Cells:
    ruled = value.ruled
    named = _named(value.whose.ministry, value.whose.notification, value.whose.body, value.key)
    told = folded(value.asked.label), EFFECTS[ruled.kind]
    return *named, *told, _plain(ruled.submitted), _plain(ruled.corrected), folded(ruled.reason)


def _plain(value: Any) -> str:
    """Return a value as the cells of its rows hold it, several codes after one another."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    return "、".join(value) if isinstance(value, list) else value or ""


def _number(value: Any) -> str:
    return f"{Decimal(str(value)).normalize():f}"


def _printed_value(rows: list[Row]) -> Cells:
    first = rows[0]
    named = _named(first["府省庁"], first["発出番号"], first["団体名"], first["設問キー"])
    submitted = _in_cells(rows, "数値回答（単位列の単位）", "日付回答", "選択肢コード")
    counted = _in_cells(
        rows, "集計に用いる数値（単位列の単位）", "集計に用いる日付", "集計に用いる選択肢コード"
    )
    return (
        *named,
        folded(first["設問"]),
        first["集計上の取扱い"] or "",
        submitted,
        counted,
        folded(first["取扱いの理由"]),
    )


def _in_cells(rows: list[Row], number: str, day: str, code: str) -> str:
    if rows[0][number] is not None:
        return _number(rows[0][number])
    if rows[0][day] is not None:
        return day_of(rows[0][day]) or ""
    return "、".join(row[code] for row in rows if row[code])


LEFT_OUT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\s]")
CIRCLED = re.compile(r"[\u24eb-\u24ff\u2776-\u2793]")
"""Black and doubly circled numbers, which are like no others in Unicode."""


def folded(text: str | None) -> str:
    """Return a text without what the tables write otherwise: spaces, widths, brackets of ① and the like."""
    plain = CIRCLED.sub(lambda found: f"{numeric(found[0]):.0f}", LEFT_OUT.sub("", text or ""))
    return normalize("NFKC", plain).replace("(", "").replace(")", "").removeprefix("'")
