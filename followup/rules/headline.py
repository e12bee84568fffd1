"""The figures of a whole round that are one number each, by the keys of their definitions."""

from __future__ import annotations

from decimal import Decimal

from followup.rules.figures import Figures
from followup.rules.outcomes import OutcomeCounts, Summed

Number = int | float

OF_PROGRESS = (
    "asked", "submitted", "response_rate", "accepted", "overdue", "late", "no_body", "versions", "aimed",
    "issued", "issue_rate", "distinct_aimed", "distinct_issued",
)  # fmt: skip
OF_OUTCOMES = (
    "answered_bodies", "spread", "spread_rate", "forwarded", "reached_staff", "insurance_ministries",
    "insurance_staff", "account_ministries", "account_staff", "onsite_bodies", "onsite_times", "practices",
    "public_practices", "obstacles", "public_obstacles", "excluded", "corrected", "to_check",
)  # fmt: skip


def headline(figures: Figures) -> dict[str, Number | None]:
    """Return each as a number; None where nothing was asked or answered, which is not zero."""
    progress = figures.progress
    return {
        **{key: _number(getattr(progress, key)) for key in OF_PROGRESS},
        "non_responders": len(progress.non_responders),
        **{key: _number(getattr(figures.outcomes, key)) for key in OF_OUTCOMES},
        **_reach(figures.outcomes),
    }


def _reach(outcomes: OutcomeCounts) -> dict[str, Number | None]:
    reach = outcomes.member_reach
    return {
        "member_reach_bodies": reach.bodies if reach else None,
        "member_count": reach.members if reach else None,
        "reached_member_count": reach.reached if reach else None,
        "member_reach_rate": reach.rate if reach else None,
    }


def _number(value: object) -> Number | None:
    """Return a whole number as such, a sum over nobody as None."""
    if isinstance(value, Summed):
        value = value.shown
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, int | float) else None
