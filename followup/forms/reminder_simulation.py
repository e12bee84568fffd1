"""What the simulation of reminders asks: which days, which ministry, which rules besides those in use."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.models import ReminderRule
from outreach.models import Ministry


class RuleChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # plain at run time
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.kind_words.label}：{obj}（{obj.get_audience_display()}）"


class SimulationForm(forms.Form):
    first = forms.DateField(label="初日", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="最終日", widget=forms.DateInput(attrs={"type": "date"}))
    ministry = forms.ModelChoiceField(
        label="府省庁",
        queryset=Ministry.objects.asked().order_by("order"),
        required=False,
        empty_label="全て",
    )
    included = RuleChoice(
        label="使用していない規則のうち、含めるもの",
        queryset=ReminderRule.objects.filter(is_active=False),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
