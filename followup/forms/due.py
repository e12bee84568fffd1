"""A due date as it is entered: a day, and a time of day where there is one."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from outreach.forms.fields import DayField, TimeOfDayField
from outreach.rules.opening_days import LAST_YEAR


class DueForm(forms.Form):
    due_on = DayField(label="回答期限")
    due_time = TimeOfDayField(
        label="期限の時刻",
        required=False,
        help_text="例：17時、17:30。空欄のときは、その日の終わり（23時59分59秒）までです。",
    )

    def clean_due_on(self) -> date:
        """Refuse a year that no calendar of ours reaches: it is a slip of the keyboard."""
        due_on: date = self.cleaned_data["due_on"]
        if due_on.year > LAST_YEAR:
            raise ValidationError("回答期限の年が遠すぎます。日付を確認してください。")
        return due_on
