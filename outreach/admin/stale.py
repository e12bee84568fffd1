"""Forms of the admin that know what the user saw: a colleague's newer save is not overwritten."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.http import QueryDict

STALE = "stale"


class StaleGuardForm(forms.ModelForm):
    """Carry a fingerprint of the row as shown; refuse to save over a row that has changed since.

    `seen_related` names reverse relations that are edited on the same page and count as the row's.
    A refused form comes back with both values, and saving it again is then a decision.
    """

    seen_related: ClassVar[tuple[str, ...]] = ()

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.initial["seen"] = self._fingerprint(type(self.instance)._base_manager.all())

    def _fingerprint(self, rows: models.QuerySet[Any]) -> str:
        seen: list[Any] = list(rows.filter(pk=self.instance.pk).values())
        for name in self.seen_related:
            seen += getattr(self.instance, name).order_by("pk").values()
        return hashlib.sha256(json.dumps(seen, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk:
            self._refuse_stale()
        return cleaned

    def _refuse_stale(self) -> None:
        stored = self._fingerprint(type(self.instance)._base_manager.select_for_update())
        if self.data.get(self.add_prefix("seen")) == stored:
            return
        self.data = cast("QueryDict", self.data).copy()
        self.data[self.add_prefix("seen")] = stored
        differences = [self._difference(name) for name in self.changed_data if name != "seen"]
        self.add_error(
            None,
            ValidationError(
                [
                    ValidationError(
                        "画面を開いた後に、ほかの方が保存しました。保存済みの値と入力した値を比べ、"
                        "入力した値でよければもう一度保存してください。",
                        code=STALE,
                    ),
                    *differences,
                ]
            ),
        )

    def _difference(self, name: str) -> str:
        field = self.fields[name]
        stored = _shown(field, field.prepare_value(self.get_initial_for_field(field, name)))
        entered = _shown(field, field.prepare_value(self.cleaned_data.get(name)))
        return f"{field.label}：保存済み「{stored}」／入力「{entered}」"

    @property
    def is_stale(self) -> bool:
        return self.is_bound and self.has_error(NON_FIELD_ERRORS, STALE)


def _shown(field: Any, value: Any) -> str:
    if isinstance(field, forms.ModelChoiceField):
        chosen: Any = field.queryset
        keys = value if isinstance(value, list) else [value]
        return "、".join(str(row) for row in chosen.filter(pk__in=keys)) if value else ""
    if isinstance(field, forms.BooleanField):
        return "はい" if value else "いいえ"
    if isinstance(field, forms.ChoiceField):
        labels: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]
        return str(labels.get(value, value))
    return "" if value is None else str(value)
