"""What staff enter to return, accept or extend a report."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.forms.due import DueForm
from followup.models import Report, Submission
from followup.services.review import ReturnPointInput
from outreach.admin.steps import ReasonForm

LINES = 8


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
    """A reason for the whole, and lines that each ask about a question, a body's row, or one cell."""

    field_order = ("reason",)

    def __init__(self, *args: Any, obj: Report, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["reason"].label = "差戻しの理由"
        questions, rows = self._choices()
        for number in range(1, LINES + 1):
            self.fields[f"question_{number}"] = forms.ChoiceField(
                label=f"{number}．設問", choices=questions, required=False
            )
            self.fields[f"row_{number}"] = forms.ChoiceField(
                label=f"{number}．団体", choices=rows, required=False
            )
            self.fields[f"comment_{number}"] = forms.CharField(
                label=f"{number}．確認したい点",
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def _choices(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        if self.latest is None:
            return [], []
        questions = [
            (question.key, f"{question.get_scope_display()}：{question.label}")
            for question in self.latest.form_version.questions.all()
        ]
        rows = [(str(row.notification_id), row.body_name) for row in self.latest.rows.all()]
        return [("", "（設問を選ぶ）"), *questions], [("", "（府省庁の回答、又は団体を選ぶ）"), *rows]

    def lines(self) -> list[tuple[forms.BoundField, ...]]:
        """Return the fields of each line, for the page."""
        names = ("question", "row", "comment")
        return [tuple(self[f"{name}_{number}"] for name in names) for number in range(1, LINES + 1)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["points"] = [
            point for number in range(1, LINES + 1) if (point := self._point(cleaned, number)) is not None
        ]
        return cleaned

    def _point(self, cleaned: dict[str, Any], number: int) -> ReturnPointInput | None:
        question = cleaned.get(f"question_{number}", "")
        row = cleaned.get(f"row_{number}", "")
        comment = cleaned.get(f"comment_{number}", "")
        if not (question or row or comment):
            return None
        if not comment:
            self.add_error(f"comment_{number}", "確認したい点を入力してください。")
        elif not (question or row):
            self.add_error(
                f"question_{number}", "設問又は団体を選んでください。全体のことは理由に書いてください。"
            )
        return ReturnPointInput(question, int(row) if row else None, comment)
