"""Count the answers of submissions, in one pass over their rows."""

from __future__ import annotations

from typing import Any

from followup.models import FormVersion, Round, SubmittedAnswer
from followup.models.report import SubmissionQuerySet
from followup.rules.answer_tally import AnswerCounter, SubmissionTally
from followup.rules.questions import QuestionSpec
from followup.services.rulings import StandingRulings

READ_AT_ONCE = 2000

Forms = dict[int, tuple[QuestionSpec, ...]]
"""What each published version of a form asks, by its id; oldest first."""

Tallies = dict[int, SubmissionTally]
"""What was answered, by the id of the report."""


def forms_of(round: Round) -> Forms:
    """Return what each published version of the round's form asks, by its id; oldest first."""
    versions = (
        FormVersion.objects.published().filter(round=round).prefetch_related("questions", "cross_checks")
    )
    return {version.pk: version.spec().questions for version in versions.order_by("number")}


def latest_rows_of(round: Round) -> Any:
    """Return the rows about bodies in the latest submissions of a round."""
    return SubmittedAnswer.objects.filter(submission__report__round=round, submission__is_latest=True)


def count_tallies(submissions: SubmissionQuerySet, *, forms: Forms, rulings: StandingRulings) -> Tallies:
    """Return what these submissions answer, one a report, with what was ruled applied; two queries.

    The rows come in the order of the ledger, so that the same remarks are kept each time.
    """
    counters: dict[int, tuple[int, AnswerCounter]] = {}
    own = submissions.order_by().values_list("pk", "report_id", "form_version_id", "answers")
    for pk, report_id, form_id, answers in own:
        counters[pk] = report_id, AnswerCounter(forms[form_id])
        counters[pk][1].add_ministry(rulings.counted(report_id, None, answers))
    rows = SubmittedAnswer.objects.filter(submission__in=submissions.order_by().values("pk"))
    told = rows.order_by("submission_id", "notification_id").values_list(
        "submission_id", "notification_id", "body_name", "answers"
    )
    for pk, notification_id, body, answers in told.iterator(chunk_size=READ_AT_ONCE):
        report_id, counter = counters[pk]
        counter.add_body(body, rulings.counted(report_id, notification_id, answers))
    return {report_id: counter.tally() for report_id, counter in counters.values()}
