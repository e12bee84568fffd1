"""府省庁回答: the ministry's own questions, one a row."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from followup.rules.questions import FormSpec, Scope
from followup.services.contents import Content
from followup.workbooks.answer_layout import (
    FROM_LEDGER,
    MINISTRY_PLACES,
    MINISTRY_SHEET,
    SUBMITTED,
    AnswerField,
    field_requirement,
    fields_of,
)
from followup.workbooks.answer_paper import (
    TITLE_ROW,
    AnswerPaper,
    CellContent,
    row_height,
    write_top,
    write_value,
)
from followup.workbooks.answer_rules import any_of, field_validation, not_asked_formula
from followup.workbooks.paper_layout import lines_of

HEADING_ROW = 3
ANSWER_COLUMN = [place.key for place in MINISTRY_PLACES].index("#answer")


def write_ministry_sheet(paper: AnswerPaper, content: Content) -> None:
    """Write the ministry's own questions, each in a row that its key knows again."""
    sheet = paper.answer_page(MINISTRY_SHEET)
    fields = fields_of(content.form, Scope.MINISTRY)
    for column, place in enumerate(MINISTRY_PLACES):
        sheet.set_column(column, column, place.width, None, {"hidden": column == 0})
    write_top(paper, sheet, "府省庁回答（1行に1問）", [place.key for place in MINISTRY_PLACES])
    sheet.set_row(HEADING_ROW, 24)
    for column, place in enumerate(MINISTRY_PLACES):
        sheet.write_string(HEADING_ROW, column, place.heading, paper.heading())
    first = HEADING_ROW + 1
    for row, field in enumerate(fields, start=first):
        _write_question(paper, sheet, row, field, content)
    _hold_ministry_cells(paper, sheet, content.form, fields)
    sheet.freeze_panes(first, 0)
    sheet.repeat_rows(HEADING_ROW)
    sheet.print_area(TITLE_ROW, 0, first + max(len(fields), 1) - 1, len(MINISTRY_PLACES) - 1)


def _write_question(
    paper: AnswerPaper, sheet: Worksheet, row: int, field: AnswerField, content: Content
) -> None:
    texts: dict[str, CellContent] = {
        "#key": field.key,
        "#number": row - HEADING_ROW,
        "#section": field.question.section,
        "#label": field.label,
        "#answer": field.cell_value(content.answers),
        "#unit": field.unit,
        "#condition": field_requirement(content.form, field),
        "#help": _help_text(field),
        "#note": _note(field, content),
    }
    shown = MINISTRY_PLACES[1:]
    sheet.set_row(row, row_height([lines_of(texts[place.key], place.width) for place in shown], 26))
    for column, place in enumerate(MINISTRY_PLACES):
        value = texts[place.key]
        if place.key == "#answer":
            is_asked = content.asks(field.question.key)
            style = paper.field_format(field, value) if is_asked else paper.submitted_cell(field, value)
        elif place.key in {"#number", "#unit"}:
            style = paper.boxed(align="center")
        else:
            style = paper.quoted_box(str(value))
        write_value(sheet, row, column, value, style)


def _note(field: AnswerField, content: Content) -> str:
    if not content.asks(field.question.key):
        return SUBMITTED
    return FROM_LEDGER if field.answer_key in content.from_ledger else ""


def _help_text(field: AnswerField) -> str:
    question = field.question
    if field.is_other_text:
        return "「その他」を選んだときに、その内容を記入してください。"
    if field.choice:
        return question.help
    example = f"例：{question.example}" if question.example else ""
    return "\n".join(filter(None, (question.help, example)))


def _hold_ministry_cells(
    paper: AnswerPaper, sheet: Worksheet, form: FormSpec, fields: Sequence[AnswerField]
) -> None:
    row_of = {field.key: row for row, field in enumerate(fields, start=HEADING_ROW + 1)}

    cells = {
        key: xl_rowcol_to_cell(row, ANSWER_COLUMN, row_abs=True, col_abs=True) for key, row in row_of.items()
    }
    for field in fields:
        row = row_of[field.key]
        sheet.data_validation(
            row, ANSWER_COLUMN, row, ANSWER_COLUMN, field_validation(form, field, paper.lists)
        )
        if formula := any_of(not_asked_formula(form, field.question, cells)):
            grey = {"type": "formula", "criteria": formula, "format": paper.greyed()}
            sheet.conditional_format(row, ANSWER_COLUMN, row, ANSWER_COLUMN, grey)
