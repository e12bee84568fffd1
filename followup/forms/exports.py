"""What staff enter of a 定期送付: its days, its time, and whom it goes to."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from followup.models import Cadence
from followup.rules.export_times import WEEKDAY_NAMES
from outreach.forms.fields import LongTextField
from outreach.rules.widths import fold_width

MOST_RECIPIENTS = 50
LONGEST_ADDRESS = 150
FARTHEST_OFFSET = 60
MOST_OFFSETS = 10


class WeekdaysField(forms.MultipleChoiceField):
    """Days of the week as boxes, stored as digits from 0 (Monday)."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(str(number), f"{name}曜日") for number, name in enumerate(WEEKDAY_NAMES[:5])]
        super().__init__(choices=choices, widget=forms.CheckboxSelectMultiple, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return "".join(sorted(super().clean(value)))


class OffsetsField(forms.CharField):
    """Days before and after the due date, as numbers parted by commas."""

    def clean(self, value: Any) -> str:
        written = [part for part in re.split(r"[,、\s]+", fold_width(super().clean(value))) if part]
        if any(not re.fullmatch(r"[+-]?[0-9]{1,2}", part) for part in written):
            raise ValidationError("「-5,0,3」のように、整数をカンマで区切って入力してください。")
        offsets = sorted({int(part) for part in written})
        if len(offsets) > MOST_OFFSETS or any(abs(offset) > FARTHEST_OFFSET for offset in offsets):
            raise ValidationError(
                f"期限の前後{FARTHEST_OFFSET}開庁日以内で、{MOST_OFFSETS}個までにしてください。"
            )
        return ",".join(map(str, offsets))


class RecipientsField(LongTextField):
    """Mail addresses, one a line; each once."""

    def clean(self, value: Any) -> str:
        lines = [line.strip().lower() for line in super().clean(value).splitlines()]
        addresses = list(dict.fromkeys(line for line in lines if line))
        if len(addresses) > MOST_RECIPIENTS:
            raise ValidationError(f"宛先は{MOST_RECIPIENTS}件までにしてください。")
        wrong = [address for address in addresses if not _is_address(address)]
        if wrong:
            told = "、".join(address[:60] for address in wrong[:5])
            raise ValidationError(f"メールアドレスとして読み取れません（1行に1件）：{told}")
        return "\n".join(addresses)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_ADDRESS


def with_one_cadence(cleaned: dict[str, Any]) -> dict[str, str]:
    """Blank what the chosen way of setting days does not use; return what is missing, by field."""
    if cleaned.get("cadence") == Cadence.WEEKLY:
        cleaned["due_offsets"] = ""
        return {} if cleaned.get("weekdays") else {"weekdays": "曜日を一つ以上選んでください。"}
    cleaned["weekdays"] = ""
    is_given = cleaned.get("due_offsets") != ""
    return {} if is_given else {"due_offsets": "期限からの開庁日数を入力してください。"}
