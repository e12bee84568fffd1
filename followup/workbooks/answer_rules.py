"""What Excel itself holds an answer cell to: drop-downs, limits, messages, and when it turns grey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from followup.rules.answers import LONG_TEXT_LENGTH, NUMBER_LIMIT, SHORT_TEXT_LENGTH
from followup.rules.questions import ANSWERED, NUMBERS, FormSpec, QuestionSpec, QuestionType
from followup.workbooks.answer_layout import (
    CATEGORY_LABELS,
    DEFINITION_SHEET,
    MARK,
    NO,
    TEMPLATE_LABELS,
    YES,
    AnswerField,
    field_requirement,
)

TITLE_CHARACTERS, MESSAGE_CHARACTERS = 32, 255  # Excel's own limits
FORMULA_CHARACTERS, LITERAL_CHARACTERS = 8_192, 255
FIRST_DAY, LAST_DAY = date(1900, 3, 1), date(2199, 12, 31)
PERCENT = 100

Cells = Mapping[str, str]
"""By the key of a field: the address of its cell, as a formula needs it."""


class NamedLists:
    """What drop-downs choose from: kept on the hidden sheet, one list a row, each with a defined name."""

    def __init__(self, workbook: Workbook, first_row: int) -> None:
        self._workbook = workbook
        self._first_row = first_row
        self._names: dict[tuple[str, ...], str] = {}

    def name(self, labels: Iterable[str]) -> str:
        """Return the name of a list; one list has one name."""
        values = tuple(labels)
        if values not in self._names:
            row = self._first_row + len(self._names) + 1
            self._names[values] = f"list_{len(self._names) + 1}"
            last = column_letters(len(values))
            self._workbook.define_name(self._names[values], f"='{DEFINITION_SHEET}'!$B${row}:${last}${row}")
        return self._names[values]

    def write(self, sheet: Worksheet) -> None:
        """Write every list that was named, from the first row on."""
        for row, (values, name) in enumerate(self._names.items(), start=self._first_row):
            for column, text in enumerate((name, *values)):
                sheet.write_string(row, column, text)


def column_letters(index: int) -> str:
    """Return the letters of a column; 0 is A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def field_validation(form: FormSpec, field: AnswerField, lists: NamedLists) -> dict[str, Any]:
    """Return what Excel is told about the cells of a field."""
    question = field.question
    rule, refusal = _rule(field, lists)
    hints = [
        field_requirement(form, field),
        question.help,
        f"例：{question.example}"
        if question.example and not field.choice and not field.is_other_text
        else "",
    ]
    return rule | _messages(field.label, "\n".join(filter(None, hints)), refusal)


def category_validation(lists: NamedLists) -> dict[str, Any]:
    rule = {"validate": "list", "source": f"={lists.name(CATEGORY_LABELS.values())}"}
    return rule | _messages("団体の区分", "追加する団体の区分を一覧から選んでください。", _CHOOSE)


def template_validation(lists: NamedLists) -> dict[str, Any]:
    rule = {"validate": "list", "source": f"={lists.name(TEMPLATE_LABELS.values())}"}
    hint = "業界団体等はひな形1、独立行政法人等はひな形2です。"
    return rule | _messages("用いたひな形", hint, _CHOOSE)


def issue_day_validation() -> dict[str, Any]:
    return _date_rule() | _messages("発出日", "要請文を発出した日を入力してください。", _A_DAY)


_CHOOSE = "一覧の中から選んでください。"
_A_DAY = "日付を「2023/9/4」又は「令和5年9月4日」のように入力してください。"


def _rule(field: AnswerField, lists: NamedLists) -> tuple[dict[str, Any], str]:
    """Return the check and the message that refuses."""
    question = field.question
    if labels := _labels(field):
        refusal = f"当たるときは「{MARK}」を選んでください。" if field.choice else _CHOOSE
        return {"validate": "list", "source": f"={lists.name(labels)}"}, refusal
    if field.key == question.key and question.type in NUMBERS:
        return _number_rule(question)
    if field.key == question.key and question.type == QuestionType.DATE:
        return _date_rule(), _A_DAY
    is_long = field.key == question.key and question.type == QuestionType.LONG_TEXT
    limit = SHORT_TEXT_LENGTH if field.is_other_text else question.max_length
    return _length_rule(limit or (LONG_TEXT_LENGTH if is_long else SHORT_TEXT_LENGTH))


