"""Turn templates/mail/*.txt into the subject and body of a mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from followup.models import Report
from followup.rules.due import Due

SUBJECT_MARK = "件名："


def render_mail(name: str, context: dict[str, Any]) -> tuple[str, str]:
    """Render templates/mail/<name>.txt; its first line is 「件名：…」, the body follows."""
    subject, _line, body = render_to_string(f"mail/{name}.txt", context).strip().partition("\n")
    return subject.removeprefix(SUBJECT_MARK), body.strip() + "\n"


def url_of(name: str, *args: int) -> str:
    """Return the full address of a page."""
    return f"{settings.BASE_URL}{reverse(name, args=args)}"


def due_left(report: Report, *, now: datetime) -> Due | None:
    """Return the due date for a mail to name; None once it has passed."""
    return report.due if report.due and not report.due.has_passed(now) else None
