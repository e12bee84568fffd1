"""団体への回答依頼 as plain values: its states, its proposed due date, and what taking over amounts to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from django.db.models import TextChoices

from followup.rules.answers import ParsedAnswers, parse_answers
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from outreach.rules.opening_days import OpeningDays

OPENING_DAYS_BEFORE = 3
"""So many opening days before the report is due a body is asked to answer by, unless told otherwise."""
LONGEST_DAYS = 90
"""A link works no longer than this, however late the answer may be wanted."""


class ProposalState(TextChoices):
    PENDING = "pending", "未処理"
    TAKEN = "taken", "採用"
    EDITED = "edited", "修正して採用"
    DECLINED = "declined", "不採用"
    REPLACED = "replaced", "差替え済み"


ACCEPTED = (ProposalState.TAKEN, ProposalState.EDITED)
"""States in which the ministry has made the answers its own, so that the body can change nothing more."""


class RequestState(TextChoices):
    NOT_ASKED = "not_asked", "未依頼"
    ASKED = "asked", "依頼済み"
    OPENED = "opened", "開封済み"
    ANSWERED = "answered", "回答あり"
    ACCEPTED = "accepted", "採用済み"
    DECLINED = "declined", "不採用"
    EXPIRED = "expired", "期限切れ"
    WITHDRAWN = "withdrawn", "取消し"


def request_state(
    *, latest: str | None, is_withdrawn: bool, is_opened: bool, due_on: date, today: date
) -> RequestState:
    """Return where a request stands; `latest` is the state of the body's last answer, if any.

    What the ministry still has to do comes before what became of the link.
    """
    if latest == ProposalState.PENDING:
        return RequestState.ANSWERED
    if latest in ACCEPTED:
        return RequestState.ACCEPTED
    if is_withdrawn:
        return RequestState.WITHDRAWN
    if due_on < today:
        return RequestState.EXPIRED
    if latest == ProposalState.DECLINED:
        return RequestState.DECLINED
    return RequestState.OPENED if is_opened else RequestState.ASKED


def proposed_due_date(report_due_on: date, *, today: date, days: OpeningDays) -> date:
    """Return an opening day before the report's due date that still leaves the body one to answer."""
    return max(days.add(report_due_on, -OPENING_DAYS_BEFORE), days.add(today, 1))


def open_form(form: FormSpec, keys: Collection[str], submitted: Answers) -> FormSpec:
    """Return the form of one body with only the questions of these keys (追加の設問).

    Whether a question is shown that hangs on one that is not asked again is settled by what was
    submitted.
    """
    own = {"", *keys}
    questions = tuple(
        question
        if question.show_when_key in own
        else replace(question, show_when_key="", show_when_values=())
        for question in form.of(Scope.BODY)
        if question.key in keys and (question.show_when_key in own or form.is_asked(question, submitted))
    )
    checks = tuple(check for check in form.checks if {check.left_key, check.right_key} <= own)
    return replace(form, questions=questions, checks=checks)


def read_by_form(form: FormSpec, proposed: Answers) -> ParsedAnswers:
    """Return what a form still takes of a body's answers, by key, and what it does not, and why.

    The form may have moved on since the body answered: questions that are gone leave nothing, and a
    value that the question no longer takes is an error.
    """
    typed = {key: _typed(answer) for key, answer in proposed.items()}
    return parse_answers(form, Scope.BODY, typed)


def _typed(answer: Answer) -> str | list[str]:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return answer if isinstance(answer, list) else str(answer)


def taken_over(form: FormSpec, stored: Answers, proposed: Answers) -> dict[str, Answer]:
    """Return a row as it is with a body's answers in it.

    What the body left blank stays as it was; the text of その他 goes with its question. Answers to
    questions that are hidden by the new ones go.
    """
    row: dict[str, Answer] = dict(stored)
    for question in form.of(Scope.BODY):
        if question.key in proposed:
            row.pop(question.other_key, None)
            row |= _answers_to(question.key, question.other_key, proposed)
    return {
        key: row[key]
        for question in form.asked(Scope.BODY, row)
        for key in (question.key, question.other_key)
        if key in row
    }


def meets_nothing(stored: Answers, proposed: Answers) -> bool:
    """Say whether a row can take a body's answers without any answer of the ministry being changed."""
    return all(key not in stored or stored[key] == answer for key, answer in proposed.items())


def _answers_to(key: str, other_key: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {name: answers[name] for name in (key, other_key) if name in answers}
