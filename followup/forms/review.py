"""What staff enter while they review: filters of the queue, choices for a bulk accept, points, words."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from followup.models import Round
from followup.rules.doubts import DoubtCode
from followup.rules.status import ReportStatus
from followup.services.points import ReturnPointInput
from followup.services.review_queue import DOUBT_FILTERS, QueueFilter
from outreach.forms.fields import LongTextField, NameField

ALL = "all"
STATES = [
    (ReportStatus.SUBMITTED, "提出済（確認待ち）"),
    (ReportStatus.RETURNED, "差戻し"),
    (ReportStatus.ACCEPTED, "受理"),
    (ALL, "すべて"),
]
WAITED = [("", "すべて"), *((str(days), f"{days}開庁日以上") for days in (1, 3, 5, 10))]
MOST_CHOICES = 200
LONGEST_ID = 2**63 - 1
_CHOICE = re.compile(r"[0-9]{1,15}:[0-9]{1,5}")


class RoundChoice(forms.ModelChoiceField):  # type: ignore[type-arg] # plain at run time
    """A round by its name; an id that no database holds is an unknown round."""

    def to_python(self, value: Any) -> Any:
        if value and not (str(value).isascii() and str(value).isdigit() and len(str(value)) < 16):  # noqa: PLR2004
            raise forms.ValidationError("フォローアップを選んでください。")
        return super().to_python(value)


class QueueFilterForm(forms.Form):
    """What of the queue is shown; what cannot be read is left out."""

    status = forms.ChoiceField(label="状態", choices=STATES, required=False)
    round = RoundChoice(
        label="フォローアップ", queryset=Round.objects.none(), required=False, empty_label="すべて"
    )
    waited = forms.ChoiceField(label="待ち時間", choices=WAITED, required=False)
    doubts = forms.ChoiceField(label="疑義・指摘", choices=list(DOUBT_FILTERS.items()), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["round"]
        field.queryset = Round.objects.select_related("request", "council")  # type: ignore[attr-defined]

    def wanted(self) -> QueueFilter:
        self.is_valid()
        found = self.cleaned_data
        status = found.get("status") or ReportStatus.SUBMITTED
        return QueueFilter(
            status="" if status == ALL else status,
            round=found.get("round"),
            waited=int(found.get("waited") or 0),
            doubts=found.get("doubts") or "",
        )


def read_choices(values: list[str]) -> dict[int, int] | None:
    """Return the version's number by the report's id of what was ticked; None for what no page sends."""
    if len(values) > MOST_CHOICES or not all(_CHOICE.fullmatch(value) for value in values):
        return None
    return {int(pk): int(number) for pk, number in (value.split(":") for value in values)}


class SeenVersionForm(forms.Form):
    """A press of a button on the page of a version."""

    seen_number = forms.IntegerField(min_value=1, max_value=32767, widget=forms.HiddenInput)


class ClaimForm(SeenVersionForm):
    seen_reviewer = forms.IntegerField(
        required=False, min_value=1, max_value=LONGEST_ID, widget=forms.HiddenInput
    )


class DoubtForm(SeenVersionForm):
    """A doubt that is acted on; `word` is asked for only where it is dismissed."""

    doubt = forms.IntegerField(min_value=1, max_value=LONGEST_ID, widget=forms.HiddenInput)
    word = NameField(label="問題なしとする理由", max_length=200, required=False)


class DoubtsOfKindForm(SeenVersionForm):
    """All open doubts of one rule."""

    code = forms.ChoiceField(choices=DoubtCode, widget=forms.HiddenInput)
    word = NameField(label="問題なしとする理由", max_length=200, required=False)


class DropForm(SeenVersionForm):
    draft = forms.IntegerField(min_value=1, max_value=LONGEST_ID, widget=forms.HiddenInput)


class PointForm(SeenVersionForm):
    """A point on one question, one row, or one cell of a version."""

    question = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)
    row = forms.IntegerField(min_value=1, max_value=LONGEST_ID, required=False, widget=forms.HiddenInput)
    comment = LongTextField(label="確認したい点", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))

    @property
    def point(self) -> ReturnPointInput:
        found = self.cleaned_data
        return ReturnPointInput(found["question"], found["row"], found["comment"])
