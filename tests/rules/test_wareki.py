"""和暦: showing days, and reading what people type."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.wareki import (
    GREGORIAN_SINCE,
    DayError,
    format_wareki,
    format_wareki_at,
    parse_day,
    read_day,
    short_day,
)

THE_LETTER = date(2023, 8, 31)
FULL_WIDTH = str.maketrans("0123456789-/.()", "０１２３４５６７８９－／．（）")

days = st.dates(min_value=GREGORIAN_SINCE)


def every_day_until(last: date) -> list[date]:
    count = (last - GREGORIAN_SINCE).days + 1
    return [GREGORIAN_SINCE + timedelta(days=number) for number in range(count)]


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2020, 1, 1), "令和2年1月1日"),
        (THE_LETTER, "令和5年8月31日"),
    ],
)
def test_each_era_begins_on_its_first_day_with_its_first_year(day: date, text: str) -> None:
    assert format_wareki(day) == text
    assert parse_day(text) == day


def test_the_weekday_is_shown_when_asked_for() -> None:
    assert format_wareki(THE_LETTER, weekday=True) == "令和5年8月31日（木）"


def test_a_day_before_the_gregorian_calendar_is_shown_without_an_era() -> None:
    assert format_wareki(date(1872, 12, 31)) == "西暦1872年12月31日"


def test_an_instant_is_shown_on_its_day_and_hour_in_tokyo() -> None:
    assert format_wareki_at(datetime(2023, 8, 31, 8, 0, tzinfo=UTC)) == "令和5年8月31日 17時00分"
    assert format_wareki_at(datetime(2023, 8, 31, 15, 5, tzinfo=UTC)) == "令和5年9月1日 0時05分"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        format_wareki_at(datetime(2023, 8, 31, 17, 0))  # noqa: DTZ001


def test_an_instant_is_no_day() -> None:
    with pytest.raises(TypeError):
        format_wareki(datetime(2023, 8, 31, 17, 0, tzinfo=UTC))


def test_the_short_form_has_no_leading_zeros() -> None:
    assert short_day(date(2023, 10, 6)) == "10/6"


@pytest.mark.parametrize(
    "text",
    [
        "2023-08-31",
        "2023-8-31",
        "2023/8/31",
        "2023.08.31",
        "2023年8月31日",
        "令和5年8月31日",
        "令和05年08月31日",
        "令和5年8月31日（木）",
        "令和5年8月31日(木曜日)",
        "㋿5年8月31日",
        "R5.8.31",
        "r5/8/31",
        "R5-8-31",
        "令和5.8.31",
        "２０２３年８月３１日",
        "令和５年８月３１日",
        "Ｒ５．８．３１",
        "2023－8－31",
        "2023−8−31",
        "2023ー8ー31",
        "　令和5年 8月31日\n",
    ],
)
def test_a_day_is_read_in_every_usual_spelling(text: str) -> None:
    assert parse_day(text) == THE_LETTER
    assert read_day(text).note == ""


@pytest.mark.parametrize("text", ["令和元年5月1日", "令和1年5月1日", "R元.5.1", "R1/5/1"])
def test_the_first_year_of_an_era_is_read_in_words_and_figures(text: str) -> None:
    assert parse_day(text) == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("text", "day", "note"),
    [
        ("平成31年5月1日", date(2019, 5, 1), "「平成31年5月1日」を「令和元年5月1日」と読み替えました。"),
        ("Ｈ35.8.31", THE_LETTER, "「H35.8.31」を「令和5年8月31日」と読み替えました。"),
    ],
)
def test_heisei_is_read_beyond_its_end_with_a_note(text: str, day: date, note: str) -> None:
    parsed = read_day(text)

    assert (parsed.day, parsed.note) == (day, note)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("昭和64年1月8日", "平成元年1月8日"),
        ("昭和98年8月31日", "令和5年8月31日"),
        ("大正15年12月25日", "昭和元年12月25日"),
        ("明治45年7月30日", "大正元年7月30日"),
        ("令和元年4月30日", "平成31年4月30日"),
        ("平成元年1月7日", "昭和64年1月7日"),
        ("令和0年1月1日", "平成30年1月1日"),
        ("令和5年8月31日（金）", "令和5年8月31日（木）"),
    ],
)
def test_a_day_outside_its_era_or_weekday_is_refused_with_the_right_one(text: str, hint: str) -> None:
    with pytest.raises(DayError, match=hint):
        parse_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "後日",
        "8/31",
        "23-08-31",
        "5年8月31日",
        "元年8月31日",
        "2023年8月",
        "2023/8-31",
        "2023/8/3 1",
        "令和5年8月31日頃",
        "令和5年８月３１日17時",
        "45169",
        "２０２３年八月三十一日",
        "٢٠٢٣-٠٨-٣١",
        "\x00",
        "\ud800",
    ],
)
def test_what_is_not_clearly_a_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DayError, match="令和5年8月31日"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "令和5年13月1日", "0000-01-01", "令和9999年1月1日", "2023年8月0日"]
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(DayError, match="実在しない日付"):
        parse_day(text)


@pytest.mark.parametrize("text", ["1872-12-31", "明治5年12月2日"])
def test_a_day_before_the_gregorian_calendar_is_refused(text: str) -> None:
    with pytest.raises(DayError, match="明治6年"):
        parse_day(text)


def test_every_day_until_2100_is_shown_so_that_it_is_read_back() -> None:
    for day in every_day_until(date(2100, 12, 31)):
        parsed = read_day(format_wareki(day))

        assert (parsed.day, parsed.note) == (day, "")


@given(day=days, weekday=st.booleans(), full_width=st.booleans())
def test_any_day_shown_in_any_form_is_read_back(day: date, weekday: bool, full_width: bool) -> None:
    text = format_wareki(day, weekday=weekday)

    assert parse_day(text.translate(FULL_WIDTH) if full_width else text) == day


@given(day=days, mark=st.sampled_from("-/."), full_width=st.booleans())
def test_any_day_in_figures_is_read_back(day: date, mark: str, full_width: bool) -> None:
    text = f"{day.year}{mark}{day.month}{mark}{day.day}"

    assert parse_day(text.translate(FULL_WIDTH) if full_width else text) == day


@given(text=st.text() | st.text(alphabet="0123456789年月日令和平成元RH-/. （木）", max_size=14))
def test_any_text_is_read_or_refused_never_crashes(text: str) -> None:
    try:
        parsed = read_day(text)
    except DayError:
        return

    assert parsed.day >= GREGORIAN_SINCE
    assert parse_day(format_wareki(parsed.day)) == parsed.day
