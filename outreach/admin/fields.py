"""Form fields of the admin: lists that are stored as JSON, and days and texts as the portal takes them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from outreach.forms.fields import DayField, LongTextField

AS_IN_THE_PORTAL: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DateField: {"form_class": DayField},
    models.TextField: {"form_class": LongTextField},
}
"""For `formfield_overrides`: days in 和暦 too, and one kind of line end, whatever a browser sends."""


class LinesField(forms.CharField):
    """A list of texts, one a line; blank lines do not count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4, "cols": 60}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(self.line_of(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]
        lines = (line.strip() for line in str(value or "").splitlines())
        return [self.item_of(line) for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except ValidationError:
            return True

    def run_validators(self, value: Any) -> None:
        """Check nothing of a text: the value is a list."""

    def line_of(self, item: Any) -> str:
        return str(item)

    def item_of(self, line: str) -> Any:
        return line
