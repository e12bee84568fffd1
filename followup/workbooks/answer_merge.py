"""Merge what came back in an answer workbook into what is stored now, answer by answer.

Three sides: what the workbook was prefilled with, what it says now, and what is stored now. Only what
was changed in the workbook is an edit; where a colleague changed the same answer to something else
meanwhile, it is a conflict, and stays as stored until the user chooses. No queries here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from followup.rules.fits import known_answers
from followup.rules.questions import Answer, Answers, FormSpec, Scope
from followup.rules.versions import Change, changes, merge
from followup.services.contents import Content, Row
from followup.workbooks.answer_reading import AnswerReading

RowId = int | None
"""A notification's id; None for the ministry's own answers."""

MINE, THEIRS = "mine", "theirs"

Places = Set[tuple[str, str]]
"""Cells, each as sheet and address."""


@dataclass(frozen=True)
class Snapshot:
    """The answers that a workbook was prefilled with."""

    answers: Answers
    rows: Mapping[int, Answers]


@dataclass(frozen=True)
class Merge:
    """What storing a workbook would write, and what has to be chosen first.

    `answers` are those to be stored, of what changes only; of a row with conflicts, those before any
    choice, with answers that only a choice will ask for. A Change of `edits` goes from what is stored
    now to what will be; one of `conflicts` from what is stored (old) to what the workbook says.
    """

    answers: dict[RowId, dict[str, Answer]] = field(default_factory=dict)
    edits: dict[RowId, list[Change]] = field(default_factory=dict)
    conflicts: dict[RowId, list[Change]] = field(default_factory=dict)
    unchanged: int = 0

    def digest(self, *also: Any) -> str:
        """Return the SHA-256 of all that the preview shows of it, and of what else it shows."""
        said = [[*self.edits.items()], [*self.conflicts.items()], also]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def conflict_id(row: RowId, key: str) -> str:
    """Return the name under which the choice for a conflict is asked and kept."""
    return f"{'ministry' if row is None else row}:{key}"


def merge_reading(content: Content, base: Snapshot, reading: AnswerReading) -> Merge:
    """Merge a whole workbook; rows that are not in it stay as they are."""
    merged = Merge()
    unchanged = 0
    refused = {(problem.sheet, problem.cell) for problem in reading.problems}
    if reading.ministry is not None:
        mine = _said(reading, refused, None, base.answers, reading.ministry)
        unchanged += _merge_one(
            merged, None, content.form, Scope.MINISTRY, (base.answers, mine, content.answers)
        )
    for row in content.rows:
        pk = row.pk
        if pk in reading.rows:
            seen = base.rows.get(pk, {})
            sides = (seen, _said(reading, refused, pk, seen, reading.rows[pk]), row.answers)
            unchanged += _merge_one(merged, pk, row.form, Scope.BODY, sides)
    return replace(merged, unchanged=unchanged)


def _said(reading: AnswerReading, refused: Places, row: RowId, seen: Answers, read: Answers) -> Answers:
    """Return what the workbook says: an answer whose cell is gone, or was refused, is as it was."""
    kept = {}
    for key, value in seen.items():
        if key not in read:
            place = reading.cells.get((row, key))
            if place is None or place in refused:
                kept[key] = value
    return {**read, **kept} if kept else read


def _merge_one(
    merged: Merge, row: RowId, form: FormSpec, scope: str, sides: tuple[Answers, Answers, Answers]
) -> int:
    """Add what one row brings; return how many of its answers stay as they are."""
    seen, mine, theirs = sides
    if mine == seen:
        return len(theirs)
    wanted, clashes = merge(seen, mine, theirs)
    for clash in clashes:  # until the user has chosen
        _put(wanted, clash.key, clash.old)
    is_mixed = bool(theirs)  # what was just read is asked; beside stored answers it may not be any more
    kept = known_answers(form, scope, wanted) if is_mixed and not clashes else wanted
    edits = changes(theirs, kept, form.by_key)
    if edits:
        merged.edits[row] = edits
    if edits or clashes:
        merged.answers[row] = kept
    if clashes:
        merged.conflicts[row] = clashes
    return len(theirs) - sum(edit.old is not None for edit in edits)


def resolve(merged: Merge, content: Content, choices: Mapping[str, str]) -> dict[RowId, dict[str, Answer]]:
    """Return the answers to be stored once the user has chosen: by conflict's id, `mine` or `theirs`."""
    answers = dict(merged.answers)
    rows: dict[RowId, Row] = {row.pk: row for row in content.rows}
    for pk, clashes in merged.conflicts.items():
        row = rows.get(pk)
        wanted = dict(answers.pop(pk))
        for clash in clashes:
            if choices[conflict_id(pk, clash.key)] == MINE:
                _put(wanted, clash.key, clash.new)
        form, scope = (row.form, Scope.BODY) if row else (content.form, Scope.MINISTRY)
        kept = known_answers(form, scope, wanted)
        if kept != (row.answers if row else content.answers):
            answers[pk] = kept
    return answers


def _put(answers: dict[str, Answer], key: str, value: Answer | None) -> None:
    if value is None:
        answers.pop(key, None)
    else:
        answers[key] = value
