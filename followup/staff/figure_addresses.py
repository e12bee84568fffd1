"""Addresses of the rows behind figures."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode

from followup.rules.figure_rows import RowKind, Selection


def rows_url(round_id: int, selection: Selection, *, snapshot: int | None = None) -> str:
    """Return where the rows of a selection are listed; with `snapshot` beside what was frozen then."""
    if selection.kind is RowKind.RULINGS:
        return _rulings_url(round_id, selection.values)
    address = reverse("admin:followup_round_rows", args=[round_id, selection.kind.value])
    given = [*selection.conditions, *([("snapshot", str(snapshot))] if snapshot else [])]
    return f"{address}?{urlencode(given)}" if given else address


def _rulings_url(round_id: int, given: dict[str, str]) -> str:
    """Return the list of rulings, which is the admin's own."""
    names = {
        "state": "state",
        "effect": "kind__exact",
        "ministry": "report__assignment__ministry__id__exact",
    }
    filters = {"report__round__id__exact": str(round_id)}
    filters |= {names[name]: value for name, value in given.items()}
    return f"{reverse('admin:followup_figureruling_changelist')}?{urlencode(filters)}"
