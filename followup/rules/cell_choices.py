"""Choices as officers write them into cells: labels, codes, ○ and ×, numbers of the list, several at once."""

from __future__ import annotations

import re
from datetime import date, time

from followup.rules.answers import FALSE_WORDS, TRUE_WORDS, AnswerError
from followup.rules.cell_reading import CellReading, shown, taken_as
from followup.rules.questions import Choice, QuestionSpec
from outreach.rules.cells import CellProblem, CellValue
from outreach.rules.names import matching_key
from outreach.rules.widths import fold_width

_TRUE = TRUE_WORDS | {"◯", "〇", "●", "✓", "✔", "☑", "レ", "有り", "あり"}
_FALSE = FALSE_WORDS | {"✕", "✖", "✗", "✘", "❌", "☐", "無し", "なし"}
_ENCLOSED = re.compile(r"[①-⒛]")  # ① to ⑳, ⑴ to ⒇, ⒈ to ⒛; side by side they would fold into one number
_MAY_BE_NUMBERED = re.compile(r"[\s\d(（①-⒛]")
_NUMBERED = re.compile(r"\(?(?P<number>[0-9]{1,3})[).:、,]?(?P<label>.*)")
_SEPARATORS = (re.compile(r"[,，、;；\n\r|｜]+"), re.compile(r"[,，、;；\n\r|｜/／・\s]+"))
_NOT_CHOICE = "選択肢の中から選んでください。"


def read_boolean(_question: QuestionSpec, value: CellValue) -> CellReading:
    """Read a cell of a はい／いいえ question."""
    found = _truth(value)
    if found is None:
        raise AnswerError("「はい」又は「いいえ」を選んでください。")
    return CellReading("true" if found else "false")


def read_mark(value: CellValue) -> bool:
    """Say whether a choice of a 複数選択 that has a column of its own is marked; blank is not.

    Raises:
        AnswerError: for anything that is neither a mark nor its opposite; "x" may be meant as either.
    """
    if value is None or (isinstance(value, str) and not fold_width(value)):
        return False
    if isinstance(value, CellProblem):
        raise AnswerError(value.message)
    found = _truth(value)
    if found is None:
        raise AnswerError("選ぶ場合は「○」を入力し、選ばない場合は空欄にしてください。")
    return found


def read_single(question: QuestionSpec, value: CellValue) -> CellReading:
    """Read a cell of a 単一選択 question.

    Raises:
        AnswerError: for what is none of the choices, or more than one.
    """
    text = _text(value)
    choice, note = _chosen(question, text)
    return CellReading(choice.code, note)


def read_multiple(question: QuestionSpec, value: CellValue) -> CellReading:
    """Read a cell that holds all the choices of a 複数選択 question, one after the other."""
    text = _text(value)
    try:
        found = [_chosen(question, text)]
    except AnswerError:
        found = _several(question, _ENCLOSED.sub(r" \g<0> ", text))
    codes = {choice.code for choice, _note in found}
    typed = tuple(choice.code for choice in question.choices if choice.code in codes)
    return CellReading(typed, "".join(dict.fromkeys(note for _choice, note in found)))


def _truth(value: CellValue) -> bool | None:
    if isinstance(value, bool):
        return value
    written = fold_width(_plain(value)).lower()
    if written in _TRUE or written in _FALSE:
        return written in _TRUE
    return None


def _text(value: CellValue) -> str:
    """Return a cell as text; a day is what a spreadsheet makes of "1-2" or "1/2"."""
    if isinstance(value, date | time):
        raise AnswerError(f"日付又は時刻が入っています。{_NOT_CHOICE}")
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    return _plain(value).strip()


def _plain(value: CellValue) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _several(question: QuestionSpec, text: str) -> list[tuple[Choice, str]]:
    """Return the choices in a text at the first separators that part it into choices only."""
    problem = AnswerError(_NOT_CHOICE)
    for separators in reversed(_SEPARATORS):
        pieces = [piece for piece in separators.split(text) if piece.strip()]
        try:
            return [_chosen(question, piece.strip()) for piece in pieces]
        except AnswerError as error:
            problem = error
    raise problem


def _chosen(question: QuestionSpec, text: str) -> tuple[Choice, str]:
    """Return the choice that a text names, and a note where it does by the number of the list."""
    exact = [choice for choice in question.choices if text in {choice.code, choice.label}]
    if len(exact) == 1 and not _MAY_BE_NUMBERED.match(text):
        return exact[0], ""
    key = matching_key(text)
    alike = [row for row in question.choices if key in {matching_key(row.code), matching_key(row.label)}]
    named = exact or alike
    numbered, has_label = _numbered(question, text)
    meant = {choice.code: choice for choice in (*named, numbered) if choice}
    if len(meant) > 1:
        raise AnswerError(f"「{shown(text)}」は二通りに読めます。{_NOT_CHOICE}")
    if not meant:
        raise AnswerError(_why_not(question, text))
    (choice,) = meant.values()
    return choice, "" if named or has_label else taken_as(text, f"「{choice.label}」")


def _numbered(question: QuestionSpec, text: str) -> tuple[Choice | None, bool]:
    """Return the choice of a number in the list (2, ②, (2), 2.), and whether its label stands behind it."""
    found = _NUMBERED.fullmatch(fold_width(text))
    if found is None or len(_ENCLOSED.findall(text)) > 1:
        return None, False
    choices = dict(enumerate(question.choices, start=1))
    choice = choices.get(int(found["number"]))
    label = matching_key(found["label"])
    if choice is None or label not in {"", matching_key(choice.label)}:
        return None, False
    return choice, bool(label)


def _why_not(question: QuestionSpec, text: str) -> str:
    other = question.other_choice
    if other and matching_key(text).startswith(f"{matching_key(other.label)}("):
        return f"「{other.label}」だけを選び、内容は「{other.label}」の内容の欄に入力してください。"
    return f"「{shown(text)}」は選択肢にありません。{_NOT_CHOICE}"
