"""Form fields for what is typed in Japanese: names, longer text, days, 法人番号."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from outreach.rules.corporate_number import CorporateNumberError, check_corporate_number
from outreach.rules.names import NameTextError, clean_name
from outreach.rules.times import TimeTextError, format_time, read_time
from outreach.rules.wareki import DayError, format_wareki, parse_day

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


class NameField(forms.CharField):
    """One line of text, stored as rules.names.clean_name gives it."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        try:
            return clean_name(text)
        except NameTextError as error:
            raise ValidationError(str(error)) from error


class LongTextField(forms.CharField):
    """Several lines of text; line ends become LF, and other control characters are refused."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        if found := _CONTROLS.search(text):
            raise ValidationError(
                f"使えない文字（U+{ord(found[0]):04X}）が含まれています。その文字を削除してください。"
            )
        return text


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # plain at run time
    """Several rows; an id beyond the integers of SQLite, which would crash, is an unknown row."""

    LONGEST_ID = 18

    def clean(self, value: Any) -> Any:
        if too_long := [pk for pk in value or () if len(str(pk)) > self.LONGEST_ID]:
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": too_long[0][:40]},
            )
        return super().clean(value)


class DayField(forms.Field):
    """A day in 和暦 or ISO form; shown in 和暦."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or "例：令和5年9月4日、R5.9.4、2023-09-04"
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None
        try:
            return parse_day(str(value))
        except DayError as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return format_wareki(value) if isinstance(value, date) else value


class TimeOfDayField(forms.Field):
    """A time of day as people write it; shown as 「17時」."""

    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values or isinstance(value, time):
            return None if value in self.empty_values else value
        try:
            return read_time(str(value))
        except TimeTextError as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return format_time(value) if isinstance(value, time) else value


class CorporateNumberField(forms.CharField):
    """A 法人番号, stored as thirteen digits; empty is allowed where the field is not required."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not text.strip():
            return ""
        try:
            return check_corporate_number(text)
        except CorporateNumberError as error:
            raise ValidationError(str(error)) from error
