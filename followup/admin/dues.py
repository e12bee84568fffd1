"""回答期限 in the admin: its column, and the form that sets a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from followup.forms.due import DueForm
from followup.models import Round
from followup.rules.due import Due
from followup.services.due_dates import refuse_passed
from outreach import clock
from outreach.admin.steps import ReasonForm
from outreach.services.errors import Refusal


def due_column(heading: str) -> Any:
    """Make a column of the due date of a row, with its time; it sorts by the day."""

    @admin.display(description=heading, ordering="due_on")
    def shown(obj: Any) -> str:
        return str(obj.due) if obj.due else "－"

    shown.__name__ = "due_shown"
    return shown


def due_of(form: forms.Form) -> Due | None:
    """Return the due date that was entered on a form, if it can be read."""
    given = form.cleaned_data if form.is_bound else {}
    return Due(given["due_on"], given.get("due_time")) if given.get("due_on") else None


class LateForm(ReasonForm):
    """Ask whether reports are taken after the due date."""

    takes_object = True

    accepts_late = forms.ChoiceField(
        label="期限後の提出",
        choices=[("yes", "受け付ける"), ("no", "受け付けない")],
        widget=forms.RadioSelect,
    )
    field_order = ("accepts_late", "reason")

    def __init__(self, *args: Any, obj: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["accepts_late"] = "yes" if obj.accepts_late else "no"


class NewDueForm(DueForm):
    """Ask for a due date of a round; one that the service would refuse is refused before the preview."""

    takes_object = True

    def __init__(self, *args: Any, obj: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(due_on=obj.due_on, due_time=obj.due_time)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if due := due_of(self):
            try:
                refuse_passed(due, now=clock.now())
            except Refusal as refusal:
                self.add_error(refusal.field, refusal.message)
        return cleaned


class ChangeDueForm(NewDueForm, ReasonForm):
    """Ask for another due date of an open round, and why."""

    field_order = ("due_on", "due_time", "reason")
