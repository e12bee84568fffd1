"""What a report says at this moment: its form, the ministry's answers, and one row a notified body."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from followup.models import BodyAnswer, Report
from followup.rules.answers import check_answers
from followup.rules.prefill import ledger_answers
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from outreach.models import Notification


@dataclass(frozen=True)
class Row:
    """One notified body with its answers; `version` is None while nothing was entered.

    `form` is the form as a body of its category is asked.
    """

    form: FormSpec
    notification: Notification
    issued_on: date
    answers: dict[str, Answer]
    version: int | None


@dataclass(frozen=True)
class Problem:
    """What keeps a report from being submitted, and where: a cell, or the report as a whole."""

    message: str
    key: str = ""
    row: Row | None = None
    label: str = ""


@dataclass(frozen=True)
class Content:
    """A report as it would be submitted now."""

    form: FormSpec
    answers: dict[str, Answer]
    from_ledger: frozenset[str]
    no_body_reason: str
    rows: list[Row]

    def problems(self) -> list[Problem]:
        """Return everything that keeps it from being submitted, in the order of the pages."""
        return [
            *self._problems_of_whole(),
            *self._problems_with_ledger(),
            *self._problems_in(Scope.MINISTRY, self.answers, None),
            *(problem for row in self.rows for problem in self._problems_in(Scope.BODY, row.answers, row)),
        ]

    def _problems_of_whole(self) -> list[Problem]:
        if not self.rows and not self.no_body_reason:
            return [
                Problem(
                    "発出した団体がありません。団体への発出を記録するか、該当なしの理由を入力してください。"
                )
            ]
        if self.rows and self.no_body_reason:
            return [Problem("発出した団体があるため、該当なしにできません。該当なしを取り消してください。")]
        return []

    def _problems_with_ledger(self) -> list[Problem]:
        """Refuse 「いいえ」 to whether there were bodies when some were notified, and the reverse."""
        return [
            Problem("発出の記録と一致していません。", key=question.key, label=question.label)
            for question in self.form.of(Scope.MINISTRY)
            if question.prefill == "has_bodies"
            and self.answers.get(question.key, bool(self.rows)) != bool(self.rows)
        ]

    def _problems_in(self, scope: Scope, answers: Answers, row: Row | None) -> list[Problem]:
        found = check_answers(row.form if row else self.form, scope, answers)
        return [
            Problem(message, key=key, row=row, label=self._label_of(key)) for key, message in found.items()
        ]

    def _label_of(self, key: str) -> str:
        return self.form.by_key[key.split("__", maxsplit=1)[0]].label

    def content_hash(self) -> str:
        """Return the SHA-256 of what is said; two versions that say the same have the same one."""
        said = {
            "form": self.form.content_hash(),
            "no_body_reason": self.no_body_reason,
            "answers": self.answers,
            "rows": [
                [row.notification.pk, row.notification.body.name, row.answers]
                for row in sorted(self.rows, key=lambda row: row.notification.pk)
            ],
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def report_content(report: Report) -> Content:
    """Read what a report says. Queries: two for the form, one each for notices and rows."""
    form = report.form_version.spec() if report.form_version else FormSpec(())
    rows = _rows_of(report, form)
    ledger = ledger_answers(form, [row.issued_on for row in rows])
    stored: dict[str, Answer] = report.answers
    answers = _known_answers(form, Scope.MINISTRY, ledger | stored)
    return Content(
        form=form,
        answers=answers,
        from_ledger=frozenset(key for key in ledger if key in answers and key not in stored),
        no_body_reason=report.no_body_reason or report.assignment.no_body_reason,
        rows=rows,
    )


def _rows_of(report: Report, form: FormSpec) -> list[Row]:
    notices = (
        Notification.objects.filter(assignment=report.assignment_id)
        .issued()
        .select_related("body", "template")
        .order_by("template__number", "body__name", "pk")
    )
    entered = {answer.notification_id: answer for answer in BodyAnswer.objects.filter(report=report)}
    return [
        _row(form, notice, notice.issued_on, entered.get(notice.pk)) for notice in notices if notice.issued_on
    ]


def _row(form: FormSpec, notice: Notification, issued_on: date, entered: BodyAnswer | None) -> Row:
    asked = form.for_category(notice.body.category)
    answers = _known_answers(asked, Scope.BODY, entered.answers) if entered else {}
    return Row(asked, notice, issued_on, answers, entered.version if entered else None)


def _known_answers(form: FormSpec, scope: str, stored: Mapping[str, Any]) -> dict[str, Answer]:
    """Keep what this form asks: other versions' answers and those to hidden questions stay out."""
    return {
        key: stored[key]
        for question in form.asked(scope, stored)
        for key in (question.key, question.other_key)
        if key in stored
    }
