"""Ask who already submitted only for what a new version of the form added or changed (追加の設問)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from followup.models import FormVersion, Report, Round, Submission
from followup.rules.form_changes import keys_to_ask_again
from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.rules.status import EDITABLE, REPORT_STEPS
from followup.services.mail_texts import render_mail, url_of
from followup.services.steps import lock_report, take_step
from outreach.models import MailKind, Notification, User
from outreach.services.mail import queue_mail_to_ministry

SUPPLEMENT = next(step for step in REPORT_STEPS if step.verb == "supplement")


@dataclass(frozen=True)
class Supplement:
    """One report that submitted, and the questions that it is to answer in addition."""

    report: Report
    questions: list[QuestionSpec]


def find_supplements(collection: Round, form: FormSpec) -> list[Supplement]:
    """Return the reports that a form brings new or changed questions to, in 建制順; five queries.

    Also those that are still answering what an earlier version added. A report that none of the
    questions concern (it has no such body) is left as it is.
    """
    reports = (
        collection.reports.filter(Q(status__in=SUPPLEMENT.sources) | _is_answering_in_addition())
        .select_related("assignment__ministry", "round__request", "round__council")
        .order_by("assignment__ministry__order")
    )
    latest = Submission.objects.newest().filter(report__round=collection)
    answered_with = dict(latest.values_list("report_id", "form_version_id"))
    forms = _specs(set(answered_with.values()))
    categories = _categories_by_assignment(collection)
    found = [
        Supplement(
            report,
            _questions(forms[answered_with[report.pk]], form, categories.get(report.assignment_id, set())),
        )
        for report in reports
        if report.pk in answered_with
    ]
    return [supplement for supplement in found if supplement.questions]


def _is_answering_in_addition() -> Q:
    return Q(status__in=EDITABLE) & ~Q(asked_keys=[])


def _specs(versions: Iterable[int]) -> dict[int, FormSpec]:
    rows = FormVersion.objects.filter(pk__in=versions).prefetch_related("questions", "cross_checks")
    return {version.pk: version.spec() for version in rows}


def _categories_by_assignment(collection: Round) -> dict[int, set[str]]:
    """Return the categories of the bodies that each ministry notified."""
    issued = Notification.objects.filter(assignment__request=collection.request_id).issued().order_by()
    found: dict[int, set[str]] = {}
    for assignment, category in issued.values_list("assignment", "body__category").distinct():
        found.setdefault(assignment, set()).add(category)
    return found


def _questions(old: FormSpec, new: FormSpec, categories: set[str]) -> list[QuestionSpec]:
    """Return the questions to ask in addition that a ministry with bodies of these categories is asked."""
    return [
        question
        for key in keys_to_ask_again(old, new)
        for question in [new.by_key[key]]
        if question.scope == Scope.MINISTRY or categories.intersection(question.categories or categories)
    ]


def ask_again(*, supplement: Supplement, version: FormVersion, actor: User, now: datetime) -> bool:
    """Give a report back for the additional questions, by mail; return False when nobody can be reached.

    What was submitted stays as its version; its answers are carried into the next one.
    """
    locked = lock_report(supplement.report)
    keys = [question.key for question in supplement.questions]
    if locked.status in SUPPLEMENT.sources:
        moved = take_step(
            locked,
            verb=SUPPLEMENT.verb,
            actor=actor,
            now=now,
            form_version=version,
            previous_form=locked.previous_form_id or locked.form_version_id,
            asked_keys=keys,
        )
    else:
        Report.objects.filter(pk=locked.pk).update(asked_keys=keys, version=F("version") + 1)
        moved = lock_report(locked)
    subject, body = supplement_mail(Supplement(moved, supplement.questions))
    return bool(
        queue_mail_to_ministry(
            ministry=moved.assignment.ministry,
            kind=MailKind.FORM,
            occasion=f"form:{version.pk}:{moved.pk}",
            subject=subject,
            body=body,
            why="フォローアップの様式に設問が加わったため",
            now=now,
        )
    )


def supplement_mail(supplement: Supplement) -> tuple[str, str]:
    """Return the subject and body of the mail that asks for the additional questions."""
    report = supplement.report
    return render_mail(
        "supplement",
        {
            "report": report,
            "questions": supplement.questions,
            "url": url_of("portal:report_detail", report.pk),
        },
    )
