"""集計上の取扱い: leave a submitted value out of the figures, or count another, with a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import transaction

from followup.models import FigureRuling, FormVersion, Report, Round, Submission
from followup.rules.answer_texts import key_label, value_text
from followup.rules.fits import fits
from followup.rules.questions import Answer, Answers, FormSpec, QuestionSpec
from followup.rules.rulings import (
    Place,
    Ruling,
    RulingKind,
    RulingNote,
    is_same_value,
    may_be_corrected,
    ruled_answers,
)
from followup.services.doubts import refuse_other_than_staff
from followup.services.points import latest_version
from followup.services.steps import lock_report
from outreach.models import User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal, StaleWrite


@dataclass(frozen=True)
class Cell:
    """One submitted value: whose, of which body ("" for the ministry's own), to which question."""

    submission: Submission
    notification_pk: int | None
    body: str
    question: QuestionSpec
    answers: Answers

    @property
    def value(self) -> Answer:
        return self.answers[self.question.key]

    @property
    def text(self) -> str:
        return value_text(self.question, self.question.key, self.value)


def find_cell(*, submission: Submission, notification_pk: int | None, question_key: str) -> Cell | None:
    """Return a value of a submission; None where the question is not asked or was not answered."""
    question = submission.form_version.spec().by_key.get(question_key)
    if notification_pk is None:
        body, answers = "", submission.answers
    else:
        row = submission.rows.filter(notification=notification_pk).first()
        body, answers = (row.body_name, row.answers) if row else ("", {})
    if question is None or question_key not in answers:
        return None
    return Cell(submission, notification_pk, body, question, answers)


@transaction.atomic
def rule_on_value(
    *,
    report: Report,
    notification_pk: int | None,
    question_key: str,
    kind: RulingKind,
    corrected: Answer | None = None,
    reason: str,
    seen_number: int,
    seen_ruling_pk: int | None = None,
    actor: User,
    now: datetime,
) -> FigureRuling:
    """Rule on a value of the version that was looked at; the ruling that stood there is withdrawn.

    Raises:
        StaleWrite: when another version, or another ruling on the value, has been made since.
        Refusal: when nothing was answered there, or the other value does not answer the question.
    """
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    submission = latest_version(locked, seen_number)
    cell = find_cell(submission=submission, notification_pk=notification_pk, question_key=question_key)
    if cell is None:
        raise Refusal("提出された版に、この設問への回答がありません。")
    _refuse_unfit(cell, kind, corrected)
    if not reason.strip():
        raise Refusal("取扱いの理由を入力してください。", field="reason")
    standing = active_ruling(cell=cell)
    if (standing.pk if standing else None) != seen_ruling_pk:
        raise StaleWrite(
            "画面を開いた後に、ほかの職員がこの値の取扱いを変えました。最新の内容を確かめてください。"
        )
    if standing:
        _withdraw(standing, actor=actor, now=now, reason="新しい取扱いを定めたため")
    ruling = FigureRuling.objects.create(
        report=locked,
        notification_id=notification_pk,
        question_key=question_key,
        submitted_value=cell.value,
        kind=kind,
        corrected_value=corrected if kind == RulingKind.CORRECTED else None,
        reason=reason.strip(),
        created_by=actor,
        created_at=now,
    )
    record_audit(
        action="集計上の取扱いを定める",
        now=now,
        actor=actor,
        obj=ruling,
        reason=ruling.reason,
        before={"提出された値": cell.text},
        after={"対象": _subject(cell), "取扱い": kind.label, "集計に用いる値": _counted_text(cell, ruling)},
    )
    return ruling


def _refuse_unfit(cell: Cell, kind: RulingKind, corrected: Answer | None) -> None:
    if kind == RulingKind.EXCLUDED:
        return
    if not may_be_corrected(cell.question):
        raise Refusal(
            "文章の回答は補正できません。集計から除くときは「除外」を選んでください。", field="kind"
        )
    if corrected is None or not fits(cell.question, corrected):
        raise Refusal("集計に用いる値を、この設問の回答として正しく入力してください。", field="corrected")
    if is_same_value(corrected, cell.value):
        raise Refusal(
            "集計に用いる値が、提出された値と同じです。別の値を入力してください。", field="corrected"
        )


def active_ruling(*, cell: Cell) -> FigureRuling | None:
    """Return the ruling on a value that nobody has withdrawn, whether it still applies or not."""
    active = FigureRuling.objects.active().filter(report=cell.submission.report_id)
    return active.filter(notification=cell.notification_pk, question_key=cell.question.key).first()


def _subject(cell: Cell) -> str:
    return "・".join(filter(None, [cell.body, cell.question.label]))


def _counted_text(cell: Cell, ruling: FigureRuling) -> str:
    if ruling.kind == RulingKind.EXCLUDED:
        return "（集計しない）"
    return value_text(cell.question, cell.question.key, ruling.corrected_value)


@transaction.atomic
def withdraw_ruling(*, ruling: FigureRuling, reason: str, actor: User, now: datetime) -> None:
    """Count the value as it was submitted again.

    Raises:
        StaleWrite: when somebody else has withdrawn it already.
    """
    locked = lock_report(ruling.report)
    refuse_other_than_staff(locked, actor)
    if not reason.strip():
        raise Refusal("取り消す理由を入力してください。", field="reason")
    _withdraw(ruling, actor=actor, now=now, reason=reason.strip())


def _withdraw(ruling: FigureRuling, *, actor: User, now: datetime, reason: str) -> None:
    mine = FigureRuling.objects.active().filter(pk=ruling.pk)
    if not mine.update(withdrawn_by=actor, withdrawn_at=now):
        raise StaleWrite("この取扱いは、ほかの職員が既に取り消しています。最新の内容を確かめてください。")
    record_audit(action="集計上の取扱いを取り消す", now=now, actor=actor, obj=ruling, reason=reason)


@dataclass(frozen=True)
class StandingRulings:
    """The rulings of a round that nobody has withdrawn: those that apply, and those to look at again."""

    applying: Sequence[FigureRuling] = ()
    to_check: Sequence[FigureRuling] = ()
    forms: dict[int, FormSpec] = field(default_factory=dict)

    @cached_property
    def _by_row(self) -> dict[tuple[int, int | None], list[Ruling]]:
        by_row: dict[tuple[int, int | None], list[Ruling]] = defaultdict(list)
        for ruling in self.applying:
            by_row[ruling.report_id, ruling.notification_id].append(ruling.as_rule())
        return dict(by_row)

    def counted(self, report_id: int, notification_id: int | None, answers: Answers) -> Answers:
        """Return one row's answers as the figures count them."""
        rulings = self._by_row.get((report_id, notification_id))
        return ruled_answers(answers, rulings) if rulings else answers

    def notes(self) -> tuple[RulingNote, ...]:
        """Return what applies, as people read it, by ministry in 建制順."""
        return tuple(_note(ruling, self.forms) for ruling in self.applying)


def standing_rulings(*, round: Round) -> StandingRulings:
    """Read the rulings of a round beside what the latest submissions say; four queries at most."""
    active = FigureRuling.objects.active().filter(report__round=round)
    if not active.exists():
        return StandingRulings()  # what nearly every page finds; the rows beside them are asked for in vain
    rulings = list(
        active.with_latest()
        .select_related("report__assignment__ministry")
        .order_by("report__assignment__ministry__order", "notification", "pk")
    )
    versions = FormVersion.objects.published().filter(round=round)
    return StandingRulings(
        applying=[ruling for ruling in rulings if ruling.applies],
        to_check=[ruling for ruling in rulings if not ruling.applies],
        forms={
            version.pk: version.spec() for version in versions.prefetch_related("questions", "cross_checks")
        },
    )


def active_rulings(*, round: Round) -> dict[Place, Ruling]:
    """Return what applies to the latest submissions of a round, by the place of the value."""
    rulings = (ruling.as_rule() for ruling in standing_rulings(round=round).applying)
    return {ruling.place: ruling for ruling in rulings}


def _note(ruling: FigureRuling, forms: dict[int, FormSpec]) -> RulingNote:
    latest_form, latest_body = (getattr(ruling, name) for name in ("latest_form", "latest_body"))
    ministry, key = ruling.report.assignment.ministry, ruling.question_key
    question = forms[latest_form].by_key[key]
    is_excluded = ruling.kind == RulingKind.EXCLUDED
    return RulingNote(
        ministry_id=ministry.pk,
        ministry=ministry.name,
        body=latest_body or "",
        question_key=key,
        question=key_label(question, key),
        kind="excluded" if is_excluded else "corrected",
        submitted=value_text(question, key, ruling.submitted_value),
        corrected=None if is_excluded else value_text(question, key, ruling.corrected_value),
        reason=ruling.reason,
        ruled_on=ruling.as_rule().ruled_on,
    )
