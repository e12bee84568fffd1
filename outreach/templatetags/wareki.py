"""Template filters for days and instants in 和暦; nothing to show gives nothing."""

from datetime import date, datetime

from django import template

from outreach.rules.wareki import format_wareki, format_wareki_at, instant_in_tokyo
from outreach.rules.wareki import short_day as format_short_day

register = template.Library()


@register.filter
def wareki(value: date | None) -> str:
    """{{ due_on|wareki }} → 令和5年10月6日. An instant shows its day in Asia/Tokyo."""
    return format_wareki(_day_of(value)) if value else ""


@register.filter
def wareki_weekday(value: date | None) -> str:
    """{{ due_on|wareki_weekday }} → 令和5年10月6日（金）."""
    return format_wareki(_day_of(value), weekday=True) if value else ""


@register.filter
def wareki_at(value: datetime | None) -> str:
    """{{ submitted_at|wareki_at }} → 令和5年10月6日 17時00分."""
    return format_wareki_at(value) if value else ""


@register.filter
def short_day(value: date | None) -> str:
    """{{ due_on|short_day }} → 10/6."""
    return format_short_day(_day_of(value)) if value else ""


def _day_of(value: date) -> date:
    return instant_in_tokyo(value).date() if isinstance(value, datetime) else value
