"""What publishing a form would do, for the page that asks before it: changes, reach and the mail."""

from __future__ import annotations

from dataclasses import dataclass

from followup.models import FormVersion, Report
from followup.rules.due import Due
from followup.rules.form_problems import find_form_problems
from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.rules.status import EDITABLE
from followup.services.forms import newest_form
from followup.services.mail_texts import render_mail, url_of
from followup.services.opening_days import opening_days
from outreach.models import Ministry
from outreach.services.mail import recipients_by_ministry


@dataclass(frozen=True)
class PublishPreview:
    """What changes between the form in force and the draft, and whom publishing reaches.

    `closed` says why offices are closed on the due date (「土曜日」), or is None.
    """

    closed: str | None
    is_first: bool
    problems: list[str]
    added: list[QuestionSpec]
    removed: list[QuestionSpec]
    changed: list[QuestionSpec]
    ministries: int
    drafts: int
    submitted: int
    unreached: list[Ministry]
    subject: str
    body: str


def preview_publish(*, form_version: FormVersion, due: Due) -> PublishPreview:
    """Show what publishing would change and send; nothing is written."""
    collection = form_version.round
    reports = list(
        collection.reports.select_related("assignment__ministry", "round__request", "round__council")
    )
    asked = [report for report in reports if report.status in EDITABLE]
    recipients = recipients_by_ministry([report.assignment.ministry for report in asked])
    in_force = newest_form(collection)
    old, new = in_force.spec() if in_force else FormSpec(()), form_version.spec()
    subject, body = _sample_mail(asked, due)
    return PublishPreview(
        closed=opening_days().closed_name(due.on),
        is_first=in_force is None,
        problems=find_form_problems(new),
        added=[question for question in _as_answered(new) if question.key not in old.by_key],
        removed=[question for question in _as_answered(old) if question.key not in new.by_key],
        changed=[
            question for question in _as_answered(new) if old.by_key.get(question.key, question) != question
        ],
        ministries=len(reports),
        drafts=len(asked),
        submitted=len(reports) - len(asked),
        unreached=[
            report.assignment.ministry for report in asked if not recipients[report.assignment.ministry_id]
        ],
        subject=subject,
        body=body,
    )


def _as_answered(form: FormSpec) -> list[QuestionSpec]:
    """Return the questions in the order in which officers meet them: the ministry's own first."""
    return sorted(form.questions, key=lambda question: question.scope != Scope.MINISTRY)


def _sample_mail(reports: list[Report], due: Due) -> tuple[str, str]:
    """Return メール1 as the first ministry would get it."""
    if not reports:
        return "", ""
    report = reports[0]
    report.due_on, report.due_time = due.on, due.time
    return render_mail("form", {"report": report, "url": url_of("portal:report_detail", report.pk)})
