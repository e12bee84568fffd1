"""Compare the Word summary, and what goes back to each ministry, with counted figures."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO

from docx import Document
from openpyxl import load_workbook

from followup.management.recount.printed import (
    Counted,
    Expected,
    page_differences,
    printed_number,
    printed_rows,
    share_of,
    told_apart,
)
from followup.management.recount.tally import TOTAL, Difference, Numbers

SUMMARY, SHEET = "概要", "府省庁別結果"
SHEET_HEADER_ROW = 4
OWN, WHOLE = "貴府省庁", "全体"
OUTCOMES = {
    "回答のあった団体数": "answered_bodies",
    "周知を実施した団体数": "spread",
    "傘下の団体に周知した団体数": "forwarded",
    "会員への周知率の算定団体数": "member_reach.bodies",
    "算定対象の会員事業者数": "member_reach.members",
    "算定対象の周知した会員数": "member_reach.reached",
    "周知した役職員数": "reached_staff.total",
    "健康保険証利用申込の促進の対象職員数": "insurance_staff.total",
    "公金受取口座登録の促進の対象職員数": "account_staff.total",
    "出張申請受付の実施団体数": "onsite_bodies",
    "出張申請受付の実施回数": "onsite_times.total",
    "好事例": "practices",
    "支障": "obstacles",
}
RATES = {
    "周知実施率（周知状況を回答した団体のうち）": ("spread", "spread_answered"),
    "会員への周知率": ("member_reach.reached", "member_reach.members"),
}
TEMPLATES = ("ひな形1", "ひな形2")


def sheet_differences(
    content: IO[bytes], ministry: str, everybody: Sequence[str], counted: Numbers
) -> list[Difference]:
    """Return every figure of a ministry's own sheet that is not the counted one."""
    book = load_workbook(content, data_only=True)
    rows = printed_rows(book["結果"], SHEET_HEADER_ROW)
    return list(page_differences(SHEET, ministry, rows, _of_sheet(ministry, everybody, Counted(counted))))


def _of_sheet(ministry: str, everybody: Sequence[str], counted: Counted) -> Expected:
    for column, own in ((OWN, ("府省庁別", ministry)), (WHOLE, ("発出",))):
        aimed, issued = counted(*own, "延べ対象団体数"), counted(*own, "延べ発出団体数")
        yield "対象団体数", column, aimed
        yield "発出団体数", column, issued
        yield "発出率", column, share_of(issued, aimed)
    for template in TEMPLATES:
        by_ministry = {name: counted("府省庁別", name, f"{template}延べ発出団体数") for name in everybody}
        yield f"{template}の発出団体数", OWN, by_ministry[ministry]
        yield f"{template}の発出団体数", WHOLE, sum(by_ministry.values(), Decimal(0))
    for column, subject in ((OWN, ministry), (WHOLE, TOTAL)):
        for name, figure in OUTCOMES.items():
            yield name, column, counted("取組", subject, figure)
        for name, parts in RATES.items():
            yield name, column, share_of(*(counted("取組", subject, part) for part in parts))


def packed_differences(content: IO[bytes], sheets: Sequence[bytes]) -> list[Difference]:
    """Return whether the zip of all ministries holds other sheets than those given to each."""
    with zipfile.ZipFile(content) as archive:
        packed = {archive.read(name) for name in archive.namelist()}
    if packed == set(sheets):
        return []
    return [Difference((f"{SHEET}一式",), "異なるブック", "府省庁別結果と同じブック")]


def summary_differences(content: IO[bytes], counted: Numbers) -> list[Difference]:
    """Return every figure of the summary, in its table and its sentences, that is not the counted one."""
    document = Document(content)
    header, *cells = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    names = told_apart(row[0] for row in cells)
    rows = {name: dict(zip(header, row, strict=True)) for name, row in zip(names, cells, strict=True)}
    text = "".join(paragraph.text for paragraph in document.paragraphs)
    figures = Counted(counted)
    return [*page_differences(SUMMARY, "表", rows, _of_table(figures)), *_sentence_differences(text, figures)]


def _of_table(counted: Counted) -> Expected:
    aimed, issued = counted("発出", "延べ対象団体数"), counted("発出", "延べ発出団体数")
    yield "対象府省庁数", "数", counted("府省庁", "対象府省庁数")
    yield "提出府省庁数", "数", counted("府省庁", "提出府省庁数")
    yield "発出団体数", "数", issued
    yield "発出団体数（2）", "数", counted("発出", "実発出団体数")
    yield "発出率", "数", share_of(issued, aimed)
    yield "周知を実施した団体数", "数", counted("取組", TOTAL, "spread")
    yield (
        "会員への周知率",
        "数",
        share_of(*(counted("取組", TOTAL, part) for part in RATES["会員への周知率"])),
    )


NUMBER = r"([\d,]+)"
SENTENCES = (
    (f"{NUMBER}府省庁に報告を求め", ("府省庁", "対象府省庁数")),
    (f"報告を求め、{NUMBER}府省庁", ("府省庁", "提出府省庁数")),
    (f"このうち、{NUMBER}府省庁の報告を受理した", ("府省庁", "受理府省庁数")),
    (f"（該当なし）とした府省庁は、{NUMBER}であった", ("府省庁", "該当なし府省庁数")),
    (f"延べ{NUMBER}団体（実数[\\d,]+団体）を要請の対象", ("発出", "延べ対象団体数")),
    (f"（実数{NUMBER}団体）を要請の対象", ("発出", "実対象団体数")),
    (f"周知の状況を回答した延べ{NUMBER}団体", ("取組", TOTAL, "spread_answered")),
    (f"延べ{NUMBER}団体が、要請文を傘下", ("取組", TOTAL, "forwarded")),
    (f"会員{NUMBER}者のうち", ("取組", TOTAL, "member_reach.members")),
    (f"者のうち{NUMBER}者", ("取組", TOTAL, "member_reach.reached")),
    (f"周知した役職員は、合計{NUMBER}人", ("取組", TOTAL, "reached_staff.total")),
    (f"出張申請受付は、延べ{NUMBER}団体", ("取組", TOTAL, "onsite_bodies")),
    (f"健康保険証利用申込の促進は、{NUMBER}府省庁", ("取組", TOTAL, "insurance_ministries")),
    (f"公金受取口座登録の促進は、{NUMBER}府省庁", ("取組", TOTAL, "account_ministries")),
    (f"好事例は{NUMBER}件の回答", ("取組", TOTAL, "practices")),
    (f"支障となっている事項は{NUMBER}件の回答", ("取組", TOTAL, "obstacles")),
)
"""What a sentence says, and the figure that it is; where there is nothing, it is another sentence."""


def _sentence_differences(text: str, counted: Counted) -> Iterator[Difference]:
    for pattern, address in SENTENCES:
        said = re.search(pattern, text)
        printed, expected = printed_number(said.group(1)) if said else None, counted(*address)
        if (printed or 0) != expected:
            yield Difference((SUMMARY, "文章", *address), printed, expected)
