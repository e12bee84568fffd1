"""Template filters: the tone and icon of a status tag, one for each status."""

from __future__ import annotations

from django import template

from followup.models import ExtensionState
from followup.rules.status import ReportStatus, RoundStatus

register = template.Library()

TONES = {
    ReportStatus.DRAFT: "neutral",
    ReportStatus.IN_REVIEW: "info",
    ReportStatus.SUBMITTED: "info",
    ReportStatus.RETURNED: "warning",
    ReportStatus.ACCEPTED: "success",
    RoundStatus.FORM_UNDECIDED: "neutral",
    RoundStatus.OPEN: "info",
    RoundStatus.CLOSED: "warning",
    RoundStatus.FIXED: "success",
    ExtensionState.WAITING: "info",
    ExtensionState.GRANTED: "success",
    ExtensionState.REFUSED: "warning",
    ExtensionState.WITHDRAWN: "neutral",
}


@register.filter
def status_tone(status: str) -> str:
    """{% status_tag report.get_status_display tone=report.status|status_tone %}."""
    return TONES[status]  # type: ignore[index]
