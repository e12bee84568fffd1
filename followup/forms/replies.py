"""The form in which a side replies to points (コメント): one field a point, sent together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from followup.services.comments import REPLY_LENGTH
from followup.services.points import PointText
from outreach.forms.fields import LongTextField


class RepliesForm(forms.Form):
    """A comment for each point; those left blank are not sent."""

    def __init__(self, *args: Any, texts: Iterable[PointText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = list(texts)
        for text in self.texts:
            self.fields[_name(text)] = LongTextField(
                label=f"コメント（{text.subject or '全体'}）",
                max_length=REPLY_LENGTH,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def threads(self) -> list[tuple[PointText, forms.BoundField]]:
        """Return each point with its field, for the page."""
        return [(text, self[_name(text)]) for text in self.texts]

    @property
    def replies(self) -> dict[int, str]:
        return {text.point.pk: self.cleaned_data[_name(text)] for text in self.texts}


def _name(text: PointText) -> str:
    return f"reply_{text.point.pk}"
