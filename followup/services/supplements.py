"""Which questions are still open to a ministry that was asked again only for what a form added.

Beside the keys of the report a question is open where its submitted answer is missing or wrong in
the form of now: what cannot be submitted as it is can be mended. A body that was not in the submitted
version is asked everything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from followup.models import Report, Submission
from followup.rules.answers import check_answers
from followup.rules.fits import known_answers
from followup.rules.form_changes import with_dependents
from followup.rules.questions import Answers, FormSpec, Scope


@dataclass(frozen=True)
class SubmittedRows:
    """What a report that is asked again had submitted about its bodies, by notification."""

    keys: frozenset[str]
    answers: dict[int, Answers]

    def open_keys(self, form: FormSpec, notification_pk: int) -> frozenset[str] | None:
        """Return the keys that one row, whose form is given, may be answered for; None for all."""
        if notification_pk not in self.answers:
            return None
        return _opened(form, self.keys, _wrong_keys(form, Scope.BODY, self.answers[notification_pk]))


def submitted_rows(report: Report, *, only: Collection[int] | None = None) -> SubmittedRows | None:
    """Return the submitted rows, or `only` those of some notifications; None when all is asked."""
    latest = _latest(report)
    if latest is None:
        return None
    rows = latest.rows.all() if only is None else latest.rows.filter(notification__in=only)
    return SubmittedRows(frozenset(report.asked_keys), dict(rows.values_list("notification_id", "answers")))


def open_own_keys(report: Report, *, form: FormSpec, ledger: Answers) -> frozenset[str] | None:
    """Return the keys of the ministry's own questions that may be answered; None for all.

    A question that the ledger answers is open where the ledger now says otherwise.
    """
    latest = _latest(report)
    if latest is None:
        return None
    said: Answers = latest.answers
    differing = {key for key, known in ledger.items() if said.get(key, known) != known}
    wrong = _wrong_keys(form, Scope.MINISTRY, {**ledger, **said})
    return _opened(form, frozenset(report.asked_keys), wrong | differing)


def _opened(form: FormSpec, asked: frozenset[str], mended: frozenset[str]) -> frozenset[str]:
    """Add what has to be mended, and what its answers may bring up; `asked` came with its own."""
    return asked | frozenset(with_dependents(form, mended)) if mended else asked


def _latest(report: Report) -> Submission | None:
    return report.submissions.filter(is_latest=True).first() if report.asked_keys else None


def _wrong_keys(form: FormSpec, scope: str, answers: Answers) -> frozenset[str]:
    wrong = check_answers(form, scope, known_answers(form, scope, answers))
    return frozenset(key.partition("__")[0] for key in wrong)
