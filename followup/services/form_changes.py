"""What a newer form made of a draft that was begun with an older one: old and new side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from followup.models import BodyAnswer, FormVersion, Report
from followup.rules.answer_texts import answer_text
from followup.rules.fits import Stored, fits, known_answers
from followup.rules.form_changes import QuestionChange, compare_forms
from followup.rules.prefill import ledger_answers
from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.services.form_differences import Difference, differences_of
from followup.services.steps import lock_report, refuse_editing
from outreach.models import Body, Notification, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import StaleWrite

ADDED = "新しい設問です。"
REMOVED = "設問がなくなりました。"
REMOVED_ANSWER = "設問がなくなったため、提出する回答には含まれません（元の回答は残っています）。"
UNANSWERED = "回答はまだありません。"
CARRIED = "回答をそのまま引き継いでいます。"
HIDDEN = "ほかの回答により、現在は尋ねていません（元の回答は残っています）。"
UNFIT = "元の回答は変更後の設問に合いません。改めて入力してください（入力するまで元の回答は残ります）。"


@dataclass(frozen=True)
class ComparedAnswer:
    """One question, what changed about it, the answer entered before, and what became of that."""

    change: QuestionChange
    differences: list[Difference]
    answer: str
    fate: str

    @property
    def is_as_is(self) -> bool:
        return not (self.change.is_added or self.change.is_removed or self.change.is_changed)

    @property
    def is_lost(self) -> bool:
        """Say whether an answer was entered that is none any more."""
        return bool(self.answer) and self.fate != CARRIED


@dataclass(frozen=True)
class ComparedRow:
    """One body with the answers that are none any more."""

    body: Body
    answers: list[ComparedAnswer]


@dataclass(frozen=True)
class ChangesOfReport:
    """Everything that a newer form changed for one report; rows only where an answer is concerned."""

    previous: FormVersion
    current: FormVersion
    ministry: list[ComparedAnswer]
    body_questions: list[ComparedAnswer]
    rows: list[ComparedRow]


def changes_of_report(report: Report) -> ChangesOfReport | None:
    """Compare a report's form with the one that its draft was begun with; None where all is confirmed.

    Six queries, however many bodies there are.
    """
    if report.previous_form is None or report.form_version is None:
        return None
    forms = _forms_between(report.previous_form, report.form_version)
    old, new = _as_met(forms[:-1] or forms), forms[-1]
    notices = _answered_notices(report)
    days = [notice.issued_on for notice, _answers in notices if notice.issued_on]
    return ChangesOfReport(
        previous=report.previous_form,
        current=report.form_version,
        ministry=_compare(forms, old, new, Scope.MINISTRY, {**ledger_answers(new, days), **report.answers}),
        body_questions=_compare(forms, old, new, Scope.BODY, {}),
        rows=_concerned(forms, old, new, notices),
    )


def _forms_between(previous: FormVersion, current: FormVersion) -> list[FormSpec]:
    """Return the published forms from one version to another, both included."""
    versions = FormVersion.objects.published().filter(
        round=previous.round_id, number__gte=previous.number, number__lte=current.number
    )
    return [
        version.spec()
        for version in versions.order_by("number").prefetch_related("questions", "cross_checks")
    ]


def _as_met(forms: Sequence[FormSpec]) -> FormSpec:
    """Return the questions as the ministry first met them since it began its draft."""
    met: dict[str, QuestionSpec] = {}
    for form in forms:
        met = {**form.by_key, **met}
    first = forms[0].by_key
    ordered = [*first.values(), *(question for key, question in met.items() if key not in first)]
    return replace(forms[0], questions=tuple(ordered))


def _answered_notices(report: Report) -> list[tuple[Notification, Stored]]:
    rows = BodyAnswer.objects.filter(report=report).select_related("notification__body")
    ordered = rows.order_by("notification__body__name", "notification_id")
    return [(row.notification, row.answers) for row in ordered]


def _concerned(
    forms: Sequence[FormSpec], old: FormSpec, new: FormSpec, notices: list[tuple[Notification, Stored]]
) -> list[ComparedRow]:
    rows = []
    for notice, stored in notices:
        category = notice.body.category
        narrowed = [form.for_category(category) for form in forms]
        compared = _compare(
            narrowed, old.for_category(category), new.for_category(category), Scope.BODY, stored
        )
        if lost := [answer for answer in compared if answer.is_lost]:
            rows.append(ComparedRow(notice.body, lost))
    return rows


def _compare(
    forms: Sequence[FormSpec], old: FormSpec, new: FormSpec, scope: str, stored: Stored
) -> list[ComparedAnswer]:
    known = known_answers(new, scope, stored)
    return [
        ComparedAnswer(
            change=change,
            differences=differences_of(change, old=old, new=new),
            answer=_text(change, forms, stored),
            fate=_fate(change, stored, is_shown=change.question.key in known),
        )
        for change in compare_forms(old, new)
        if change.question.scope == scope
    ]


def _fate(change: QuestionChange, stored: Stored, *, is_shown: bool) -> str:
    is_answered = change.question.key in stored
    if change.new is None:
        return REMOVED_ANSWER if is_answered else REMOVED
    if not is_answered:
        return ADDED if change.is_added else UNANSWERED
    if is_shown:
        return CARRIED
    return HIDDEN if fits(change.new, stored[change.new.key]) else UNFIT


def _text(change: QuestionChange, forms: Sequence[FormSpec], stored: Stored) -> str:
    """Return a stored answer as the version reads it that it was entered with."""
    key = change.question.key
    if key not in stored:
        return ""
    asked = [change.old, *(form.by_key.get(key) for form in reversed(forms))]
    for question in asked:
        if question and fits(question, stored[key]):
            return answer_text(question, stored)
    return str(stored[key])


@transaction.atomic
def confirm_form_changes(*, report: Report, seen_form: int | None, actor: User, now: datetime) -> Report:
    """Note that an officer has seen what the form changed; `seen_form` is the version compared with.

    Raises StaleWrite when a newer one was published meanwhile. Nothing is written a second time.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    if locked.form_version_id != seen_form:
        raise StaleWrite("画面を開いた後に様式がまた変わりました。最新の変更を確かめてください。")
    if locked.previous_form is None:
        return locked
    Report.objects.filter(pk=locked.pk).update(previous_form=None)
    record_audit(
        action="報告：様式の変更を確認",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        before=labelled(Report, {"previous_form": str(locked.previous_form)}),
        after=labelled(Report, {"form_version": str(locked.form_version)}),
    )
    return lock_report(locked)
