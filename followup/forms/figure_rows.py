"""Which rows behind a figure are listed: what the number asked for, and what is chosen on the page."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.models import Round
from followup.rules.figure_rows import MinistryState, Narrowing, RowKind, Selection, rows
from outreach.models import BodyCategory, Channel, Ministry, TemplateNumber

ALL = ("", "すべて")
COUNTED = ("number", "choice", "text", "boolean", "percent", "date")


class FigureRowsForm(forms.Form):
    """GET. Fields that are shown narrow the list; hidden ones are what was pressed, kept as it was."""

    ministry = forms.TypedChoiceField(label="府省庁", required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(
        label="状態", required=False, choices=[ALL, *((state, state.label) for state in MinistryState)]
    )
    template = forms.TypedChoiceField(
        label="ひな形",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[ALL, *TemplateNumber.choices],
    )
    category = forms.ChoiceField(label="区分", required=False, choices=[ALL, *BodyCategory.choices])
    issued = forms.ChoiceField(
        label="発出の状況", required=False, choices=[ALL, ("yes", "発出済み"), ("no", "未発出（選定のみ）")]
    )
    channel = forms.ChoiceField(label="周知手段", required=False)
    q = forms.CharField(
        label="団体の名称",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    day = forms.DateField(required=False, widget=forms.HiddenInput)
    until = forms.DateField(required=False, widget=forms.HiddenInput)
    identity = forms.CharField(required=False, max_length=140, widget=forms.HiddenInput)
    reason = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    question = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    counted = forms.ChoiceField(
        required=False, choices=[ALL, *((kind, kind) for kind in COUNTED)], widget=forms.HiddenInput
    )
    choice = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    narrowing = forms.ChoiceField(
        required=False,
        choices=[ALL, *((narrowing, narrowing.label) for narrowing in Narrowing)],
        widget=forms.HiddenInput,
    )
    snapshot = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, round: Round, kind: RowKind) -> None:
        super().__init__(data)
        self._kind = kind
        for name in self.base_fields:
            if name not in _FIELDS[kind] and name != "snapshot":
                del self.fields[name]
        ministries = Ministry.objects.filter(assignments__reports__round=round).order_by("order")
        self._offer("ministry", ((row.pk, row.name) for row in ministries))
        if "channel" in self.fields:
            self._offer("channel", Channel.objects.values_list("code", "label"))

    def _offer(self, name: str, choices: Any) -> None:
        field: Any = self.fields[name]
        field.choices = [ALL, *choices]

    def selection(self) -> Selection:
        """Return what is asked for, without the words; only of a valid form."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in {"q", "snapshot"}}
        return rows(self._kind, **given)

    def conditions(self) -> dict[str, str]:
        return self.selection().values | {"q": self.cleaned_data.get("q", "")}


_ANSWERS = {"question", "counted", "choice", "narrowing"}
_LEDGER = {"ministry", "template", "category", "issued", "day", "until", "q"}
_FIELDS: dict[RowKind, set[str]] = {
    RowKind.MINISTRIES: {"ministry", "state", "reason"},
    RowKind.VERSIONS: {"ministry"},
    RowKind.NOTIFICATIONS: _LEDGER | {"channel", "identity"},
    RowKind.BODIES: _LEDGER,
    RowKind.BODY_ANSWERS: {"ministry", "q"} | _ANSWERS,
    RowKind.MINISTRY_ANSWERS: {"ministry"} | _ANSWERS,
}
