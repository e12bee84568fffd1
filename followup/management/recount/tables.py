"""Add up the sheets of the data workbook, or the same tables as CSV, without looking at the database."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import IO, Any

from openpyxl import load_workbook

from followup.management.recount.stored import KINDS
from followup.management.recount.tally import Answered, Difference, MinistryRow, Notice, Numbers, Tally
from followup.rules.questions import QuestionType

Row = dict[str, Any]
Tables = Callable[[str], Iterator[Row]]
"""Return the rows of a table by its name, each by the headers; blank is None."""

TYPES = {label: value for value, label in QuestionType.choices}
YES = "はい"
EXCLUDED, CORRECTED = "除外", "補正"
OTHER = "__other"
NOT_COUNTED_HERE = ("to_check",)
"""What the tables do not tell: rulings that apply to nothing any more."""

MARKED = re.compile(r"'[=+\-@＝＋－＠]")

Place = tuple[str, int | None]


def workbook_tables(content: IO[bytes]) -> Tables:
    """Read the sheets of a workbook, and those in which a long table goes on."""
    book = load_workbook(content, read_only=True, data_only=True)

    def rows_of(name: str) -> Iterator[Row]:
        for sheet in book.worksheets:
            if sheet.title == name or sheet.title.removeprefix(name).isdigit():
                header, *_ = sheet.iter_rows(max_row=1, values_only=True)
                for row in sheet.iter_rows(min_row=2, values_only=True):
                    yield dict(zip(map(str, header), row, strict=True))

    return rows_of


def csv_tables(content: IO[bytes]) -> Tables:
    """Read the CSV files of a zip."""
    archive = zipfile.ZipFile(content)

    def rows_of(name: str) -> Iterator[Row]:
        with archive.open(f"{name}.csv") as file:
            for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline="")):
                yield {header: _unmarked(value) or None for header, value in row.items()}

    return rows_of


def _unmarked(value: str) -> str:
    """Take off the mark of a text that starts like a formula."""
    return value[1:] if MARKED.match(value) else value


def table_numbers(tables: Tables) -> Numbers:
    """Return the figures as the tables add up."""
    tally = Tally()
    versions = Counter(row["府省庁"] for row in tables("更新履歴") if row["種別"] == "報告の提出")
    for row in tables("府省庁別"):
        tally.add_ministry(_ministry(row, versions[row["府省庁"]]))
    for row in tables("団体別"):
        tally.add_notice(_notice(row))
    for row in tables("周知手段"):
        tally.add_channel(row["周知手段コード"])
    _add_answers(tally, tables)
    return tally.numbers()


def _ministry(row: Row, versions: int) -> MinistryRow:
    return MinistryRow(
        ministry=row["府省庁"],
        status=row["報告状態コード"],
        versions=versions,
        is_late=row["期限後提出"] == YES,
        is_overdue=row["期限超過"] == YES,
        is_no_body=row["該当なし"] == YES,
    )


def _notice(row: Row) -> Notice:
    return Notice(
        ministry=row["府省庁"],
        identity=row["同一団体キー"],
        category=row["区分コード"],
        template=int(row["ひな形番号"]),
        day=day_of(row["発出日"]),
    )


def day_of(value: Any) -> str | None:
    """Return a day in ISO form, whether a sheet or a CSV file holds it."""
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else value


def _place(row: Row) -> Place:
    return row["府省庁"], int(row["発出番号"]) if row["発出番号"] else None


def _add_answers(tally: Tally, tables: Tables) -> None:
    kinds = _kinds(tables("項目定義"))
    texts = _texts(tally, tables("自由記述"), kinds)
    for place, rows in groupby(tables("設問別回答"), _place):
        answers = _values(tally, place[0], rows, kinds)
        tally.add_answers(place[0], answers | texts.pop(place, {}), is_body=place[1] is not None)
    for (ministry, notification), answers in texts.items():
        tally.add_answers(ministry, answers, is_body=notification is not None)


def _kinds(definitions: Iterable[Row]) -> dict[tuple[str, str], str]:
    """Return as what the answers of each question of each form are counted, by 様式版番号 and key."""
    return {
        (row["シート"], row["物理名"]): KINDS[TYPES[row["型"]]] for row in definitions if row["型"] in TYPES
    }


def _kind(row: Row, kinds: dict[tuple[str, str], str]) -> str:
    return kinds.get((f"設問（様式第{row['様式版番号']}版）", row["設問キー"]), "other")


def _texts(
    tally: Tally, rows: Iterable[Row], kinds: dict[tuple[str, str], str]
) -> dict[Place, dict[str, Answered]]:
    """Return which texts each row has, without the texts themselves."""
    text, other = Answered("text"), Answered("other")
    found: dict[Place, dict[str, Answered]] = defaultdict(dict)
    for row in rows:
        key = row["設問キー"]
        if key == "no_body_reason" or int(row["分割番号"]) > 1:
            continue
        is_text = _kind(row, kinds) == "text"
        if row["集計上の取扱い"] is None:
            found[_place(row)][key] = text if is_text else other
        elif is_text:
            tally.add_ruling(row["府省庁"], "excluded")
    return found


def _values(
    tally: Tally, ministry: str, rows: Iterable[Row], kinds: dict[tuple[str, str], str]
) -> dict[str, Answered]:
    """Return what one row of a submission counts for; one value a question, with all of its codes."""
    answers: dict[str, Answered] = {}
    for key, cells in groupby(rows, lambda row: row["設問キー"]):
        same = list(cells)
        handling, kind = same[0]["集計上の取扱い"], _kind(same[0], kinds)
        if handling is not None:
            tally.add_ruling(ministry, {EXCLUDED: "excluded", CORRECTED: "corrected"}[handling])
        if handling != EXCLUDED:
            answers[key] = Answered(
                kind,
                number=_number(same[0]) if kind == "number" else None,
                codes=[row["集計に用いる選択肢コード"] for row in same if row["集計に用いる選択肢コード"]],
            )
    return answers


def _number(row: Row) -> Decimal | None:
    value = row["集計に用いる数値（単位列の単位）"]
    return None if value is None else Decimal(str(value))


SHOWN_OF_MINISTRIES = (
    "延べ対象団体数", "延べ発出団体数", "ひな形1延べ発出団体数", "ひな形2延べ発出団体数", "提出版数",
)  # fmt: skip
REACH_OF_MINISTRIES = {
    "周知率の算定団体数": "bodies",
    "算定対象の会員事業者数": "members",
    "算定対象の周知した会員数": "reached",
}


def printed_in_tables(tables: Tables, counted: Numbers) -> list[Difference]:
    """Return every figure told by 府省庁別 that the other tables do not add up to."""
    found = []
    for row in tables("府省庁別"):
        name = row["府省庁"]
        addresses = {header: ("府省庁別", name, header) for header in SHOWN_OF_MINISTRIES}
        addresses |= {header: ("会員への周知", name, part) for header, part in REACH_OF_MINISTRIES.items()}
        for header, address in addresses.items():
            told, number = Decimal(str(row[header] or 0)), counted.get(address, Decimal(0))
            if told != number:
                found.append(Difference(("府省庁別シート", name, header), told, number))
    return found
