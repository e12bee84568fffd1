"""和暦: days in Japanese eras, for showing and for reading what people type."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.rules.widths import fold_width

TOKYO = ZoneInfo("Asia/Tokyo")

# Japan took the Gregorian calendar on 明治6年1月1日; before it, era dates are those of another calendar.
GREGORIAN_SINCE = date(1873, 1, 1)

_WEEKDAYS = "月火水木金土日"


class DayError(ValueError):
    """Text that is not a day; the message is for the person who typed it."""


@dataclass(frozen=True)
class ParsedDay:
    """A day as read, with a note in Japanese to show when it was not taken as written (else "")."""

    day: date
    note: str = ""


@dataclass(frozen=True)
class Era:
    """An era (元号). Its first day, on which the old one ended, belongs to it."""

    name: str
    letter: str
    starts_on: date


ERAS = (
    Era("明治", "M", date(1868, 1, 25)),
    Era("大正", "T", date(1912, 7, 30)),
    Era("昭和", "S", date(1926, 12, 25)),
    Era("平成", "H", date(1989, 1, 8)),
    Era("令和", "R", date(2019, 5, 1)),
)
HEISEI, REIWA = ERAS[-2:]

_ERA_OF_SIGN = {sign: era for era in ERAS for sign in (era.name, era.letter)}
_YEAR = rf"(?:(?P<era>{'|'.join(_ERA_OF_SIGN)})(?P<era_year>元|[0-9]{{1,4}})|(?P<year>[0-9]{{4}}))"
_WEEKDAY = rf"(?:\((?P<weekday>[{_WEEKDAYS}])(?:曜日?)?\))?"
_SPLIT_NUMBER = re.compile(r"\d\s+\d")  # "8/1 2" must not be read as 8/12 once spaces are gone
_SPELLINGS = (
    re.compile(rf"{_YEAR}年(?P<month>[0-9]{{1,2}})月(?P<day>[0-9]{{1,2}})日{_WEEKDAY}"),
    re.compile(rf"{_YEAR}(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}}){_WEEKDAY}"),
)


def format_wareki(day: date, *, weekday: bool = False) -> str:
    """Return 「令和5年8月31日」, with weekday 「令和5年8月31日（木）」; days before 1873 in 西暦."""
    if isinstance(day, datetime):
        raise TypeError("The day of an instant depends on the zone: use format_wareki_at.")
    era = _era_of(day)
    era_year = day.year - era.starts_on.year + 1 if era else day.year
    name = era.name if era else "西暦"
    year = "元" if era and era_year == 1 else str(era_year)
    suffix = f"（{_WEEKDAYS[day.weekday()]}）" if weekday else ""
    return f"{name}{year}年{day.month}月{day.day}日{suffix}"


def format_wareki_at(instant: datetime) -> str:
    """Return 「令和5年8月31日 17時00分」, the time in Asia/Tokyo, of an aware instant."""
    local = instant_in_tokyo(instant)
    return f"{format_wareki(local.date())} {local.hour}時{local.minute:02}分"


def short_day(day: date) -> str:
    """Return 「10/6」, as in the subject of a mail."""
    return f"{day.month}/{day.day}"


def instant_in_tokyo(instant: datetime) -> datetime:
    """Return the instant in Asia/Tokyo; a naive one raises, as nobody knows where its day begins."""
    if instant.tzinfo is None:
        raise ValueError("A naive datetime is no instant.")
    return instant.astimezone(TOKYO)


def parse_day(text: str) -> date:
    """Return the day that a text names; read_day accepts the same and says when it took a liberty."""
    return read_day(text).day


def read_day(text: str) -> ParsedDay:
    """Read 2023-08-31, 2023/8/31, 2023年8月31日, 令和5年8月31日, R5.8.31 and the like, in any width.

    A weekday in brackets may follow and must be right. 平成 is read beyond its end with a note, for
    papers written before 令和 was announced carry such dates; no other era is (昭和64年1月8日).

    Raises:
        DayError: for anything else, days that do not exist, and days before 1873.
    """
    written = fold_width(text).upper()
    match = next(filter(None, (spelling.fullmatch(written) for spelling in _SPELLINGS)), None)
    if match is None or _SPLIT_NUMBER.search(text):
        raise DayError(
            "日付として読み取れません。「2023-08-31」又は「令和5年8月31日」のように入力してください。"
        )
    day = _day_of(match)
    _refuse_wrong_weekday(match["weekday"], day)
    return ParsedDay(day, _note_on_era(match, day))


def _day_of(match: re.Match[str]) -> date:
    """Return the day of a spelling, whether or not it lies in the era it was written in."""
    year = int(match["year"] or 0)
    if match["era"]:
        era_year = 1 if match["era_year"] == "元" else int(match["era_year"])
        year = _ERA_OF_SIGN[match["era"]].starts_on.year + era_year - 1
    try:
        day = date(year, int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise DayError("実在しない日付です。年月日を確認してください。") from error
    if day < GREGORIAN_SINCE:
        raise DayError("明治6年（1873年）1月1日より前の日付は入力できません。")
    return day


def _refuse_wrong_weekday(weekday: str | None, day: date) -> None:
    if weekday and weekday != _WEEKDAYS[day.weekday()]:
        raise DayError(
            f"日付と曜日が合いません（{format_wareki(day, weekday=True)}です）。確認してください。"
        )


def _note_on_era(match: re.Match[str], day: date) -> str:
    """Return a note when the day is outside its era but is accepted; raise when it is not."""
    written_era = _ERA_OF_SIGN.get(match["era"])
    if written_era is None or written_era == _era_of(day):
        return ""
    if written_era == HEISEI and day >= REIWA.starts_on:
        return f"「{match[0]}」を「{format_wareki(day)}」と読み替えました。"
    raise DayError(
        f"{written_era.name}にこの日付はありません（{day.year}年{day.month}月{day.day}日は"
        f"{format_wareki(day)}です）。"
    )


def _era_of(day: date) -> Era | None:
    """Return the era of a day; None before the Gregorian calendar."""
    if day < GREGORIAN_SINCE:
        return None
    return max((era for era in ERAS if era.starts_on <= day), key=lambda era: era.starts_on)
