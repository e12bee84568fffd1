"""What staff enter to return, accept or extend a report."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.forms.due import DueForm
from followup.models import Report, Submission
from outreach.admin.steps import ReasonForm


class SeenForm(forms.Form):
    """Carry the version that was looked at, so that a newer one is not decided on unseen."""

    takes_object = True

    seen_number = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, obj: Report, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest: Submission | None = obj.submissions.filter(is_latest=True).first()
        self.initial["seen_number"] = self.latest.number if self.latest else None


class ExtendForm(DueForm, ReasonForm):
    field_order = ("due_on", "due_time", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].label = "新しい回答期限"


class ReturnForm(SeenForm, ReasonForm):
    """A reason for the whole; the points on questions and rows were gathered on the page of the review."""

    field_order = ("reason",)

    def __init__(self, *args: Any, obj: Report, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["reason"].label = "差戻しの理由"
