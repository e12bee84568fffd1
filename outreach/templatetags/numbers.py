"""Template filters: numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def grouped(number: int | float | Decimal | None) -> str:
    """Return 「1,234」; － where there is no number."""
    return "－" if number is None else f"{number:,}"
