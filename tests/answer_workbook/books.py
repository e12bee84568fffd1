"""Contents without a database, workbooks written from them, and books as an officer's Excel leaves them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell

from followup.rules.questions import Answer, CheckSpec, Choice, FormSpec, QuestionSpec
from followup.services.contents import Content, Row
from followup.workbooks.answer_reading import AnswerReading, read_answers
from followup.workbooks.answer_workbook import Identity, write_answer_workbook
from outreach.models import BodyCategory
from outreach.rules.cells import CellValue, error_problem, unsaved_problem
from outreach.rules.names import matching_key
from outreach.workbooks.book import Book, Sheet

FIXTURE = Path(__file__).parents[2] / "fixtures" / "standard_form.json"
MADE_AT = datetime(2023, 9, 11, 9, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
TOKEN = "0123456789abcdef0123456789abcdef"


def standard_form() -> FormSpec:
    """Return the form that the product brings along."""
    stored = json.loads(FIXTURE.read_text(encoding="utf-8"))
    return FormSpec(
        questions=tuple(_question(fields) for fields in stored["questions"]),
        checks=tuple(CheckSpec(**fields) for fields in stored["cross_checks"]),
        instructions=stored["instructions"],
    )


def _question(fields: dict[str, Any]) -> QuestionSpec:
    plain: dict[str, Any] = {
        **fields,
        "choices": tuple(Choice(**choice) for choice in fields.get("choices", ())),
        "show_when_values": tuple(fields.get("show_when_values", ())),
        "categories": tuple(fields.get("categories", ())),
    }
    plain |= {name: Decimal(str(fields[name])) for name in ("minimum", "maximum") if name in fields}
    return QuestionSpec(**plain)


def make_row(form: FormSpec, pk: int, answers: dict[str, Answer] | None = None, **fields: Any) -> Row:
    """Make a notified body that no database knows."""
    category = fields.get("category", BodyCategory.INDUSTRY)
    name = fields.get("name", f"第{pk}協会")
    return Row(
        form=form.for_category(category),
        pk=pk,
        body_name=name,
        name_key=matching_key(name),
        category=category,
        template_number=fields.get("template", BodyCategory(category).template_number),
        issued_on=fields.get("issued_on", date(2023, 9, 1)),
        answers=answers or {},
        version=1 if answers else None,
    )


def make_content(
    form: FormSpec | None = None,
    answers: dict[str, Answer] | None = None,
    rows: Sequence[Row] = (),
    *,
    from_ledger: Sequence[str] = (),
) -> Content:
    return Content(
        form=form or standard_form(),
        answers=answers or {},
        from_ledger=frozenset(from_ledger),
        no_body_reason="",
        rows=list(rows),
    )


def make_identity(**fields: Any) -> Identity:
    defaults: dict[str, Any] = {
        "token": TOKEN,
        "ministry": "厚生労働省",
        "request_title": "積極的な周知の御協力のお願いについて（依頼）",
        "round_number": 1,
        "form_number": 1,
        "revision": 3,
        "made_at": MADE_AT,
        "due_text": "令和5年10月6日（金）17時00分",
        "contact": "デジタル庁広報戦略チーム　電話 03-0000-0000　メール followup@digital.example",
    }
    return Identity(**(defaults | fields))


def written(content: Content, **identity: Any) -> bytes:
    """Return the workbook of a content as the officer downloads it."""
    stream = io.BytesIO()
    write_answer_workbook(stream, identity=make_identity(**identity), content=content)
    return stream.getvalue()


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def book_of(content: bytes | Workbook) -> Book:
    """Return a workbook as the reader would, without a process of its own (of which there are tests)."""
    opened_book = opened(content) if isinstance(content, bytes) else content
    sheets = tuple(
        Sheet(
            name=sheet.title,
            is_visible=sheet.sheet_state == "visible",
            rows=[_values(row) for row in sheet.iter_rows()],
            merged=tuple(area.coord for area in sheet.merged_cells.ranges),
        )
        for sheet in opened_book.worksheets
    )
    return Book(sheets, {row.name: str(row.value) for row in opened_book.custom_doc_props.props})


def _values(cells: Sequence[Cell]) -> list[CellValue]:
    values = [_value(cell) for cell in cells]
    while values and values[-1] is None:
        values.pop()
    return values


def _value(cell: Cell) -> CellValue:
    if cell.data_type == "f":
        return unsaved_problem(str(cell.value))
    if cell.data_type == "e":
        return error_problem(str(cell.value))
    value: Any = cell.value
    if isinstance(value, datetime):
        return value.date()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def reread(book: bytes | Workbook, content: Content, workbook_form: FormSpec | None = None) -> AnswerReading:
    """Read a book against what is stored."""
    return read_answers(book_of(book), content=content, workbook_form=workbook_form or content.form)
