"""What officers see when a service declines: beside the field, or both values of a stale form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict

from outreach.rules.wareki import format_wareki
from outreach.services.errors import Refusal, StaleWrite


@dataclass(frozen=True)
class Conflict:
    """One field that a colleague saved differently."""

    label: str
    mine: str
    theirs: str


def show_refusal(form: forms.Form, refusal: Refusal) -> None:
    """Put a refusal beside its field, or above the form, and what else is wrong beside theirs."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    for field, message in refusal.more.items():
        form.add_error(field, message)


def show_conflict(form: forms.Form, stale: StaleWrite, *, version: int) -> dict[str, Any]:
    """Return the context that shows both values of each field that differs.

    The form keeps what the officer entered and takes the newer version, so that saving once more
    is a decision made in sight of both. `stale.theirs` has values by the fields' names.
    """
    data = cast("QueryDict", form.data).copy()
    data[form.add_prefix("version")] = str(version)
    form.data = data
    return {"form": form, "stale": stale, "conflicts": _differences(form, stale.theirs)}


def _differences(form: forms.Form, theirs: Mapping[str, object]) -> list[Conflict]:
    found = []
    for name, value in theirs.items():
        field = form.fields[name]
        mine, other = _words(field, form.cleaned_data[name]), _words(field, value)
        if mine != other:
            found.append(Conflict(str(field.label), mine, other))
    return found


def _words(field: forms.Field, value: object) -> str:
    """Return a value as the officer reads it."""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, date):
        return format_wareki(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "、".join(map(str, value))
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    return str(value)
