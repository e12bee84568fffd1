"""What officers enter to ask for more time."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.forms.due import DueForm
from outreach.forms.fields import LongTextField


class ExtensionForm(DueForm):
    reason = LongTextField(
        label="申出の理由",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例：所管する団体からの回答が、期限までに揃わないため。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].label = "希望する回答期限"
        self.fields["due_time"].label = "希望する期限の時刻"
