"""The form of an absence (不在)."""

from __future__ import annotations

from typing import Any

from django import forms

from outreach.forms.fields import DayField
from outreach.models import User
from outreach.services.absences import possible_deputies


class AbsenceForm(forms.Form):
    """From when to when an officer is away, and who stands in."""

    takes_object = True

    away_from = DayField(label="不在の初日")
    away_until = DayField(label="不在の最終日", help_text="この日の翌日から、メールは再び本人に届きます。")
    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label="代理",
        required=False,
        empty_label="代理を置かない",
        help_text="不在の間、本人宛てのメールを受け取る方です。置かない場合は、ほかの担当者又は共有メールボックスに送ります。",
    )

    def __init__(self, *args: Any, obj: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entered = {"away_from": obj.away_from, "away_until": obj.away_until, "deputy": obj.deputy_id}
        self.initial = entered
        deputy: Any = self.fields["deputy"]
        deputy.queryset = possible_deputies(obj).order_by("pk")