def _labels(field: AnswerField) -> tuple[str, ...]:
    """Return what a field is chosen from; () when it is written freely."""
    if field.choice:
        return (MARK,)
    if field.is_other_text:
        return ()
    if field.question.type == QuestionType.BOOLEAN:
        return (YES, NO)
    return tuple(choice.label for choice in field.question.choices)


def _length_rule(limit: int) -> tuple[dict[str, Any], str]:
    return {"validate": "length", "criteria": "<=", "value": limit}, f"{limit:,}文字以内で入力してください。"


def _date_rule() -> dict[str, Any]:
    return {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}


def _number_rule(question: QuestionSpec) -> tuple[dict[str, Any], str]:
    is_percent = question.type == QuestionType.PERCENT
    least = question.minimum if question.minimum is not None else (0 if is_percent else 1 - NUMBER_LIMIT)
    most = question.maximum if question.maximum is not None else (PERCENT if is_percent else NUMBER_LIMIT - 1)
    kind = "integer" if question.type == QuestionType.INTEGER else "decimal"
    rule = {"validate": kind, "criteria": "between", "minimum": float(least), "maximum": float(most)}
    name = "整数" if kind == "integer" else "数"
    limits = [
        f"{least:,.10g}以上" if is_percent or question.minimum is not None else "",
        f"{most:,.10g}以下" if is_percent or question.maximum is not None else "",
    ]
    sign = "％の記号は付けません。" if is_percent else ""
    return rule, f"{''.join(limits)}{'の' if any(limits) else ''}{name}だけを入力してください。{sign}"


def _messages(title: str, hint: str, refusal: str) -> dict[str, Any]:
    return {
        "input_title": _cut(title, TITLE_CHARACTERS),
        "input_message": _cut(hint, MESSAGE_CHARACTERS),
        "error_title": "入力できない値です",
        "error_message": _cut(refusal, MESSAGE_CHARACTERS),
        "error_type": "stop",
        "ignore_blank": True,
    }


def _cut(text: str, limit: int) -> str:
    """Cut a text to what Excel holds; it counts in units of UTF-16."""
    if len(text.encode("utf-16-le")) <= 2 * limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


def not_asked_formula(form: FormSpec, question: QuestionSpec, cells: Cells) -> str:
    """Return the formula that is true while a question's condition is not met; "" where it has none.

    A question that hangs on one that is not asked is not asked either.
    """
    condition = form.by_key.get(question.show_when_key)
    if condition is None:
        return ""
    met = ",".join(_met(condition, value, cells) for value in question.show_when_values)
    above = not_asked_formula(form, condition, cells)
    return f"OR({above},NOT(OR({met})))" if above else f"NOT(OR({met}))"


def _met(condition: QuestionSpec, value: str | bool, cells: Cells) -> str:  # noqa: FBT001
    if value == ANSWERED:
        own = [f'{cell}<>""' for key, cell in cells.items() if key.partition("=")[0] == condition.key]
        return f"OR({','.join(own)})" if own else "FALSE"
    is_marked = condition.type == QuestionType.MULTIPLE
    cell = cells.get(f"{condition.key}={value}" if is_marked else condition.key)
    if cell is None:  # a condition that nothing can meet
        return "FALSE"
    text = (YES if value else NO) if isinstance(value, bool) else condition.label_of(value)
    return f'{cell}<>""' if is_marked else f"{cell}={_literal(text)}"


def _literal(text: str) -> str:
    """Return a text inside a formula; one that is too long for it can never be what a cell says."""
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if len(quoted) <= LITERAL_CHARACTERS else '""'


def other_category_formula(question: QuestionSpec, category_cell: str, lists: NamedLists) -> str:
    """Return the formula that is true for a body of a category that is not asked; "" if all are."""
    if not question.categories:
        return ""
    labels = (label for code, label in CATEGORY_LABELS.items() if code in question.categories)
    return f'AND({category_cell}<>"",ISNA(MATCH({category_cell},{lists.name(labels)},0)))'


def any_of(*formulas: str) -> str:
    """Return the formula of a conditional format; "" when there is none or Excel would not take it."""
    given = [formula for formula in formulas if formula]
    joined = f"=OR({','.join(given)})" if given else ""
    return joined if len(joined) <= FORMULA_CHARACTERS else ""
