"""The columns of 設問 in the workbook of a form: for every field of a question its heading and its text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from followup.models import CrossCheck, Question
from followup.rules.form_lines import FormLineError, choice_line, read_choice, read_value, value_line
from followup.rules.prefill import PREFILL_LABELS
from followup.rules.questions import QuestionType, Scope
from outreach.models import BodyCategory
from outreach.rules.cells import CellProblem, CellValue
from outreach.rules.names import NameTextError, clean_name
from outreach.rules.wareki import format_wareki
from outreach.rules.widths import fold_width

YES, NO = "はい", "いいえ"
LARGEST_ORDER = 32_767
LONGEST_TEXT = 32_000  # a cell takes 32,767 characters
LARGEST_LENGTH = 1_000_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

Row = dict[str, Any]
"""The fields of a question or a cross-check by their names, as JSON holds them (decimals as text)."""


class CellTextError(ValueError):
    """What a cell says is not what its column takes; the message is for the person who wrote it."""


@dataclass(frozen=True)
class FormColumn:
    """One field: what is above it, how it is written and read, how wide it is, what it may hold."""

    name: str
    heading: str
    show: Callable[[Any], str | int | float]
    read: Callable[[str], Any]
    width: float
    hint: str = ""
    list_of: tuple[str, ...] = ()
    blank: Any = ""
    is_needed: bool = False
    is_number: bool = False


def cell_text(value: CellValue) -> str:
    """Return what a cell says as text; a number or a day that Excel made of it is read back."""
    if value is None:
        return ""
    if isinstance(value, CellProblem):
        raise CellTextError(value.message)
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, datetime):
        return format_wareki(value.date())
    if isinstance(value, date):
        return format_wareki(value)
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _line(limit: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            line = clean_name(text.replace("\n", " "))
        except NameTextError as error:
            raise CellTextError(str(error)) from error
        return _within(line, limit)

    return read


def _within(text: str, limit: int) -> str:
    if len(text) > limit:
        raise CellTextError(f"{limit:,}文字以内で入力してください（現在{len(text):,}文字）。")
    return text


def read_lines(text: str) -> str:
    """Read a text of several lines."""
    if found := _CONTROLS.search(text):
        raise CellTextError(f"使えない文字（U+{ord(found[0]):04X}）が含まれています。削除してください。")
    return _within(unicodedata.normalize("NFC", text), LONGEST_TEXT)


def _key(text: str) -> str:
    key = fold_width(text)
    try:
        validate_slug(key)
    except ValidationError as error:
        raise CellTextError("キーは半角の英数字、「_」及び「-」で入力してください。") from error
    return _within(key, 40)


def _whole(least: int, largest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        digits = fold_width(text).replace(",", "")
        if not re.fullmatch(r"[0-9]{1,9}", digits) or not least <= int(digits) <= largest:
            raise CellTextError(f"{least:,}から{largest:,}までの整数を入力してください。")
        return int(digits)

    return read


def _decimal(text: str) -> str:
    try:
        number = Decimal(fold_width(text).replace(",", ""))
    except InvalidOperation as error:
        raise CellTextError("数として読み取れません。数字だけを入力してください。") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 13 or number != round(number, 2):
        raise CellTextError("整数部は13桁まで、小数は第2位までの数を入力してください。")
    return f"{number.normalize():f}"


def _one_of(labels: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in labels:
            raise CellTextError(f"「{'」「'.join(labels)}」のいずれかを入力してください。")
        return labels[text]

    return read


def _each(read: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def read_each(text: str) -> list[Any]:
        try:
            return [read(line.strip()) for line in text.split("\n") if line.strip()]
        except FormLineError as error:
            raise CellTextError(str(error)) from error

    return read_each


def _choice(line: str) -> dict[str, Any]:
    return read_choice(_line(500)(line))


def _labels(choices: Any) -> dict[str, str]:
    return {str(label): str(code) for code, label in choices}


def _heading(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)


def _shown_number(number: Decimal | None) -> str | int | float:
    if number is None:
        return ""
    return int(number) if number == int(number) else float(number)


SCOPES, TYPES = _labels(Scope.choices), _labels(QuestionType.choices)
CATEGORIES = _labels(BodyCategory.choices)
PREFILLS = {label: name for name, label in PREFILL_LABELS.items()}
OPERATORS = _labels(CrossCheck.Operator.choices)


def _label_of(labels: Mapping[str, str]) -> Callable[[str], str]:
    by_code = {code: label for label, code in labels.items()}
    return lambda code: by_code.get(code, code)


def _as_it_is(value: Any) -> Any:
    return value


def _question(
    name: str,
    show: Callable[[Any], Any],
    read: Callable[[str], Any],
    width: float,
    hint: str = "",
    **more: Any,
) -> FormColumn:
    return FormColumn(name, _heading(Question, name), show, read, width, hint, **more)


def _check(name: str, width: float, hint: str, read: Callable[[str], Any] = _key, **more: Any) -> FormColumn:
    more = {"show": _as_it_is, **more}
    return FormColumn(
        name, _heading(CrossCheck, name), read=read, width=width, hint=hint, is_needed=True, **more
    )


def _joined(line_of: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda values: "\n".join(line_of(value) for value in values)


QUESTION_COLUMNS: tuple[FormColumn, ...] = (
    _question(
        "order", _as_it_is, _whole(0, LARGEST_ORDER), 6, "小さい順に並びます。10刻みが便利です。",
        is_needed=True, is_number=True,
    ),
    _question(
        "key", _as_it_is, _key, 22,
        "回答と集計を版の間で結び付ける名前です。公開した設問のキーは変えないでください。",
        is_needed=True,
    ),
    _question(
        "scope", _label_of(SCOPES), _one_of(SCOPES), 8, "府省庁：一度だけ。団体：発出した団体ごと。",
        list_of=tuple(SCOPES), is_needed=True,
    ),
    _question("section", _as_it_is, _line(100), 24, "同じ見出しの設問は一つの枠にまとまります。"),
    _question("type", _label_of(TYPES), _one_of(TYPES), 12, list_of=tuple(TYPES), is_needed=True),
    _question("label", _as_it_is, _line(200), 34, is_needed=True),
    _question("help", _as_it_is, read_lines, 40, "設問の下に示す説明です。"),
    _question("example", _as_it_is, _line(200), 24),
    _question("unit", _as_it_is, _line(20), 8, "数の設問に。例：者、人、回"),
    _question(
        "required", lambda value: YES if value else NO, _one_of({YES: True, NO: False}), 7,
        "空欄は「いいえ」です。", list_of=(YES, NO), blank=False,
    ),
    _question("minimum", _shown_number, _decimal, 9, blank=None, is_number=True),
    _question("maximum", _shown_number, _decimal, 9, blank=None, is_number=True),
    _question(
        "max_length", lambda value: "" if value is None else value, _whole(1, LARGEST_LENGTH), 9,
        "文字の設問に。空欄のときは短文200文字、長文2,000文字です。", blank=None, is_number=True,
    ),
    _question(
        "choices", _joined(choice_line), _each(_choice), 36,
        "1行に一つ「コード 表示」。自由記入を伴うものは末尾に（その他）。"
        "セル内の改行は Alt＋Enter です。",
        blank=[],
    ),
    _question(
        "show_when_key", _as_it_is, _key, 18, "ほかの設問の回答によって表示するときに、その設問のキー。"
    ),
    _question(
        "show_when_values", _joined(value_line), _each(lambda line: read_value(_line(200)(line))), 16,
        "1行に一つ。選択肢のコード、「はい」「いいえ」、又は回答があれば表示する「（回答あり）」。", blank=[],
    ),
    _question(
        "categories", _joined(_label_of(CATEGORIES)), _each(_one_of(CATEGORIES)), 30,
        "団体の設問だけ。1行に一つの区分。空欄は全ての区分に尋ねます。", blank=[],
    ),
    _question(
        "prefill", _label_of(PREFILLS), _one_of(PREFILLS), 20, "発出の記録から転記するときに選びます。",
        list_of=tuple(PREFILLS),
    ),
)  # fmt: skip

CHECK_COLUMNS: tuple[FormColumn, ...] = (
    _check("left_key", 28, "団体又は府省庁の、数の設問のキー。"),
    _check("operator", 8, "", _one_of(OPERATORS), show=_label_of(OPERATORS), list_of=tuple(OPERATORS)),
    _check("right_key", 28, "左と同じ単位の設問のキー。"),
    _check("message", 70, "成り立たないときに表示する文。", _line(200)),
)
