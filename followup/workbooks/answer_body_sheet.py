"""団体別回答: one notified body a row, and open rows at the bottom for new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from followup.rules.questions import FormSpec, QuestionType, Scope
from followup.services.contents import Content, Row
from followup.workbooks.answer_layout import (
    BODY_PLACES,
    BODY_SHEET,
    CATEGORY_LABELS,
    NOT_ASKED,
    NOTES_MARK,
    TEMPLATE_LABELS,
    AnswerField,
    field_requirement,
    fields_of,
    kind_text,
    requirement_text,
)
from followup.workbooks.answer_paper import (
    DAY_FORMAT,
    TITLE_ROW,
    AnswerPaper,
    row_height,
    write_top,
    write_value,
)
from followup.workbooks.answer_rules import (
    any_of,
    category_validation,
    field_validation,
    issue_day_validation,
    not_asked_formula,
    other_category_formula,
    template_validation,
)
from followup.workbooks.paper_layout import lines_of

ROWS_FOR_NEW_BODIES = 20
TOLD_EVERY = 500

SECTION_ROW, HEADING_ROW, NOTE_ROW, FIRST_ROW = 3, 4, 5, 6
FROZEN_COLUMNS = 3
"""The hidden one, 番号 and 名称 stay in view."""
NAME, CATEGORY, TEMPLATE, ISSUED_ON = range(2, 6)
"""Where BODY_PLACES come to lie."""
ROW_HEIGHT = 22
SMALL_LINE_HEIGHT = 11.5

WIDTHS: Mapping[str, float] = {
    QuestionType.INTEGER: 11,
    QuestionType.DECIMAL: 11,
    QuestionType.PERCENT: 11,
    QuestionType.BOOLEAN: 11,
    QuestionType.SINGLE: 15,
    QuestionType.MULTIPLE: 8,
    QuestionType.SHORT_TEXT: 22,
    QuestionType.LONG_TEXT: 28,
    QuestionType.DATE: 16,
}
OTHER_WIDTH = 18

NOTES_OF_PLACES = {"#id": NOTES_MARK, "#name": "変更はできません。追加する団体等は表の最下行に記入"}


def keep_silent(_rows: int) -> None:
    """Tell nobody how many rows are written."""


def write_body_sheet(
    paper: AnswerPaper, content: Content, *, tell: Callable[[int], None] = keep_silent
) -> None:
    """Write one row a notified body, row by row, so that memory does not grow with their number.

    `tell` hears after every TOLD_EVERY rows how many are written.
    """
    sheet = paper.answer_page(BODY_SHEET)
    fields = fields_of(content.form, Scope.BODY)
    _write_body_headings(paper, sheet, content.form, fields)
    for row_index, row in enumerate(content.rows, start=FIRST_ROW):
        _write_body(paper, sheet, row_index, row, fields)
        written = row_index - FIRST_ROW + 1
        if written % TOLD_EVERY == 0:
            tell(written)
    last = FIRST_ROW + len(content.rows) + ROWS_FOR_NEW_BODIES - 1
    for row_index in range(FIRST_ROW + len(content.rows), last + 1):
        _write_open_row(paper, sheet, row_index, fields)
    _hold_body_cells(paper, sheet, content, fields, last)
    columns = len(BODY_PLACES) + len(fields)
    sheet.autofilter(NOTE_ROW, 1, last, columns - 1)
    sheet.freeze_panes(FIRST_ROW, FROZEN_COLUMNS)
    sheet.repeat_rows(SECTION_ROW, NOTE_ROW)
    sheet.print_area(TITLE_ROW, 0, last, columns - 1)


def _width(field: AnswerField) -> float:
    return OTHER_WIDTH if field.is_other_text else WIDTHS[field.question.type]


def _write_body_headings(
    paper: AnswerPaper, sheet: Worksheet, form: FormSpec, fields: Sequence[AnswerField]
) -> None:
    for column, place in enumerate(BODY_PLACES):
        sheet.set_column(column, column, place.width, None, {"hidden": column == 0})
    for column, field in enumerate(fields, start=len(BODY_PLACES)):
        sheet.set_column(column, column, _width(field))
    write_top(
        paper,
        sheet,
        "団体別回答（1行に1団体）",
        [*(place.key for place in BODY_PLACES), *(field.key for field in fields)],
    )
    sheet.set_row(SECTION_ROW, 20)
    for column, text in _section_texts(form, fields):
        sheet.write_string(SECTION_ROW, column, text, paper.style(bold=True))
    headings = [*(place.heading for place in BODY_PLACES), *(field.heading for field in fields)]
    bold = paper.heading(bold=True)
    _write_heading_row(sheet, HEADING_ROW, headings, bold, row_height(_lines(headings, fields), 24))
    notes = [NOTES_OF_PLACES.get(place.key, "") for place in BODY_PLACES]
    notes += [_note(form, field) for field in fields]
    small = paper.heading(bold=False, font_size=9, valign="top")
    height = row_height(_lines(notes, fields), 24, SMALL_LINE_HEIGHT)
    _write_heading_row(sheet, NOTE_ROW, notes, small, height)


def _lines(texts: Sequence[str], fields: Sequence[AnswerField]) -> list[int]:
    """Return how many lines each heading takes; that of the hidden column does not count."""
    widths = [*(place.width for place in BODY_PLACES), *map(_width, fields)]
    return [lines_of(text, width) for text, width in zip(texts, widths, strict=True)][1:]


def _write_heading_row(
    sheet: Worksheet, row: int, texts: Sequence[str], style: Format, height: float
) -> None:
    sheet.set_row(row, height)
    for column, text in enumerate(texts):
        write_value(sheet, row, column, text, style)


def _section_texts(form: FormSpec, fields: Sequence[AnswerField]) -> list[tuple[int, str]]:
    """Return what stands above the headings: where a section begins, and what a group of marks asks."""
    texts: dict[int, list[str]] = {1: ["団体"]}
    section = ""
    question = None
    for column, field in enumerate(fields, start=len(BODY_PLACES)):
        if field.question.section != section:
            section = field.question.section
            texts.setdefault(column, []).append(f"■{section}" if section else "")
        if field.choice and field.question is not question:
            words = f"{field.question.label}：{requirement_text(form, field.question)}。当たる列全てに○"
            texts.setdefault(column, []).append(words)
        question = field.question
    return [(column, "　".join(filter(None, parts))) for column, parts in texts.items()]


def _note(form: FormSpec, field: AnswerField) -> str:
    """Return what stands under a heading; that of a group of marks stands above it, in full."""
    if field.choice:
        return kind_text(field)
    return f"{kind_text(field)}・{field_requirement(form, field)}"


def _write_body(
    paper: AnswerPaper, sheet: Worksheet, row_index: int, row: Row, fields: Sequence[AnswerField]
) -> None:
    name = row.body_name
    category = CATEGORY_LABELS.get(row.category, row.category)
    template = TEMPLATE_LABELS.get(row.template_number, "")
    centred = paper.boxed(align="center")
    write_value(sheet, row_index, 0, row.pk, centred)
    write_value(sheet, row_index, 1, row_index - FIRST_ROW + 1, centred)
    write_value(sheet, row_index, NAME, name, paper.quoted_box(name))
    write_value(sheet, row_index, CATEGORY, category, paper.quoted_box(category))
    write_value(sheet, row_index, TEMPLATE, template, centred)
    write_value(sheet, row_index, ISSUED_ON, row.issued_on, paper.boxed(align="right", num_format=DAY_FORMAT))
    lines = [lines_of(name, BODY_PLACES[NAME].width), lines_of(category, BODY_PLACES[CATEGORY].width)]
    for column, field in enumerate(fields, start=len(BODY_PLACES)):
        if field.question.key not in row.form.by_key:
            sheet.write_string(row_index, column, NOT_ASKED, paper.not_asked())
            continue
        value = field.cell_value(row.answers)
        is_asked = row.asks(field.question.key)
        style = paper.field_format(field, value) if is_asked else paper.submitted_cell(field, value)
        write_value(sheet, row_index, column, value, style)
        if isinstance(value, str):
            lines.append(lines_of(value, _width(field)))
    sheet.set_row(row_index, row_height(lines, ROW_HEIGHT))


def _write_open_row(
    paper: AnswerPaper, sheet: Worksheet, row_index: int, fields: Sequence[AnswerField]
) -> None:
    """Write a row that a new body can be filled into."""
    sheet.set_row(row_index, ROW_HEIGHT)
    sheet.write_blank(row_index, 0, None, paper.boxed())
    sheet.write_string(row_index, 1, "追加", paper.boxed(align="center"))
    for column, number_format in ((NAME, "@"), (CATEGORY, "@"), (TEMPLATE, "@"), (ISSUED_ON, DAY_FORMAT)):
        sheet.write_blank(row_index, column, None, paper.open_cell(number_format))
    for column, field in enumerate(fields, start=len(BODY_PLACES)):
        sheet.write_blank(row_index, column, None, paper.field_format(field, None))


def _hold_body_cells(
    paper: AnswerPaper, sheet: Worksheet, content: Content, fields: Sequence[AnswerField], last: int
) -> None:
    """Put validations and the grey of what is not asked on whole columns, as rows get sorted."""
    column_of = {field.key: column for column, field in enumerate(fields, start=len(BODY_PLACES))}
    first_new = FIRST_ROW + len(content.rows)

    cells = {key: f"${xl_col_to_name(column)}{FIRST_ROW + 1}" for key, column in column_of.items()}
    sheet.data_validation(first_new, CATEGORY, last, CATEGORY, category_validation(paper.lists))
    sheet.data_validation(first_new, TEMPLATE, last, TEMPLATE, template_validation(paper.lists))
    sheet.data_validation(first_new, ISSUED_ON, last, ISSUED_ON, issue_day_validation())
    category_cell = f"${xl_col_to_name(CATEGORY)}{FIRST_ROW + 1}"
    for field in fields:
        column = column_of[field.key]
        rule = field_validation(content.form, field, paper.lists)
        sheet.data_validation(FIRST_ROW, column, last, column, rule)
        formula = any_of(
            not_asked_formula(content.form, field.question, cells),
            other_category_formula(field.question, category_cell, paper.lists),
        )
        if formula:
            grey = {"type": "formula", "criteria": formula, "format": paper.greyed()}
            sheet.conditional_format(FIRST_ROW, column, last, column, grey)
