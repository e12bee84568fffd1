"""What a cell holds, by its type and number format, as it is written out for JSON (see `program`)."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

MAX_CELLS = 800_000
MAX_CHARACTERS = 30_000_000
MAX_CELL_CHARACTERS = 32_767  # Excel's own limit
SHOWN_CHARACTERS = 60

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)

_LITERALS = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general|e[+-]|am/pm|a/p', re.IGNORECASE
)
_DAYS = {*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)}  # 27 on: Japanese Excel's own
_TIMES = {18, 19, 20, 21, 32, 33, 45, 46, 47}
_PERCENTS = {9, 10}

_DAY_BEFORE_1900 = datetime(1899, 12, 31)  # noqa: DTZ001 - cells know no zone
_DAY_OF_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_FALSE_LEAP_DAY = 60  # Excel's 29 February 1900, which never was
_SECONDS_OF_DAY = 86_400
_MIDNIGHT = time()


class TooLargeError(ValueError):
    """The book holds more than an answer workbook or a table of ours; the message is for its sender."""


class Cells:
    """Turn what a cell holds into a value, and count what was turned."""

    def __init__(self, strings: list[str], kinds: list[str], *, counts_from_1904: bool) -> None:
        self._strings = strings
        self._kinds = kinds
        self._counts_from_1904 = counts_from_1904
        self._count = 0
        self._characters = 0
        self._numbers: dict[tuple[str | None, str], Any] = {}

    def read(self, cell: dict[str, str], text: str | None, formula: str | None) -> Any:
        """Return a cell as it is written out; None for a blank one.

        Raises:
            LookupError, ValueError: for a cell that the format does not know.
        """
        if formula is None:
            value = None if text is None else self.value(cell.get("t"), cell.get("s"), text)
        else:
            value = self._formula(cell, text, formula)
        if value is not None:
            self.count(1, len(value) if isinstance(value, str) else 1)
        return value

    def count(self, cells: int, characters: int) -> None:
        """Count what was read; nothing is counted that is too much.

        Raises:
            TooLargeError: when the book holds too much.
        """
        if self._count + cells > MAX_CELLS or self._characters + characters > MAX_CHARACTERS:
            raise TooLargeError(
                f"ブックの値が多すぎます（値の入ったセルは{MAX_CELLS:,}個まで）。"
                "不要なシート、行、列を削除してください。"
            )
        self._count += cells
        self._characters += characters

    def _formula(self, cell: dict[str, str], text: str | None, formula: str) -> dict[str, Any]:
        """Return a formula with its value; an empty text is one, an empty number is not."""
        shown = {"formula": f"={formula}"[:SHOWN_CHARACTERS]}
        if text or (text is not None and cell.get("t") == "str"):
            return shown | {"value": self.value(cell.get("t"), cell.get("s"), text)}
        return shown

    def value(self, kind: str | None, style: str | None, text: str) -> Any:
        """Return what a cell of a type and a style holds, without counting it."""
        if kind == "s":
            return _fitting(self._strings[int(text)])
        if kind in {"str", "inlineStr"}:
            return _fitting(unescaped(text))
        if not text:
            return None
        if kind is None or kind == "n":
            return self._cached_number(style, text)
        return _OTHERS[kind](text.strip())

    def _cached_number(self, style: str | None, text: str) -> Any:
        """Return a number; a sheet repeats few of them, above all its days."""
        key = (style, text)
        value = self._numbers.get(key)
        if value is None:
            value = self._number(self._kinds[int(style)] if style and self._kinds else "number", text.strip())
            if len(self._numbers) < MAX_CELLS // 100:
                self._numbers[key] = value
        return value

    def _number(self, kind: str, text: str) -> Any:
        if kind == "number" and _INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if _NUMBER.fullmatch(text) else float("nan")
        if not abs(number) < float("inf"):
            return _problem(text, "数として表せません。正しい値を入力してください。")
        if kind == "day":
            return self._day(number, text)
        if kind == "time":
            return _time(number, text)
        if kind == "percent":
            return f"{number * 100:.13g}%"
        return int(number) if number.is_integer() else number

    def _day(self, serial: float, text: str) -> Any:
        whole, rest = divmod(serial, 1)
        seconds = round(rest * _SECONDS_OF_DAY, 3)  # Excel's own precision; 0.9999999999 is midnight
        try:
            return _moment(self._first_day(whole) + timedelta(days=whole, seconds=seconds))
        except (OverflowError, ValueError):
            return _problem(text, "日付として表せない数です。正しい日付を入力してください。")

    def _first_day(self, whole: float) -> datetime:
        """Return the day 0 of a serial number; 1900 counts a 29 February that never was."""
        if self._counts_from_1904:
            first, is_day = _DAY_OF_1904, whole >= 0
        else:
            after = whole > _FALSE_LEAP_DAY
            first = _DAY_BEFORE_1900 - timedelta(days=1) if after else _DAY_BEFORE_1900
            is_day = whole >= 1 and whole != _FALSE_LEAP_DAY
        if not is_day:
            raise ValueError(whole)
        return first


def kind_of_format(code: str) -> str:
    """Return what a number format shows: "day", "time", "percent" or "number"."""
    bare = _LITERALS.sub(lambda found: "h" if found[0].lower() in {"am/pm", "a/p"} else "", code)
    letters = bare.partition(";")[0].lower()
    if re.search("[ydeg]|aaa", letters):
        return "day"
    if re.search("[hs]", letters):
        return "time"
    if "m" in letters:
        return "time" if "[m" in letters else "day"
    return "percent" if "%" in letters else "number"


def kind_of_number(number: int) -> str:
    """Return the same for the number of a format that is built into Excel."""
    if number in _DAYS:
        return "day"
    if number in _TIMES:
        return "time"
    return "percent" if number in _PERCENTS else "number"


def unescaped(text: str) -> str:
    """Return text with what Excel writes for characters that XML cannot hold (_x000D_)."""
    if "_x" not in text:
        return text
    characters = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return characters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _fitting(text: str) -> Any:
    if len(text) > MAX_CELL_CHARACTERS:
        return _problem(text, f"文字数が多すぎます（{len(text):,}文字）。短くしてください。")
    return text or None


def _time(serial: float, text: str) -> Any:
    """Return a time of day; a duration of a day and more as text."""
    seconds = round(serial * _SECONDS_OF_DAY)
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if not 0 <= seconds < _SECONDS_OF_DAY:
        return shown if seconds > 0 else _problem(text, "時刻として表せない数です。")
    return {"time": shown}


def _iso(text: str) -> Any:
    try:
        return _moment(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None))
    except ValueError:
        return _problem(text, "日付として読み取れません。")


def _moment(moment: datetime) -> dict[str, str]:
    if moment.time() == _MIDNIGHT:
        return {"date": moment.date().isoformat()}
    return {"datetime": moment.isoformat()}


def _problem(text: str, message: str) -> dict[str, str]:
    return {"problem": message, "shown": text[:SHOWN_CHARACTERS]}


_OTHERS: dict[str, Callable[[str], Any]] = {
    "b": lambda text: text in {"1", "true"},
    "d": _iso,
    "e": lambda text: {"error": text[:SHOWN_CHARACTERS]},
}
