"""Turn templates/mail/*.txt into the subject and body of a mail."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from followup.models import Report

SUBJECT_MARK = "件名："


def render_mail(name: str, context: dict[str, Any]) -> tuple[str, str]:
    """Render templates/mail/<name>.txt; its first line is 「件名：…」, the body follows."""
    subject, _line, body = render_to_string(f"mail/{name}.txt", context).strip().partition("\n")
    return subject.removeprefix(SUBJECT_MARK), body.strip() + "\n"


def url_of(name: str, *args: int) -> str:
    """Return the full address of a page."""
    return f"{settings.BASE_URL}{reverse(name, args=args)}"


def day_left(report: Report, *, today: date) -> date | None:
    """Return the due date for a mail to name; None once it has passed."""
    return report.due_on if report.due_on and report.due_on >= today else None
