"""Numbers as officers write them into cells: 約１，２００人, 1万2千, 33.3333; no guess without a note."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal

from followup.rules.answers import MISREADABLE, NUMBER_LIMIT, AnswerError, plain_number
from followup.rules.cell_reading import CellReading, taken_as
from followup.rules.questions import QuestionSpec, QuestionType
from outreach.rules.widths import fold_width

_UNITS = (
    *("団体", "事業者", "会員", "施設", "法人", "機関", "店舗", "箇所", "か所", "カ所", "ヶ所", "世帯"),
    *("人", "名", "者", "件", "社", "回", "枚", "部", "店", "校", "台", "冊", "個"),
)
_ABOUT = "約|およそ|おおよそ|おおむね|概ね|ほぼ|だいたい|大体"
_OR_SO = "程度|くらい|ぐらい|前後|ほど|余り|余|強"
_DIGITS = r"[0-9]{1,3}(?:[,、][0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,15}(?:\.[0-9]{1,10})?"
_AMOUNT = re.compile(
    rf"(?:{_ABOUT})?(?P<sign>[-+△▲]?)"
    rf"(?:(?P<oku>{_DIGITS})億)?(?:(?P<man>{_DIGITS})万)?(?:(?P<sen>{_DIGITS})千)?(?P<one>{_DIGITS})?"
    rf"(?P<unit>[^0-9]{{0,10}}?)(?:{_OR_SO})?"
)
_WORTH = {"oku": Decimal(10**8), "man": Decimal(10**4), "sen": Decimal(10**3), "one": Decimal(1)}
_SIGNS = {"": 1, "+": 1, "-": -1, "△": -1, "▲": -1}
_NOTHING = {"-", "なし", "無し", "無", "該当なし", "該当無し", "不明", "未定", "未集計", "n/a", "na", "?"}
_HUNDREDTH = Decimal("0.01")


def read_number(question: QuestionSpec, value: object) -> CellReading:
    """Read a cell of a question for a number.

    Raises:
        AnswerError: for what is no number, or more than one.
    """
    if isinstance(value, str):
        reading = _number_in_text(question, value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerError(_no_number(value))
    else:
        reading = _number_in_cell(question, value)
    return reading if reading.note else _with_doubt(question, value, reading)


def _no_number(value: object) -> str:
    if isinstance(value, date | time):
        return "日付又は時刻が入っています。セルの表示形式を「標準」にして、数を入力し直してください。"
    return "TRUE又はFALSEが入っています。数を入力してください。"


def _number_in_cell(question: QuestionSpec, value: float) -> CellReading:
    """Take a number to the 15 digits that Excel shows; more decimals than are asked are rounded."""
    if not abs(value) < float(NUMBER_LIMIT):  # so that NaN is refused too
        raise AnswerError("桁数が多すぎます。数字を確認してください。")
    if isinstance(value, int):
        return CellReading(str(value))
    number = Decimal(f"{value:.15g}")
    rounded = number.quantize(_HUNDREDTH, ROUND_HALF_UP)
    if number in (rounded, number.to_integral_value()):
        return CellReading(_digits(number))
    if question.type == QuestionType.INTEGER:
        raise AnswerError("整数で入力してください。")
    return CellReading(_digits(rounded), taken_as(f"{number:f}", f"{rounded:,}"))


def _number_in_text(question: QuestionSpec, text: str) -> CellReading:
    is_whole = question.type == QuestionType.INTEGER
    bare = text.strip() if is_whole else text.strip().rstrip("%％")
    try:
        return CellReading(plain_number(bare, question.unit))
    except AnswerError:
        if fold_width(text).lower() in _NOTHING:
            raise AnswerError(
                "数ではない記入があります。無い場合は「0」を入力し、分からない場合は空欄にしてください。"
            ) from None
        number = _amount(question, bare)
        if number is None:
            raise
    return CellReading(_digits(number), taken_as(text, f"{Decimal(_digits(number)):,}"))


def _amount(question: QuestionSpec, text: str) -> Decimal | None:
    """Return the number in 約1万2千人程度; None where there is none, or more than one reading."""
    found = _AMOUNT.fullmatch(fold_width(text))
    if found is None or MISREADABLE.search(text) or found["unit"] not in _units_of(question):
        return None
    total, above = Decimal(0), None
    for name, worth in _WORTH.items():
        if found[name]:
            part = Decimal(re.sub("[,、]", "", found[name])) * worth
            if above is not None and part >= above:
                return None
            total, above = total + part, worth
    return None if above is None else total * _SIGNS[found["sign"]]


def _units_of(question: QuestionSpec) -> set[str]:
    percent = set() if question.type == QuestionType.INTEGER else {"%"}
    return {"", fold_width(question.unit), *_UNITS} | percent


def _with_doubt(question: QuestionSpec, value: object, reading: CellReading) -> CellReading:
    """Ask about a percentage below 1: 45% in a cell for percentages is 0.45 to a spreadsheet."""
    written = str(value)
    if question.type != QuestionType.PERCENT or written.rstrip().endswith(("%", "％")):
        return reading
    number = Decimal(str(reading.typed))
    if not 0 < number < 1:
        return reading
    meant = _digits(number * 100)
    note = f"{taken_as(written, f'{_digits(number)}％')}{meant}％の場合は「{meant}」に直してください。"
    return CellReading(reading.typed, note)


def _digits(number: Decimal) -> str:
    """Return a number without separators, exponent or idle zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
