"""Save what officers answer (下書き): the ministry's answers field by field, those of bodies row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from followup.models import BodyAnswer, Report
from followup.rules.fits import fitting_answers, known_answers
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from followup.rules.versions import Change, changes, is_same, merge
from followup.services.answer_trail import Edit, told_edits
from followup.services.contents import OwnAnswers, form_of, own_answers, rows_of
from followup.services.row_writing import write_rows
from followup.services.steps import change_report, lock_report, refuse_editing
from outreach.models import Notification, User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite

ROWS_AT_ONCE = 500

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
    on_behalf: bool = False,
) -> Report:
    """Save a draft, whole or not at all; return the report as it is now.

    Takes answers as rules.answers reads them. The ministry's answers merge field by field with what
    a colleague saved since `expected_version`; a row is refused when its own version has moved on.
    A row of another ministry or one that is not notified raises NotAllowed. Where nothing changes,
    nothing is written. `on_behalf`: staff enter what the ministry has handed to them.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor, on_behalf=on_behalf)
    form = form_of(locked)
    own = own_answers(locked) if ministry_answers is not None or locked.asked_keys else None
    answers: Answers = locked.answers
    conflicts: dict[int | None, list[Change]] = {}
    if own and ministry_answers is not None:
        answers, clashes = _merge_ministry(locked, own, expected_version, ministry_answers)
        conflicts |= {None: clashes} if clashes else {}
    written = _save_rows(locked, form, body_answers, conflicts, actor=actor, now=now)
    if conflicts:
        raise ConflictingAnswers(conflicts)
    if own and locked.asked_keys:
        _refuse_unasked(locked, own, changes(locked.answers, answers), written)
    if answers == locked.answers and not written:
        return locked
    change_report(locked, actor=actor, now=now, answers=answers)
    before, after = told_edits(form, ministry=(locked.answers, answers), rows=_by_body_name(locked, written))
    record_audit(
        action="報告：下書きを代行入力" if on_behalf else "報告：下書きを保存",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        before=before,
        after=after,
        on_behalf_of=locked.assignment.ministry.name if on_behalf else "",
    )
    return lock_report(locked)


def _by_body_name(report: Report, written: Mapping[int, Edit]) -> dict[str, Edit]:
    names = Notification.objects.filter(assignment=report.assignment_id).values_list("pk", "body__name")
    return {name: written[pk] for pk, name in names if pk in written} if written else {}


def _merge_ministry(
    report: Report, current: OwnAnswers, expected_version: int | None, mine: Answers
) -> tuple[dict[str, Answer], list[Change]]:
    """Return the ministry's answers to store, and the conflicts.

    Answers that repeat the ledger are not stored, so that they follow it; what the form of now does
    not ask, or what does not fit it, is kept until something is entered in its place.
    """
    ledger = {key: current.answers[key] for key in current.from_ledger}
    own = {key: value for key, value in mine.items() if key not in ledger or ledger[key] != value}
    seen, _kept = _split(current.form, Scope.MINISTRY, _answers_seen(report, expected_version), ledger)
    theirs, kept = _split(current.form, Scope.MINISTRY, report.answers, ledger)
    merged, clashes = merge(seen, own, theirs)
    return kept | merged, clashes


def _split(
    form: FormSpec, scope: str, stored: Answers, ledger: Answers | None = None
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Part stored answers into those that the page shows, and those that the form of now has no place for."""
    known = known_answers(form, scope, {**(ledger or {}), **fitting_answers(form, scope, stored)})
    return (
        {key: value for key, value in stored.items() if key in known and known[key] == value},
        {key: value for key, value in stored.items() if key not in known or known[key] != value},
    )


def _refuse_unasked(
    report: Report, own: OwnAnswers, ministry: list[Change], written: Mapping[int, Edit]
) -> None:
    """Refuse a change to what was submitted and is not asked again (追加の設問だけの回答)."""
    rows = {row.pk: row for row in rows_of(report, own.form, only=list(written))} if written else {}
    edits = [
        (own.asked_keys, ministry),
        *((rows[pk].asked_keys, changes(*edit)) for pk, edit in written.items()),
    ]
    for open_keys, found in edits:
        changed = {change.key.partition("__")[0] for change in found}
        if open_keys is not None and changed - open_keys:
            raise Refusal(
                "追加で回答を求められている設問だけを変更できます。提出した回答の修正が必要なときは、問合せ先へ御連絡ください。"
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

    Adds the conflicts of the others to `conflicts`. The number of queries does not depend on that of
    rows, apart from the database's batches: the report's lock keeps every row as it was read.
    """
    categories = _categories(report, rows)
    stored = _stored_rows(report, rows)
    written: dict[int, Edit] = {}
    filled: list[tuple[int, Answers, int]] = []
    emptied: list[int] = []
    for pk, (seen, mine) in rows.items():
        answers, version = stored.get(pk, ({}, None))
        theirs, kept = _split(form.for_category(categories[pk]), Scope.BODY, answers) if answers else ({}, {})
        if is_same(theirs, mine):
            continue
        written[pk] = (theirs, dict(mine))
        if seen != version:
            conflicts[pk] = changes(theirs, mine, form.by_key)
        elif said := kept | dict(mine):
            filled.append((pk, said, (version or 0) + 1))
        else:
            emptied.append(pk)
    if not conflicts:
        write_rows(report=report, rows=filled, actor=actor, now=now)
        BodyAnswer.objects.filter(report=report, notification__in=emptied).delete()
    return written


def _categories(report: Report, rows: Mapping[int, RowInput]) -> dict[int, str]:
    """Return the notified bodies' categories; refuse ids that are not of this report's bodies."""
    issued = Notification.objects.filter(assignment=report.assignment_id).issued()
    if len(rows) <= ROWS_AT_ONCE:
        issued = issued.filter(pk__in=rows)
    found = dict(issued.values_list("pk", "body__category"))
    if set(rows) - set(found):
        raise NotAllowed("この報告にない団体の行が含まれています。画面を開き直してください。")
    return found


def _stored_rows(report: Report, rows: Mapping[int, RowInput]) -> dict[int, tuple[Answers, int]]:
    """Return the rows entered before with their versions: few by their ids, many by their report."""
    stored = BodyAnswer.objects.filter(report=report)
    if len(rows) <= ROWS_AT_ONCE:
        stored = stored.filter(notification__in=rows)
    found = stored.values_list("notification", "answers", "version")
    return {pk: (answers, version) for pk, answers, version in found}
