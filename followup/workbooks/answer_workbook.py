"""The answer workbook (回答用ブック): one report to be filled in with Excel, prefilled with what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import xlsxwriter

from followup.services.contents import Content
from followup.workbooks.answer_body_sheet import keep_silent, write_body_sheet
from followup.workbooks.answer_guide import TITLE, Identity, write_example, write_guide
from followup.workbooks.answer_layout import DEFINITION_SHEET, TOKEN_LABEL, TOKEN_PROPERTY
from followup.workbooks.answer_ministry_sheet import write_ministry_sheet
from followup.workbooks.answer_paper import AnswerPaper
from followup.workbooks.answer_rules import NamedLists
from outreach.rules.wareki import instant_in_tokyo

__all__ = ["Identity", "write_answer_workbook"]


def write_answer_workbook(
    stream: BinaryIO,
    *,
    identity: Identity,
    content: Content,
    tell: Callable[[int], None] = keep_silent,
) -> None:
    """Write a report as a workbook, row by row, so that memory does not grow with its bodies.

    What it is, is said three times over (a document property, the hidden sheet, 記入要領), for
    programs and people drop one or the other. `tell` hears now and then how many rows are written.
    """
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as workbook:
        _describe(workbook, identity)
        lists = NamedLists(workbook, first_row=len(_definitions(identity)) + 1)
        paper = AnswerPaper(
            workbook,
            header=f"{identity.ministry}　{TITLE}（第{identity.round_number}回）",
            footer=f"回答期限：{identity.due_text}　様式第{identity.form_number}版",
            lists=lists,
        )
        write_guide(paper, identity, content.form.instructions)
        write_ministry_sheet(paper, content)
        write_body_sheet(paper, content, tell=tell)
        write_example(paper, content.form)
        _write_definitions(paper, identity)


def _describe(workbook: xlsxwriter.Workbook, identity: Identity) -> None:
    workbook.set_properties(
        {
            "title": f"{TITLE}（第{identity.round_number}回）回答用ブック",
            "subject": identity.request_title,
            "author": "周知依頼トラッカー",
            "created": instant_in_tokyo(identity.made_at).replace(tzinfo=None),
        }
    )
    workbook.set_custom_property(TOKEN_PROPERTY, identity.token, "text")


def _definitions(identity: Identity) -> tuple[tuple[str, str], ...]:
    return (
        (TOKEN_LABEL, identity.token),
        ("様式版", str(identity.form_number)),
        ("報告の版", str(identity.revision)),
        ("作成日時", identity.made_at.isoformat()),
    )


def _write_definitions(paper: AnswerPaper, identity: Identity) -> None:
    """Write the sheet that only programs read: which book this is, and what the drop-downs offer."""
    sheet = paper.workbook.add_worksheet(DEFINITION_SHEET)
    for row, pair in enumerate(_definitions(identity)):
        for column, text in enumerate(pair):
            sheet.write_string(row, column, text)
    paper.lists.write(sheet)
    sheet.protect()
    sheet.very_hidden()
