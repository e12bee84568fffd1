"""Compare the printed cells of the council paper with counted figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook, load_workbook

from followup.management.recount.printed import (
    Counted,
    Expected,
    page_differences,
    printed_number,
    printed_rows,
    share_of,
)
from followup.management.recount.stored import KINDS
from followup.management.recount.tally import TOTAL, Difference, Numbers
from followup.rules.status import ReportStatus
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.wareki import format_wareki

HEADER_ROW, SUMMARY_ROW = 4, 3


def printed_differences(content: IO[bytes], stored: Mapping[str, Any], counted: Numbers) -> list[Difference]:
    """Return every printed figure that is not the counted one; `stored` gives labels and order only."""
    book = load_workbook(content, data_only=True)
    found: list[Difference] = []
    has_outcomes = OUTCOME_PAGE in book.sheetnames
    for name, expect in (*PAGES, *(PAGES_WITH_OUTCOMES if has_outcomes else ())):
        if name not in book.sheetnames:
            found.append(Difference((PAPER, name), "シートなし", None))
            continue
        rows = printed_rows(book[name], SUMMARY_ROW if name == "概要" else HEADER_ROW)
        found += page_differences(PAPER, name, rows, expect(stored, Counted(counted)))
    if has_outcomes:
        found += [*_remark_differences(book, Counted(counted)), *_ruling_differences(book, stored, counted)]
    return found


PAPER = "会議資料"


def _summary(_stored: Mapping[str, Any], counted: Counted) -> Expected:
    asked, submitted = counted("府省庁", "対象府省庁数"), counted("府省庁", "提出府省庁数")
    aimed, issued = counted("発出", "延べ対象団体数"), counted("発出", "延べ発出団体数")
    members, reached = (counted("取組", TOTAL, f"member_reach.{part}") for part in ("members", "reached"))
    yield "対象府省庁数", "数", asked
    yield "提出府省庁数", "数", submitted
    yield "回答率", "数", share_of(submitted, asked)
    yield "対象団体数", "数", aimed
    yield "発出団体数", "数", issued
    yield "発出団体数（2）", "数", counted("発出", "実発出団体数")
    yield "発出率", "数", share_of(issued, aimed)
    yield "会員への周知率", "数", share_of(reached, members)


def _ministries(stored: Mapping[str, Any], counted: Counted) -> Expected:
    names = [row["name"] for row in stored["progress"]["ministries"]]
    for name in names:
        yield from _ministry(name, counted, "府省庁別", name)
        yield name, "版", counted("府省庁別", name, "提出版数")
    if names:
        yield from _ministry(f"計（{len(names)}府省庁）", counted, "発出")


def _ministry(row: str, counted: Counted, *own: str) -> Expected:
    aimed, issued = counted(*own, "延べ対象団体数"), counted(*own, "延べ発出団体数")
    yield row, "対象団体数（延べ）", aimed
    yield row, "発出団体数（延べ）", issued
    yield row, "未発出（延べ）", aimed - issued
    yield row, "発出率（％）", share_of(issued, aimed)
    if own[0] == "府省庁別":
        for template in ("ひな形1", "ひな形2"):
            yield row, f"{template}（延べ）", counted(*own, f"{template}延べ発出団体数")


def _categories(stored: Mapping[str, Any], counted: Counted) -> Expected:
    for row in stored["progress"]["categories"]:
        own = ("区分別", f"ひな形{row['template_number']}", row["category"])
        labels = TemplateNumber(row["template_number"]).label, BodyCategory(row["category"]).label
        aimed, issued = counted(*own, "延べ対象団体数"), counted(*own, "延べ発出団体数")
        name = "・".join(labels)
        yield name, "対象団体数（延べ）", aimed
        yield name, "発出団体数（延べ）", issued
        yield name, "発出団体数（実数）", counted(*own, "実発出団体数")
        yield name, "発出率（％、延べ）", share_of(issued, aimed)
    if stored["progress"]["categories"]:
        yield "計", "発出団体数（実数）", counted("発出", "実発出団体数")


def _channels(stored: Mapping[str, Any], counted: Counted) -> Expected:
    whole = counted("発出", "延べ発出団体数")
    for row in stored["progress"]["channels"]:
        number = counted("周知手段別", row["code"], "延べ発出団体数")
        yield row["label"], "発出団体数（延べ）", number
        yield row["label"], "発出団体数に占める割合（％）", share_of(number, whole)


def _days(stored: Mapping[str, Any], counted: Counted) -> Expected:
    for row in stored["progress"]["days"]:
        name = format_wareki(date.fromisoformat(row["day"]))
        yield name, "発出団体数（延べ）", counted("日別", row["day"], "延べ発出団体数")
        yield name, "累計（延べ）", counted("日別", row["day"], "累計延べ発出団体数")


def _statuses(stored: Mapping[str, Any], counted: Counted) -> Expected:
    if stored["progress"]["ministries"]:
        for status in ReportStatus:
            yield status.label, "府省庁数", counted("報告の状態", status.value, "府省庁数")


def _reach(stored: Mapping[str, Any], counted: Counted) -> Expected:
    names = [
        row["ministry"]
        for row in stored["outcomes"]["by_ministry"]
        if (row["member_reach"] or {}).get("bodies")
    ]
    for name in [*names, *([TOTAL] if names else [])]:
        bodies, members, reached = (
            counted("取組", name, f"member_reach.{part}") for part in ("bodies", "members", "reached")
        )
        row = "計" if name == TOTAL else name
        yield row, "算定団体数（延べ）", bodies
        yield row, "会員事業者数（者）", members
        yield row, "周知した会員数（者）", reached
        yield row, "周知率（％）", share_of(reached, members)


def _questions(stored: Mapping[str, Any], counted: Counted) -> Expected:
    questions = [row for row in stored["answers"]["questions"] if not row.get("is_former")]
    worded_alike = Counter((row["scope"], row["label"]) for row in questions)
    for row in questions:
        if worded_alike[row["scope"], row["label"]] > 1:
            continue  # its rows cannot be told from those of the other
        own = ("設問別", row["key"], KINDS[row["type"]])
        name = f"{SCOPES[row['scope']]}・{row['label']}"
        answered = counted(*own, "回答数")
        for choice in row["choices"]:
            yield f"{name}・{choice['label']}", "数", counted(*own, f"選択肢 {choice['code']}")
            yield f"{name}・{choice['label']}", "回答数", answered
        if row["total"] is not None:
            yield f"{name}・合計", "数", counted(*own, "合計")
            yield f"{name}・合計", "回答数", answered


SCOPES = {"ministry": "府省庁", "body": "団体"}


def _non_responders(stored: Mapping[str, Any], counted: Counted) -> Expected:
    for row in stored["progress"]["ministries"]:
        if not counted("府省庁別", row["name"], "提出版数"):
            yield row["name"], "対象団体数（延べ）", counted("府省庁別", row["name"], "延べ対象団体数")
            yield row["name"], "発出団体数（延べ）", counted("府省庁別", row["name"], "延べ発出団体数")


OUTCOME_PAGE = "取組の結果"
OUTCOME_COLUMNS = {
    "周知実施団体数（延べ）": "spread",
    "傘下に周知した団体数（延べ）": "forwarded",
    "周知した役職員数（人）": "reached_staff.total",
    "その対象職員数（人）": "insurance_staff.total",
    "その対象職員数（人）（2）": "account_staff.total",
    "出張申請受付団体数（延べ）": "onsite_bodies",
    "出張申請受付回数（回）": "onsite_times.total",
    "好事例（件）": "practices",
    "支障（件）": "obstacles",
}
OUTCOME_ROWS = {
    "周知を実施した団体数": "spread",
    "傘下の団体に周知した団体数": "forwarded",
    "健康保険証利用申込の促進（職員）": "insurance_ministries",
    "公金受取口座登録の促進（職員）": "account_ministries",
    "出張申請受付を実施した団体数": "onsite_bodies",
}


def _outcomes(stored: Mapping[str, Any], counted: Counted) -> Expected:
    rows = stored["outcomes"]["by_ministry"]
    names = [row["ministry"] for row in rows if row["has_submitted"]]
    for name in [*names, *([TOTAL] if rows else [])]:
        row = "計" if name == TOTAL else name
        for heading, figure in OUTCOME_COLUMNS.items():
            yield row, heading, counted("取組", name, figure)
        spread, answered = (counted("取組", name, figure) for figure in ("spread", "spread_answered"))
        yield row, "周知実施率（％、延べ）", share_of(spread, answered)


def _summary_of_outcomes(_stored: Mapping[str, Any], counted: Counted) -> Expected:
    for row, figure in OUTCOME_ROWS.items():
        yield row, "数", counted("取組", TOTAL, figure)


REMARK_PAGES = {"好事例": "practices", "支障": "obstacles"}
RULING_PAGE = "除外・補正した値"
SAID_OF_REMARKS = re.compile(r"回答 ([\d,]+) 件のうち、公表してよいとされた ([\d,]+) 件")


def _remark_differences(book: Workbook, counted: Counted) -> Iterator[Difference]:
    """Compare how many remarks there are, and may be made public, with what their pages say above them."""
    for page, name in REMARK_PAGES.items():
        said = SAID_OF_REMARKS.search(str(book[page].cell(2, 1).value))
        numbers = said.groups() if said else (None, None)
        for heading, figure, number in zip(("回答", "公表"), (name, f"public_{name}"), numbers, strict=True):
            printed, expected = printed_number(number), counted("取組", TOTAL, figure)
            if (printed or 0) != expected:
                yield Difference((PAPER, page, heading), printed, expected)


def _ruling_differences(book: Workbook, stored: Mapping[str, Any], counted: Numbers) -> Iterator[Difference]:
    """Compare how many values the page lists by ministry and effect with those that were ruled on."""
    rows = book[RULING_PAGE].iter_rows(min_row=HEADER_ROW + 1, max_col=4, values_only=True)
    listed = Counter((str(row[0]), str(row[3])) for row in rows)
    for ministry in (row["ministry"] for row in stored["outcomes"]["by_ministry"]):
        for effect, figure in (("除外", "excluded"), ("補正", "corrected")):
            printed = Decimal(listed[ministry, effect])
            expected = counted.get(("取組", ministry, figure), Decimal(0))
            if printed != expected:
                yield Difference((PAPER, RULING_PAGE, ministry, effect), printed, expected)


PAGES = (
    ("概要", _summary),
    ("府省庁別", _ministries),
    ("ひな形・区分別", _categories),
    ("周知手段", _channels),
    ("発出の推移", _days),
    ("報告の状態", _statuses),
    ("会員への周知", _reach),
    ("設問別", _questions),
    ("未提出の府省庁", _non_responders),
)
PAGES_WITH_OUTCOMES = (("概要", _summary_of_outcomes), (OUTCOME_PAGE, _outcomes))
"""Pages of papers that print the outcomes; the first edition did not."""
