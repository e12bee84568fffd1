"""開庁日: the days on which government offices are open (行政機関の休日に関する法律 第1条)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from holidays.countries.japan import Japan

# Every Saturday is closed only since May 1992, and the library stops at 2099. Outside, a wrong answer
# would look like a right one, so there is none.
FIRST_YEAR = 1993
LAST_YEAR = 2099

_ONE_DAY = timedelta(days=1)
_NEW_YEAR = ((1, 2), (1, 3), (12, 29), (12, 30), (12, 31))
_WEEKEND = {5: "土曜日", 6: "日曜日"}


class UnknownCalendarError(ValueError):
    """No opening day is known for this year."""


class OpeningDays:
    """The calendar of 開庁日, with staff's corrections on top of the law as the library knows it.

    Ask with days in Asia/Tokyo, from FIRST_YEAR to LAST_YEAR; every method raises
    UnknownCalendarError outside of these years.
    """

    def __init__(self, overrides: Mapping[date, bool]) -> None:
        """Take the corrections: True closes a day that would be open, False opens a closed one."""
        self._calendar = _ClosedDays(language="ja")
        for day, is_closed in overrides.items():
            self._calendar.pop(_known(day), "")
            if is_closed:
                self._calendar[day] = "臨時の閉庁日"
            else:
                self._calendar.weekend_workdays.add(day)

    def is_open(self, day: date) -> bool:
        return self._calendar.is_working_day(_known(day))

    def closed_name(self, day: date) -> str | None:
        """Return why offices are closed (「秋分の日」「土曜日」「年末年始の休日」), or None when open."""
        if self.is_open(day):
            return None
        return self._calendar.get(day) or _WEEKEND[day.weekday()]

    def add(self, day: date, n: int) -> date:
        """Return the n-th opening day after a day, before it when n is negative.

        The day itself is not counted. With n = 0: the day itself, or the next opening day when closed.
        """
        return _known(self._calendar.get_nth_working_day(_known(day), n))

    def count_between(self, start: date, end: date) -> int:
        """Count the opening days after start up to and including end; negative when end is earlier.

        The reverse of add: count_between(day, add(day, n)) == n for every n but 0.
        """
        _known(start), _known(end)
        if start == end:
            return 0
        if start < end:
            return self._calendar.get_working_days_count(start + _ONE_DAY, end)
        return -self._calendar.get_working_days_count(end, start - _ONE_DAY)


def has_holidays(year: int) -> bool:
    """Say whether the calendar knows the 国民の祝日 of a year."""
    return FIRST_YEAR <= year <= LAST_YEAR and bool(Japan(years=year))


class _ClosedDays(Japan):
    """国民の祝日 with the days from 29 December to 3 January; Saturdays and Sundays are its weekend."""

    def _populate(self, year: int) -> None:
        super()._populate(year)
        for month, day_of_month in _NEW_YEAR:
            day = date(year, month, day_of_month)
            if day not in self:  # 第1条第1項第3号: a 国民の祝日 keeps its own name
                self[day] = "年末年始の休日"


def _known(day: date) -> date:
    """Return the day, refusing years without a calendar, and instants: their day depends on the zone."""
    if isinstance(day, datetime):
        raise TypeError("Convert an instant to a day in Asia/Tokyo first.")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UnknownCalendarError(
            f"開庁日を計算できるのは{FIRST_YEAR}年から{LAST_YEAR}年までです。日付を確認してください。"
        )
    return day
