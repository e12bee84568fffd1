"""引継書 as Excel: for people to read and to print, one page after another, the overview first."""

from __future__ import annotations

from typing import BinaryIO

import xlsxwriter

from followup.services.handover_sheet import HandoverSheet
from followup.services.handover_tables import Part
from followup.workbooks.paper_layout import Heading, Look, Paper
from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import format_wareki, format_wareki_at, instant_in_tokyo

TITLE = "引継書"
OVERVIEW = (Heading("項目", 26, Look.TEXT), Heading("内容", 104, Look.TEXT))


def write_handover_workbook(stream: BinaryIO, sheet: HandoverSheet) -> None:
    local = instant_in_tokyo(sheet.at).replace(tzinfo=None)
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": TITLE, "author": "周知依頼トラッカー", "created": local})
        paper = Paper(workbook, footer=f"{TITLE}　{sheet.ministry.name}（{format_wareki(local.date())}）")
        paper.table("概要", OVERVIEW, overview_rows(sheet), title=_title(sheet), note=_as_of(sheet))
        for part in filter(_has_rows, sheet.parts):  # of the others the overview says that there is nothing
            headings = [Heading(column.heading, column.width) for column in part.columns]
            paper.table(part.title, headings, part.rows, note=_note(part))


def overview_rows(sheet: HandoverSheet) -> list[tuple[str, str]]:
    """Return who hands over to whom and when, what was written for it, and how much of what there is."""
    predecessor, handover = sheet.predecessor, sheet.handover
    rows = [
        ("府省庁", sheet.ministry.name),
        ("前任", f"{predecessor.name}（{predecessor.get_role_display()}）{predecessor.department}"),
        ("前任の連絡先", "　".join(filter(None, [predecessor.email, predecessor.phone]))),
        ("後任", handover.successor_label if handover else "未定"),
        ("引継日", format_wareki(handover.takes_effect_on) if handover else "未定"),
        ("引継ぎ事項", handover.note if handover and handover.note else "（記入なし）"),
    ]
    return rows + [(part.title, _count(part)) for part in sheet.parts]


def sheet_file_name(sheet: HandoverSheet) -> str:
    day = instant_in_tokyo(sheet.at).date()
    return safe_file_name(f"{TITLE}_{sheet.ministry.name}_{sheet.predecessor.name}_{day:%Y%m%d}", ".xlsx")


def _title(sheet: HandoverSheet) -> str:
    return f"{TITLE}（{sheet.ministry.name}　{sheet.predecessor.name}）"


def _as_of(sheet: HandoverSheet) -> str:
    return f"{format_wareki_at(sheet.at)} 現在。内容は府省庁に属し、後任の方は画面で全てを続けられます。"


def _count(part: Part) -> str:
    return f"{len(part.rows) + part.left_out}件" if part.rows else "なし"


def _has_rows(part: Part) -> bool:
    return bool(part.rows)


def _note(part: Part) -> str:
    more = f"ほかに{part.left_out}件あります。全ては画面で御覧ください。" if part.left_out else ""
    return f"{part.note}{more}"
