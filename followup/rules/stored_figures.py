"""Figures as they are stored (JSON), and read again; also those that older editions of the code stored.

An edition is what the JSON looks like. A change of Figures that older JSON does not fit is a new
edition, with one more step in `_EARLIER`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from followup.rules.figures import Figures
from outreach.rules.refusal import Refusal

EDITION = 2
_SHAPE: TypeAdapter[Figures] = TypeAdapter(Figures)


def as_json(figures: Figures) -> dict[str, Any]:
    """Return plain values with the number of their edition; days in ISO form, decimals as text."""
    return {"edition": EDITION, **_SHAPE.dump_python(figures, mode="json")}


def from_json(stored: dict[str, Any]) -> Figures:
    """Return the figures that were stored, of whichever edition.

    Raises:
        Refusal: when a newer edition of the code stored them, or it is not figures at all.
    """
    edition = stored.get("edition", 1)
    if edition != EDITION and edition not in _EARLIER:
        raise Refusal(
            "この取りまとめの数値は、このシステムでは読めない形式です。"
            "新しい版のシステムで作成されたものでないか、システム管理者に確かめてください。"
        )
    try:
        while edition != EDITION:
            stored, edition = _EARLIER[edition](stored), edition + 1
        return _SHAPE.validate_python({key: stored.get(key) for key in _PARTS}, strict=False)
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(
            "この取りまとめの数値が壊れているため、読めません。システム管理者に連絡し、控えから戻してください。"
        ) from error


_PARTS = ("progress", "answers", "outcomes", "remarks", "rulings")


def _from_first(stored: dict[str, Any]) -> dict[str, Any]:
    """Add what the first edition did not count: blank, but for the reach and the rows, which it had."""
    answers = stored["answers"]
    reach_of = answers["member_reach_of"]
    by_ministry = [
        {
            "ministry_id": row["ministry_id"],
            "ministry": row["name"],
            "has_submitted": row["versions"] > 0,
            "member_reach": reach_of.get(str(row["report_id"])),
        }
        for row in stored["progress"]["ministries"]
    ]
    outcomes = {
        "answered_bodies": answers["bodies"],
        "member_reach": answers["member_reach"],
        "by_ministry": by_ministry,
    }
    return {**stored, "outcomes": outcomes, "remarks": [], "rulings": []}


_EARLIER: dict[Any, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_first}
"""From each earlier edition to the next."""
