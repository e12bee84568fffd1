"""A report that nobody has to give: how officers will see a form (試し表示). Nothing of it is stored."""

from __future__ import annotations

from datetime import date

from followup.models import FormVersion
from followup.rules.prefill import ledger_answers
from followup.rules.questions import Scope
from followup.services.contents import Content, Row
from outreach.models import BodyCategory, TemplateNumber
from outreach.rules.names import matching_key

SAMPLES = (
    ("（例）全国見本協会", BodyCategory.INDUSTRY, TemplateNumber.BUSINESS),
    ("（例）独立行政法人見本機構", BodyCategory.AGENCY_MEDIUM, TemplateNumber.AGENCY),
)


def sample_content(*, form_version: FormVersion, today: date) -> Content:
    """Return an unanswered report of two invented bodies, one of either template, notified today."""
    form = form_version.spec()
    rows = [
        Row(
            form=form.for_category(category),
            pk=number,
            body_name=name,
            name_key=matching_key(name),
            category=category,
            template_number=template,
            issued_on=today,
            answers={},
            version=None,
        )
        for number, (name, category, template) in enumerate(SAMPLES, start=1)
    ]
    known = ledger_answers(form, [row.issued_on for row in rows])
    return Content(
        form=form,
        answers=known,
        from_ledger=frozenset(question.key for question in form.of(Scope.MINISTRY) if question.key in known),
        no_body_reason="",
        rows=rows,
    )
