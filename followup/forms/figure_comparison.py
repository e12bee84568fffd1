"""Which two sets of figures are compared: snapshots, or what a round says now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from followup.models import CouncilReport, Round
from outreach.models import WorkState
from outreach.rules.wareki import format_wareki_at

OFFERED = 100
"""So many of the newest snapshots can be chosen."""


@dataclass(frozen=True)
class Side:
    """One set of figures; without a snapshot it is what the round says now."""

    round: Round
    snapshot: CouncilReport | None = None

    @property
    def value(self) -> str:
        return f"snapshot-{self.snapshot.pk}" if self.snapshot else f"now-{self.round.pk}"

    @property
    def label(self) -> str:
        """Return the instant first: titles of rounds are alike, and a choice is cut off at its end."""
        if self.snapshot is None:
            return f"現在（{self.round}）"
        return f"{format_wareki_at(self.snapshot.as_of)}時点の取りまとめ（{self.round}）"


class ComparisonForm(forms.Form):
    """GET; at first the newest snapshot of the round beside what the round says now."""

    before = forms.ChoiceField(label="比較元")
    after = forms.ChoiceField(label="比較先")

    def __init__(self, data: Any, *, round: Round) -> None:
        super().__init__(data if data and {"before", "after"} & set(data) else None)
        self._sides = {side.value: side for side in _sides(round)}
        offered = [(value, side.label) for value, side in self._sides.items()]
        snapshots = [value for value, side in self._sides.items() if side.snapshot and side.round == round]
        for name, initial in (("before", next(iter(snapshots), "")), ("after", f"now-{round.pk}")):
            field: Any = self.fields[name]
            field.choices, field.initial = offered, initial

    def clean_before(self) -> Side:
        return self._sides[self.cleaned_data["before"]]

    def clean_after(self) -> Side:
        return self._sides[self.cleaned_data["after"]]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("before") and cleaned.get("before") == cleaned.get("after"):
            self.add_error("after", "比較元と異なるものを選んでください。")
        return cleaned


def _sides(round: Round) -> Iterator[Side]:
    """Yield what can be compared, that of the round itself first."""
    rounds = {round.pk: round} | {
        row.pk: row for row in Round.objects.select_related("request", "council").order_by("-pk")
    }
    done = CouncilReport.objects.filter(state=WorkState.DONE).order_by("-pk")
    snapshots = list(done.defer("figures")[:OFFERED])
    for one in rounds.values():
        yield Side(one)
        yield from (Side(one, snapshot) for snapshot in snapshots if snapshot.round_id == one.pk)
