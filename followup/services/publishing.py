"""What publishing a form would do, for the page that asks before it: changes, reach and the mail."""

from __future__ import annotations

from dataclasses import dataclass

from followup.models import FormVersion, Report, Round
from followup.rules.due import Due
from followup.rules.form_problems import find_form_problems
from followup.rules.questions import FormSpec, QuestionSpec
from followup.rules.status import EDITABLE
from followup.services.asking_again import find_supplements, supplement_mail
from followup.services.form_differences import FormDifferences, form_differences
from followup.services.forms import published_forms
from followup.services.mail_texts import render_mail, url_of
from followup.services.opening_days import opening_days
from outreach.models import Ministry
from outreach.services.addressees import unreached


@dataclass(frozen=True)
class PublishPreview:
    """What changes between the form in force and the draft, and whom publishing reaches.

    `closed` says why offices are closed on the due date (「土曜日」), or is None.
    """

    closed: str | None
    is_first: bool
    problems: list[str]
    differences: FormDifferences
    ministries: int
    drafts: int
    submitted: int
    unreached: list[Ministry]
    subject: str
    body: str
    again: AgainPreview


@dataclass(frozen=True)
class AgainPreview:
    """What asking those who already submitted for the new questions would mean (追加の設問)."""

    reports: int
    questions: list[QuestionSpec]
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
    earlier = published_forms(collection)
    form = form_version.spec()
    subject, body = _sample_mail(asked, due)
    return PublishPreview(
        closed=opening_days().closed_name(due.on),
        is_first=not earlier,
        problems=find_form_problems(form, earlier),
        differences=form_differences(earlier[-1] if earlier else FormSpec(()), form),
        ministries=len(reports),
        drafts=len(asked),
        submitted=len(reports) - len(asked),
        unreached=unreached([report.assignment.ministry for report in asked]),
        subject=subject,
        body=body,
        again=_again(collection, form, due),
    )


def _again(collection: Round, form: FormSpec, due: Due) -> AgainPreview:
    supplements = find_supplements(collection, form)
    asked = {question.key for supplement in supplements for question in supplement.questions}
    subject, body = "", ""
    if supplements:
        supplements[0].report.due_on, supplements[0].report.due_time = due.on, due.time
        subject, body = supplement_mail(supplements[0])
    return AgainPreview(
        reports=len(supplements),
        questions=[question for question in form.questions if question.key in asked],
        unreached=unreached([supplement.report.assignment.ministry for supplement in supplements]),
        subject=subject,
        body=body,
    )


def _sample_mail(reports: list[Report], due: Due) -> tuple[str, str]:
    """Return メール1 as the first ministry would get it."""
    if not reports:
        return "", ""
    report = reports[0]
    report.due_on, report.due_time = due.on, due.time
    return render_mail("form", {"report": report, "url": url_of("portal:report_detail", report.pk)})
