"""Days as officers write them into cells: real dates, 和暦, 20230831, serial numbers of spreadsheets."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

from followup.rules.answers import AnswerError
from followup.rules.cell_reading import CellReading, shown, taken_as
from outreach.rules.wareki import GREGORIAN_SINCE, DayError, format_wareki, read_day
from outreach.rules.widths import fold_width

# A plain number is taken for a day counted from the start of a spreadsheet's calendar only in these years.
_SERIALS_FROM, _SERIALS_UNTIL = date(2000, 1, 1), date(2049, 12, 31)
_DAY_0_OF_1900, _DAY_0_OF_1904 = date(1899, 12, 30), date(1904, 1, 1)

_TIME_OF_DAY = re.compile(r"(?P<day>.*\S)[\sT]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+09:00)?")
_SHORT_ERA = re.compile(r"(令|平|昭|大|明)(?=[0-9元])")
_LONG_ERAS = {"令": "令和", "平": "平成", "昭": "昭和", "大": "大正", "明": "明治"}
_ON = re.compile(r"(?:付け?|発出?)$")
_ABOUT = re.compile(r"(?:頃|ころ|ごろ)$")
_NO_YEAR = re.compile(r"[0-9]{1,2}(?:[-/.][0-9]{1,2}|月[0-9]{1,2}日?)")
_EXAMPLE = "「2023-08-31」又は「令和5年8月31日」のように入力してください。"
_DIGITS = re.compile(r"[0-9]{5}|[0-9]{8}")


def read_day_cell(value: object, *, counts_from_1904: bool) -> CellReading:
    """Read a cell of a question for a day; its time of day, if any, is passed over.

    Raises:
        AnswerError: for what is no day, or a day without its year.
    """
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        if day < GREGORIAN_SINCE:
            raise AnswerError(f"{day.year}年の日付が入っています。日付を確認してください。")
        return CellReading(day.isoformat(), _doubt_of_century(day))
    if isinstance(value, str):
        return _day_in_text(value, counts_from_1904=counts_from_1904)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _day_in_number(value, value, counts_from_1904=counts_from_1904)
    raise AnswerError(
        "日付ではない値が入っています。「2023-08-31」又は「令和5年8月31日」のように入力してください。"
    )


def _doubt_of_century(day: date) -> str:
    """Return a note on a day long past: 「2023」 typed into a cell for days becomes 1905-07-15."""
    return "" if day >= _SERIALS_FROM else f"{format_wareki(day)}と読み取りました。年を確かめてください。"


def _day_in_number(number: float, written: object, *, counts_from_1904: bool) -> CellReading:
    day = _written_out(number) or _counted(number, counts_from_1904=counts_from_1904)
    if day is None:
        raise AnswerError(f"日付ではなく数（{shown(written)}）が入っています。{_EXAMPLE}")
    return CellReading(day.isoformat(), taken_as(written, format_wareki(day)))


def _written_out(number: float) -> date | None:
    """Return the day of 20230831."""
    digits = str(number)
    if len(digits) != len("20230831") or not digits.isdecimal():
        return None
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return day if _SERIALS_FROM <= day <= _SERIALS_UNTIL else None


def _counted(number: float, *, counts_from_1904: bool) -> date | None:
    """Return the day of 45169, the serial number under which a spreadsheet keeps 2023-08-31."""
    first = _DAY_0_OF_1904 if counts_from_1904 else _DAY_0_OF_1900
    least, most = ((day - first).days for day in (_SERIALS_FROM, _SERIALS_UNTIL))
    return first + timedelta(days=int(number)) if least <= number < most + 1 else None


def _day_in_text(text: str, *, counts_from_1904: bool) -> CellReading:
    compatible = unicodedata.normalize("NFKC", text).strip()
    timed = _TIME_OF_DAY.fullmatch(compatible)
    written = fold_width(timed["day"] if timed else text)
    if _DIGITS.fullmatch(written) and compatible == written:
        return _day_in_number(int(written), text, counts_from_1904=counts_from_1904)
    if _NO_YEAR.fullmatch(written):
        raise AnswerError("年がありません。「令和5年8月31日」のように年から入力してください。")
    about = _ABOUT.sub("", written)
    spelled = _SHORT_ERA.sub(lambda found: _LONG_ERAS[found[1]], _ON.sub("", about))
    try:
        parsed = read_day(_as_typed(timed["day"] if timed else text, written, spelled))
    except DayError as error:
        raise AnswerError(str(error)) from error
    note = taken_as(text, format_wareki(parsed.day)) if about != written else parsed.note
    return CellReading(parsed.day.isoformat(), note)


def _as_typed(text: str, written: str, spelled: str) -> str:
    """Return what was typed where nothing was put right, as `read_day` looks at its spaces."""
    return text if spelled == written else spelled
