"""What staff enter to rule on a submitted value (集計上の取扱い)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms

from followup.forms.answers import YES_NO
from followup.forms.review import LONGEST_ID, SeenVersionForm
from followup.rules.answers import parse_answers
from followup.rules.questions import Answer, FormSpec, QuestionSpec, QuestionType
from followup.rules.rulings import RulingKind, may_be_corrected
from outreach.forms.fields import LongTextField

KIND_LABELS = {
    RulingKind.EXCLUDED: "除外（集計に含めない）",
    RulingKind.CORRECTED: "補正（別の値で集計する）",
}


class RulingForm(SeenVersionForm):
    """A ruling on the answer to one question; `corrected` is its answer once the form is valid."""

    kind = forms.ChoiceField(
        label="取扱い",
        choices=KIND_LABELS.items(),
        widget=forms.RadioSelect,
        error_messages={"required": "取扱いを選んでください。"},
    )
    reason = LongTextField(
        label="取扱いの理由",
        help_text="会議資料の注記に載ります。府省庁に確かめた日など、根拠を書いてください。",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "取扱いの理由を入力してください。"},
    )

    seen_ruling = forms.IntegerField(
        required=False, min_value=1, max_value=LONGEST_ID, widget=forms.HiddenInput
    )

    field_order = ("kind", "other_value", "reason")

    def __init__(self, *args: Any, question: QuestionSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = replace(question, show_when_key="", required=False)
        self.corrected: Answer | None = None
        if may_be_corrected(question):
            self.fields["other_value"] = _value_field(question)
            self.order_fields(self.field_order)
        else:
            kind: Any = self.fields["kind"]
            kind.choices = [(RulingKind.EXCLUDED, KIND_LABELS[RulingKind.EXCLUDED])]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("kind") == RulingKind.CORRECTED and "other_value" in self.cleaned_data:
            self._read_corrected()
        return self.cleaned_data

    def _read_corrected(self) -> None:
        key = self.question.key
        typed = {key: self.cleaned_data["other_value"]}
        parsed = parse_answers(FormSpec((self.question,)), self.question.scope, typed)
        self.corrected = parsed.answers.get(key)
        if message := parsed.errors.get(key):
            self.add_error("other_value", message)
        elif self.corrected is None:
            self.add_error("other_value", "集計に用いる値を入力してください。")


def _value_field(question: QuestionSpec) -> forms.Field:
    unit = f"（{question.unit}）" if question.unit else ""
    label, help_text = f"集計に用いる値{unit}", "「補正」を選んだときに入力してください。"
    choices = [(choice.code, choice.label) for choice in question.choices]
    if question.type == QuestionType.MULTIPLE:
        several = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(
            label=label, help_text=help_text, choices=choices, widget=several, required=False
        )
    if question.type == QuestionType.SINGLE:
        shown = [("", "選択してください"), *choices]
        return forms.ChoiceField(label=label, help_text=help_text, choices=shown, required=False)
    if question.type == QuestionType.BOOLEAN:
        return forms.ChoiceField(label=label, help_text=help_text, choices=YES_NO, required=False)
    return forms.CharField(label=label, help_text=help_text, max_length=40, required=False)
