"""Save what officers answer (下書き): the ministry's answers field by field, those of bodies row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from followup.models import BodyAnswer, Report
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from followup.rules.versions import Change, changes, merge
from followup.services.answer_trail import Edit, told_edits
from followup.services.contents import report_content
from followup.services.steps import change_report, lock_report, refuse_editing
from outreach.models import Notification, User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, StaleWrite

RowInput = tuple[int | None, Answers]
"""The version of a row as the user saw it (None: nothing was entered yet), and its answers now."""


class ConflictingAnswers(StaleWrite):
    """A colleague saved other answers to the same questions; nothing was written.

    `conflicts` holds by row (None: the ministry's own answers, else the notification's id) what
    differs; a Change's `old` is the colleague's answer and `new` the one refused.
    """

    def __init__(self, conflicts: dict[int | None, list[Change]]) -> None:
        super().__init__(
            "画面を開いた後に、ほかの方が同じ項目を変更しました。どちらの内容にするか選んで、もう一度保存してください。"
        )
        self.conflicts = conflicts


@transaction.atomic
def save_answers(
    *,
    report: Report,
    expected_version: int | None,
    ministry_answers: Answers | None,
    body_answers: Mapping[int, RowInput],
    actor: User,
    now: datetime,
) -> Report:
    """Save a draft, whole or not at all; return the report as it is now.

    Takes answers as rules.answers reads them. The ministry's answers merge field by field with what
    a colleague saved since `expected_version`; a row is refused when its own version has moved on.
    A row of another ministry or one that is not notified raises NotAllowed. Where nothing changes,
    nothing is written.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    form = locked.form_version.spec() if locked.form_version else FormSpec(())
    answers: Answers = locked.answers
    conflicts: dict[int | None, list[Change]] = {}
    if ministry_answers is not None:
        answers, clashes = _merge_ministry(locked, form, expected_version, ministry_answers)
        conflicts |= {None: clashes} if clashes else {}
    written = _save_rows(locked, form, body_answers, conflicts, actor=actor, now=now)
    if conflicts:
        raise ConflictingAnswers(conflicts)
    if answers == locked.answers and not written:
        return locked
    change_report(locked, actor=actor, now=now, answers=answers)
    before, after = told_edits(form, ministry=(locked.answers, answers), rows=_by_body_name(written))
    record_audit(
        action="報告：下書きを保存",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        before=before,
        after=after,
    )
    return lock_report(locked)


def _by_body_name(written: Mapping[int, Edit]) -> dict[str, Edit]:
    names = Notification.objects.filter(pk__in=written).values_list("pk", "body__name")
    return {name: written[pk] for pk, name in names}


def _merge_ministry(
    report: Report, form: FormSpec, expected_version: int | None, mine: Answers
) -> tuple[dict[str, Answer], list[Change]]:
    """Return the ministry's answers to store, and the conflicts.

    Answers that repeat the ledger are not stored, so that they follow it; those of keys that this
    form does not ask are kept for the version that does.
    """
    content = report_content(report)
    ledger = {key: content.answers[key] for key in content.from_ledger}
    own = {key: value for key, value in mine.items() if key not in ledger or ledger[key] != value}
    seen, _other = _split(form, Scope.MINISTRY, _answers_seen(report, expected_version))
    theirs, unasked = _split(form, Scope.MINISTRY, report.answers)
    merged, clashes = merge(seen, own, theirs)
    return unasked | merged, clashes


def _split(form: FormSpec, scope: str, stored: Answers) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Part stored answers into those of keys that the form has and those of other versions' keys."""
    known = {key for question in form.of(scope) for key in (question.key, question.other_key)}
    return (
        {key: value for key, value in stored.items() if key in known},
        {key: value for key, value in stored.items() if key not in known},
    )


def _answers_seen(report: Report, version: int | None) -> Answers:
    """Return the ministry's answers as they stood in a version of the report (its history knows)."""
    if version is None or version == report.version:
        return report.answers
    past = report.history.filter(version=version).order_by("history_id").last()
    if past is None:
        raise StaleWrite
    return past.answers


def _save_rows(
    report: Report,
    form: FormSpec,
    rows: Mapping[int, RowInput],
    conflicts: dict[int | None, list[Change]],
    *,
    actor: User,
    now: datetime,
) -> dict[int, Edit]:
    """Write the rows that nobody else changed; return each with what it said before and says now.

    Adds the conflicts of the others to `conflicts`. Four queries for any number of rows, and one
    more for each row that existed and changes.
    """
    stored = _stored_rows(report, rows)
    written: dict[int, Edit] = {}
    fresh = []
    for pk, (seen, mine) in rows.items():
        row = stored.get(pk)
        theirs, unasked = _split(form, Scope.BODY, row.answers if row else {})
        found = changes(theirs, mine, form.by_key)
        if not found:
            continue
        written[pk] = (theirs, dict(mine))
        if row is None and seen is None:
            fresh.append(_new_row(report, pk, mine, actor=actor, now=now))
        elif not _is_updated(row, seen, unasked | dict(mine), actor=actor, now=now):
            conflicts[pk] = found
    BodyAnswer.objects.bulk_create(fresh)
    return written


def _stored_rows(report: Report, rows: Mapping[int, RowInput]) -> dict[int, BodyAnswer]:
    """Return the rows entered before; refuse ids that are not of notified bodies of this report."""
    issued = (
        Notification.objects.filter(assignment=report.assignment_id, pk__in=rows)
        .issued()
        .values_list("pk", flat=True)
    )
    if set(rows) - set(issued):
        raise NotAllowed("この報告にない団体の行が含まれています。画面を開き直してください。")
    known = BodyAnswer.objects.filter(report=report, notification__in=rows)
    return {row.notification_id: row for row in known}


def _new_row(report: Report, pk: int, answers: Answers, *, actor: User, now: datetime) -> BodyAnswer:
    return BodyAnswer(
        report=report, notification_id=pk, answers=dict(answers), updated_at=now, updated_by=actor
    )


def _is_updated(
    row: BodyAnswer | None, seen: int | None, answers: Answers, *, actor: User, now: datetime
) -> bool:
    """Write a row that is still as the user saw it; False when it is not. One left empty vanishes."""
    if row is None or seen != row.version:
        return False
    guarded = BodyAnswer.objects.filter(pk=row.pk, version=row.version)
    if not answers:
        deleted, _by_model = guarded.delete()
        return bool(deleted)
    return bool(guarded.update(answers=answers, version=F("version") + 1, updated_at=now, updated_by=actor))
