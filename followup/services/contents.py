"""What a report says at this moment: its form, the ministry's answers, and one row a notified body."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from followup.models import BodyAnswer, Report
from followup.rules.answers import check_answers
from followup.rules.body_requests import open_form
from followup.rules.fits import fitting_answers, known_answers
from followup.rules.prefill import ledger_answers
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from followup.services.supplements import SubmittedRows, open_own_keys, submitted_rows
from outreach.models import BodyCategory, Notification, TemplateNumber
from outreach.models.notification import NotificationQuerySet

ROW_ORDER = ("template__number", "body__name", "pk")
_COLUMNS = ("pk", "body__name", "body__name_key", "body__category", "template__number", "issued_on")
"""What a row says of its notice, in the order of its fields."""


@dataclass(frozen=True)
class Row:
    """One notified body with its answers; `version` is None while nothing was entered.

    `pk` is its notification's id, `form` the form as a body of its category is asked. Plain values: a
    report may have thousands of rows, and models of notice and body cost more than all the rest.
    """

    form: FormSpec
    pk: int
    body_name: str
    name_key: str
    category: str
    template_number: int
    issued_on: date
    answers: dict[str, Answer]
    version: int | None
    asked_keys: frozenset[str] | None = None
    """The only questions that may be answered (追加の設問); None for all of them."""

    @property
    def category_label(self) -> str:
        return str(BodyCategory(self.category).label)

    @property
    def template_label(self) -> str:
        return str(TemplateNumber(self.template_number).label)

    def asks(self, key: str) -> bool:
        return self.asked_keys is None or key in self.asked_keys

    def open_form(self) -> FormSpec:
        """Return the form with only the questions that may be answered: what the body itself is asked."""
        return self.form if self.asked_keys is None else open_form(self.form, self.asked_keys, self.answers)


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
    asked_keys: frozenset[str] | None = None
    """Of the ministry's own questions the only ones that may be answered; None for all of them."""

    def asks(self, key: str) -> bool:
        return self.asked_keys is None or key in self.asked_keys

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
                [row.pk, row.body_name, row.answers] for row in sorted(self.rows, key=lambda row: row.pk)
            ],
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class OwnAnswers:
    """The ministry's own answers; `from_ledger` are the keys that the ledger answers."""

    form: FormSpec
    answers: dict[str, Answer]
    from_ledger: frozenset[str]
    asked_keys: frozenset[str] | None
    """The only questions that may be answered (追加の設問); None for all of them."""


def report_content(report: Report) -> Content:
    """Read what a report says. Queries: two for the form, two for notices and rows.

    One that is asked only for what a new version added (追加の設問) costs three more.
    """
    form = form_of(report)
    rows = rows_of(report, form)
    own = _own(report, form, [row.issued_on for row in rows])
    return Content(
        form=form,
        answers=own.answers,
        from_ledger=own.from_ledger,
        no_body_reason=report.no_body_reason or report.assignment.no_body_reason,
        rows=rows,
        asked_keys=own.asked_keys,
    )


def is_as_read(report: Report, content: Content, *, version: int) -> bool:
    """Say whether a report that is locked now still says what was read of it as of a version; one query.

    Every change of its answers, every submission and every question asked again gives a report a new
    version; what was notified has none, and is compared.
    """
    if report.version != version or form_of(report) != content.form:
        return False
    read = (
        (row.pk, row.body_name, row.name_key, row.category, row.template_number, row.issued_on)
        for row in content.rows
    )
    return list(notices_of(report).order_by("pk").values_list(*_COLUMNS)) == sorted(read)


def own_answers(report: Report) -> OwnAnswers:
    """Read the ministry's own answers without its rows, of which there may be thousands."""
    notices = Notification.objects.filter(assignment=report.assignment_id).issued()
    return _own(report, form_of(report), [day for day in notices.values_list("issued_on", flat=True) if day])


def form_of(report: Report) -> FormSpec:
    """Return the form that a report answers; an empty one until it is published."""
    return report.form_version.spec() if report.form_version else FormSpec(())


def _own(report: Report, form: FormSpec, issued_on: list[date]) -> OwnAnswers:
    ledger = ledger_answers(form, issued_on)
    stored = fitting_answers(form, Scope.MINISTRY, report.answers)
    answers = known_answers(form, Scope.MINISTRY, ledger | stored)
    from_ledger = frozenset(key for key in ledger if key in answers and key not in stored)
    return OwnAnswers(form, answers, from_ledger, open_own_keys(report, form=form, ledger=ledger))


def notices_of(report: Report) -> NotificationQuerySet:
    """Return the notices that a report has a row for; ROW_ORDER puts them in the order of its pages."""
    return Notification.objects.filter(assignment=report.assignment_id).issued()


def rows_of(report: Report, form: FormSpec, *, only: Collection[int] | None = None) -> list[Row]:
    """Read the rows of a report in the order of its pages, or `only` those of some notifications."""
    notices = notices_of(report)
    answered = BodyAnswer.objects.filter(report=report)
    if only is not None:
        notices, answered = notices.filter(pk__in=only), answered.filter(notification__in=only)
    entered = {
        pk: (answers, version)
        for pk, answers, version in answered.values_list("notification", "answers", "version")
    }
    submitted = submitted_rows(report, only=only)
    nothing: tuple[Answers, int | None] = ({}, None)
    return [
        _row(form, notice, entered.get(notice[0], nothing), submitted)
        for notice in notices.order_by(*ROW_ORDER).values_list(*_COLUMNS)
    ]


def _row(
    form: FormSpec,
    notice: tuple[int, str, str, str, int, date],
    entered: tuple[Answers, int | None],
    submitted: SubmittedRows | None,
) -> Row:
    pk, _name, _name_key, category, _template, _issued_on = notice
    asked = form.for_category(category)
    stored, version = entered
    answers = known_answers(asked, Scope.BODY, stored) if stored else {}
    open_keys = submitted.open_keys(asked, pk) if submitted else None
    return Row(asked, *notice, answers, version, open_keys)
