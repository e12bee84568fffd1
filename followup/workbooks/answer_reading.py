"""Read what came back in an answer workbook, everything wrong with it at once; pure, no queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.services.contents import Content
from followup.workbooks.answer_body_rows import read_bodies
from followup.workbooks.answer_findings import AnswerReading, Finding, NewBody
from followup.workbooks.answer_layout import (
    BODY_SHEET,
    MINISTRY_SHEET,
    SHEET_NAMES,
    TOKEN_LABEL,
    TOKEN_PROPERTY,
)
from followup.workbooks.answer_matching import FoundSheet, find_sheet, text_of
from followup.workbooks.answer_ministry_rows import read_ministry
from outreach.rules.names import matching_key
from outreach.rules.widths import fold_width
from outreach.workbooks.book import Book, Sheet
from outreach.workbooks.guard import UploadRefused

__all__ = ["AnswerReading", "Finding", "NewBody", "find_token", "read_answers"]

ROWS_WITH_TOKEN = 60
NOT_A_BOOK = (
    "この報告の回答用ブックであることを確認できません。"
    "報告の画面からダウンロードしたブックに記入し、そのブックを選んでください。"
)
NO_SHEETS = (
    f"シート『{MINISTRY_SHEET}』も『{BODY_SHEET}』も見つかりません。"
    "見出しの行を変えていないか確認し、分からないときはブックをダウンロードし直してください。"
)
NO_HEADINGS = (
    "見出しの行が見つかりません。元に戻すか、ブックをダウンロードし直してください。"
    "このシートの回答を取り込まないときは、シートを削除してください。"
)
NO_SHEET = "シートがブックにないため、登録されている回答のままとします。"
HIDDEN = "非表示のシートですが、このシートの回答を取り込みます。"
NO_ROWS = "データの行がありません。記入した行が残っているか確認してください。"
_TOKEN = re.compile(r"[0-9a-f]{32}")


def find_token(book: Book) -> str:
    """Return which workbook this is; the places that still say so must agree.

    Raises:
        UploadRefused: when none says so, or two say different things; what the book is stays untold.
    """
    said = {fold_width(text).lower() for text in _tokens(book)}
    if len(said) != 1 or not _TOKEN.fullmatch(token := said.pop()):
        raise UploadRefused(NOT_A_BOOK)
    return token


def _tokens(book: Book) -> Iterator[str]:
    if told := book.properties.get(TOKEN_PROPERTY, "").strip():
        yield told
    for sheet in book.sheets:
        yield from _tokens_on(sheet)


def _tokens_on(sheet: Sheet) -> Iterator[str]:
    """Give what stands right of 「ブック番号」, blank cells aside."""
    label = matching_key(TOKEN_LABEL)
    for cells in sheet.rows[:ROWS_WITH_TOKEN]:
        for column, value in enumerate(cells):
            if isinstance(value, str) and matching_key(value) == label:
                rest = (text_of(cells, number) for number in range(column + 1, len(cells)))
                yield from filter(None, [next(filter(None, rest), "")])


def read_answers(book: Book, *, content: Content, workbook_form: FormSpec) -> AnswerReading:
    """Match a book to a report and read its answers.

    `workbook_form` is the form that the book was made for, `content` what is stored now, in the form of
    now: answers go from one to the other by their keys.
    """
    reading = AnswerReading()
    ministry = _find(book, Scope.MINISTRY, workbook_form, reading)
    bodies = _find(book, Scope.BODY, workbook_form, reading)
    if ministry:
        read_ministry(book, ministry, content, workbook_form, reading)
    if bodies:
        read_bodies(book, bodies, content, workbook_form, reading)
    if not ministry and not bodies and not reading.problems:
        reading.problems.append(Finding("", "", "", NO_SHEETS))
    elif not reading.cells and not reading.new_bodies and not reading.problems:
        reading.problems.append(Finding("", "", "", NO_ROWS))
    elif not ministry or not bodies:
        _tell_absent(Scope.BODY if ministry else Scope.MINISTRY, workbook_form, reading)
    _tell_versions(content.form, workbook_form, reading)
    return reading


def _find(book: Book, scope: Scope, form: FormSpec, reading: AnswerReading) -> FoundSheet | None:
    """Return the sheet of a scope, telling of those that are passed over and of one without headings."""
    found, others = find_sheet(book, scope, form)
    if found:
        message = f"『{found.sheet.name}』と同じ様式のシートのため、取り込みません。"
        reading.notices.extend(Finding(sheet.name, "", "", message) for sheet in others)
        if not found.sheet.is_visible:
            reading.notices.append(Finding(found.sheet.name, "", "", HIDDEN))
        return found
    name = SHEET_NAMES[scope]
    if any(sheet.is_visible and sheet.name == name for sheet in book.sheets):
        reading.problems.append(Finding(name, "", "", NO_HEADINGS))
    return None


def _tell_absent(scope: Scope, form: FormSpec, reading: AnswerReading) -> None:
    """Tell that the sheet of a scope is gone, unless it was named as wrong or nothing is asked there."""
    name = SHEET_NAMES[scope]
    if any(form.of(scope)) and not any(problem.sheet == name for problem in reading.problems):
        reading.notices.append(Finding(name, "", "", NO_SHEET))


def _tell_versions(now: FormSpec, then: FormSpec, reading: AnswerReading) -> None:
    """Tell what became of the form since the book was made."""
    for question in then.questions:
        asked = now.by_key.get(question.key)
        if asked is None:
            message = "今の様式にない設問のため、このブックの回答は取り込みません。"
            reading.notices.append(Finding("", "", question.label, message))
        elif _meaning(asked) != _meaning(question):
            message = "ブックを作成した後に設問が変わりました。今の様式に合わせて読み取りました。"
            reading.notices.append(Finding("", "", asked.label, message))
    for question in now.questions:
        if question.key not in then.by_key:
            message = "ブックを作成した後に加わった設問です。報告の画面で回答してください。"
            reading.notices.append(Finding("", "", question.label, message))


def _meaning(question: QuestionSpec) -> QuestionSpec:
    """Return a question without what only explains it."""
    return replace(question, section="", help="", example="", prefill="")
