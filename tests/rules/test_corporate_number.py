"""法人番号: its thirteen digits and the one that checks the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.rules.corporate_number import (
    CorporateNumberError,
    check_corporate_number,
    check_digit,
)

MINISTRIES = {
    "内閣府": "2000012010019",
    "デジタル庁": "8000012010038",
    "総務省": "2000012020001",
    "法務省": "1000012030001",
    "外務省": "9000012040001",
    "財務省": "8000012050001",
    "文部科学省": "7000012060001",
    "厚生労働省": "6000012070001",
    "農林水産省": "5000012080001",
    "経済産業省": "4000012090001",
    "国土交通省": "2000012100001",
    "環境省": "1000012110001",
    "防衛省": "9000012120001",
}


@pytest.mark.parametrize("number", MINISTRIES.values(), ids=MINISTRIES)
def test_the_numbers_of_the_ministries_are_right(number: str) -> None:
    assert check_corporate_number(number) == number


@pytest.mark.parametrize(
    "typed",
    ["８０００01２０１００３８", "8-0000-1201-0038", " 8 0000 1201 0038 ", "8－0000－1201－0038"],
)
def test_width_spaces_and_hyphens_do_not_matter(typed: str) -> None:
    assert check_corporate_number(typed) == "8000012010038"


@pytest.mark.parametrize(
    "typed", ["", "000012010038", "80000120100380", "T8000012010038", "八〇〇〇", "8.0E+12", "٨" * 13]
)
def test_anything_but_thirteen_digits_is_refused(typed: str) -> None:
    with pytest.raises(CorporateNumberError, match="13桁の数字"):
        check_corporate_number(typed)


def test_a_swapped_pair_of_digits_is_refused() -> None:
    with pytest.raises(CorporateNumberError, match="検査用数字"):
        check_corporate_number("8000012010083")


def test_a_first_digit_of_zero_is_refused() -> None:
    with pytest.raises(CorporateNumberError, match="検査用数字"):
        check_corporate_number("0000012010038")


@given(base=st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_every_base_number_has_exactly_one_check_digit_from_1_to_9(base: str) -> None:
    accepted = [digit for digit in "0123456789" if is_accepted(digit + base)]

    assert accepted == [check_digit(base)]
    assert accepted[0] in "123456789"


def is_accepted(number: str) -> bool:
    try:
        check_corporate_number(number)
    except CorporateNumberError:
        return False
    return True
