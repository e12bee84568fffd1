"""法人番号: thirteen digits, the first of which checks the other twelve."""

import re

from outreach.rules.widths import fold_width

_THIRTEEN_DIGITS = re.compile(r"[0-9]{13}")


class CorporateNumberError(ValueError):
    """Not a 法人番号; the message is for the person who typed it."""


def check_corporate_number(text: str) -> str:
    """Return a 法人番号 as thirteen ASCII digits; full width, spaces and hyphens are accepted.

    Raises:
        CorporateNumberError: when the digits are not thirteen or the first does not check the rest.
    """
    digits = fold_width(text).replace("-", "")
    if not _THIRTEEN_DIGITS.fullmatch(digits):
        raise CorporateNumberError("法人番号は13桁の数字で入力してください。")
    if digits[0] != check_digit(digits[1:]):
        raise CorporateNumberError(
            "法人番号の検査用数字（先頭の1桁）が合いません。入力誤りがないか確認してください。"
        )
    return digits


def check_digit(base_number: str) -> str:
    """Return the 検査用数字 of a 基礎番号 (twelve digits).

    法人番号の指定等に関する省令（平成26年財務省令第70号）第2条: from the lowest place, digits at odd
    places count once and at even places twice; nine minus the remainder of their sum by nine.
    """
    from_lowest = [int(digit) for digit in reversed(base_number)]
    return str(9 - (sum(from_lowest[0::2]) + 2 * sum(from_lowest[1::2])) % 9)
