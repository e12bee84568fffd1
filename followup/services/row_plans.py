"""Change many rows at once: a plan to look at first, then saved as it was looked at or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from followup.models import Report
from followup.rules.answer_texts import key_label, value_text
from followup.rules.fits import known_answers
from followup.rules.questions import OTHER_SUFFIX, Answer, Answers, FormSpec, Scope
from followup.rules.versions import changes
from followup.services.contents import Row
from followup.services.drafts import save_answers
from outreach.models import User
from outreach.services.errors import StaleWrite


class PlanChanged(StaleWrite):
    """What would be saved is no longer what was looked at; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "確認の画面を開いた後に、ほかの方が回答を変更しました。変更の内容をもう一度確かめてください。"
        )


@dataclass(frozen=True)
class PlannedRow:
    """A row with the answers that it is to have."""

    row: Row
    answers: dict[str, Answer]


@dataclass(frozen=True)
class PlannedChange:
    """One answer that changes, as people read it."""

    body: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class RowPlan:
    """The rows that change, in the order of the pages."""

    rows: list[PlannedRow]

    def digest(self) -> str:
        """Return the SHA-256 of what changes from what to what, known again when it is confirmed."""
        said = [[one.row.pk, one.row.answers, one.answers] for one in self.rows]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def changes(self) -> Iterable[PlannedChange]:
        for one in self.rows:
            form = one.row.form
            for change in changes(one.row.answers, one.answers, form.by_key):
                question = form.by_key[change.key.removesuffix(OTHER_SUFFIX)]
                yield PlannedChange(
                    one.row.body_name,
                    key_label(question, change.key),
                    value_text(question, change.key, change.old),
                    value_text(question, change.key, change.new),
                )


def unconditional(form: FormSpec) -> FormSpec:
    """Return a form that asks every question, for values of which each row takes what it is asked."""
    asked = tuple(
        replace(row, show_when_key="", show_when_values=(), required=False) for row in form.questions
    )
    return replace(form, questions=asked, checks=())


def row_with(row: Row, values: Answers, *, overwrite: bool) -> dict[str, Answer]:
    """Return a row's answers with values put in, as far as it is asked them (category, condition, 追加).

    The text of その他 goes with its question: it is replaced with it.
    """
    answers = dict(row.answers)
    for question in row.form.of(Scope.BODY):
        if not row.asks(question.key):
            continue
        if question.key in values and (overwrite or question.key not in row.answers):
            answers.pop(question.other_key, None)
            keys = (question.key, question.other_key)
            answers |= {key: values[key] for key in keys if key in values}
    return known_answers(row.form, Scope.BODY, answers)


def save_plan(*, report: Report, plan: RowPlan, expected_digest: str, actor: User, now: datetime) -> Report:
    """Save a plan made of a locked report; raise PlanChanged when it is not the one looked at."""
    if plan.digest() != expected_digest:
        raise PlanChanged
    return save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={one.row.pk: (one.row.version, one.answers) for one in plan.rows},
        actor=actor,
        now=now,
    )
