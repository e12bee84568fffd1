"""Times of day as people write them in Japanese: read them, and write them."""

import re
from datetime import time

from outreach.rules.widths import fold_width

NOON = "正午"
_AFTERNOON = 12
_SPELLING = re.compile(
    r"(?P<half>午前|午後)?(?P<hour>[0-9]{1,2})(?::(?P<minutes>[0-9]{2})|時(?:(?P<words>[0-9]{1,2})分|(?P<thirty>半))?)"
)


class TimeTextError(ValueError):
    """Text that is not a time of day; the message is for the person who typed it."""


def read_time(text: str) -> time:
    """Read 17:00, 17時, 17時30分, 17時半, 午後5時 or 正午, in any width.

    Raises:
        TimeTextError: for anything else, for times that do not exist, and for 24時.
    """
    written = fold_width(text)
    if written == NOON:
        return time(_AFTERNOON)
    match = _SPELLING.fullmatch(written)
    if match is None:
        raise TimeTextError("時刻として読み取れません。「17時」又は「17:00」のように入力してください。")
    minute = 30 if match["thirty"] else int(match["minutes"] or match["words"] or 0)
    try:
        return time(_hour_of(match), minute)
    except ValueError as error:
        raise TimeTextError(
            "実在しない時刻です。0時から23時59分までで入力し、一日の終わりまでとするときは空欄にしてください。"
        ) from error


def _hour_of(match: re.Match[str]) -> int:
    """Return the hour of a day of 24; 午後 takes 0–12, where 12 is midnight."""
    hour = int(match["hour"])
    if match["half"] and hour > _AFTERNOON:
        raise ValueError("An hour of half a day is at most 12.")
    return hour + _AFTERNOON if match["half"] == "午後" else hour


def format_time(value: time) -> str:
    """Return 「17時」 or 「17時30分」."""
    return f"{value.hour}時{value.minute:02}分" if value.minute else f"{value.hour}時"
