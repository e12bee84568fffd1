"""Save what an officer typed on a page, field by field on top of what others saved meanwhile.

The page's button saves all of it or nothing; a page that saves by itself saves what it can and
leaves to the officer what a colleague changed to something else. Writing is services.drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from followup.models import Report
from followup.rules.questions import Answer, Answers
from followup.rules.versions import Change, changes, merge
from followup.services.contents import Row, form_of, own_answers, rows_of
from followup.services.drafts import ConflictingAnswers, save_answers
from followup.services.steps import lock_report, refuse_editing
from outreach.models import User
from outreach.services.errors import NotAllowed

Place = int | None
"""Where answers stand: None for the ministry's own, else the notification's id."""


@dataclass(frozen=True)
class Edit:
    """The answers that a page showed when it was opened, and those that it is to save.

    `unread` are the keys of what was typed and cannot be read: their stored answers stay. What was
    seen comes from the browser; it is only ever compared with, never written.
    """

    seen: Answers
    mine: Answers
    unread: frozenset[str] = frozenset()

    def seen_after(self, now: Answers) -> dict[str, Answer]:
        """Return what the page shows as saved once `now` stands: its own changes that did reach it.

        What a colleague changed stays as seen, for the page does not show it; so that neither the
        next save takes the field for one's own change, nor a conflict is forgotten.
        """
        keys = dict.fromkeys([*self.seen, *self.mine])
        reached = {
            key: key not in self.unread and not changes(_at(key, now), _at(key, self.mine)) for key in keys
        }
        found = {key: (self.mine if reached[key] else self.seen).get(key) for key in keys}
        return {key: value for key, value in found.items() if value is not None}


def _at(key: str, answers: Answers) -> Answers:
    return {key: answers[key]} if key in answers else {}


@dataclass(frozen=True)
class Saved:
    """What came of it: the answers as they stand now, where something was written, and what was not.

    A conflict's `old` is the colleague's answer, which stands, and `new` the one not saved.
    """

    answers: dict[Place, dict[str, Answer]]
    written: frozenset[Place]
    conflicts: dict[Place, list[Change]]


@transaction.atomic
def save_edits(
    *, report: Report, edits: Mapping[Place, Edit], partly: bool = False, actor: User, now: datetime
) -> Saved:
    """Merge edits into the draft; a place that the officer did not touch is left as it is.

    Raises:
        ConflictingAnswers: unless `partly`, when a colleague answered the same otherwise.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    current = _answers_now(locked, edits)
    merged, conflicts = _merge(edits, {place: answers for place, (answers, _version) in current.items()})
    if conflicts and not partly:
        raise ConflictingAnswers(conflicts)
    changed = {place: answers for place, answers in merged.items() if answers != current[place][0]}
    save_answers(
        report=locked,
        expected_version=locked.version,
        ministry_answers=changed.get(None),
        body_answers={
            place: (current[place][1], answers) for place, answers in changed.items() if place is not None
        },
        actor=actor,
        now=now,
    )
    return Saved(merged, frozenset(changed), conflicts)


def _answers_now(
    report: Report, edits: Mapping[Place, Edit]
) -> dict[Place, tuple[dict[str, Answer], int | None]]:
    """Return what stands at each place, with the version of its row."""
    pks = [place for place in edits if place is not None]
    rows: list[Row] = rows_of(report, form_of(report), only=pks) if pks else []
    found: dict[Place, tuple[dict[str, Answer], int | None]] = {
        row.pk: (row.answers, row.version) for row in rows
    }
    if None in edits:
        found[None] = (own_answers(report).answers, None)
    if set(edits) - set(found):
        raise NotAllowed("この報告にない団体の行が含まれています。画面を開き直してください。")
    return found


def _merge(
    edits: Mapping[Place, Edit], current: Mapping[Place, Answers]
) -> tuple[dict[Place, dict[str, Answer]], dict[Place, list[Change]]]:
    """Return each place with one's own changes in it, a colleague's answer where both changed it."""
    merged: dict[Place, dict[str, Answer]] = {}
    conflicts: dict[Place, list[Change]] = {}
    for place, edit in edits.items():
        seen = {key: value for key, value in edit.seen.items() if key not in edit.unread}
        answers, found = merge(seen, edit.mine, current[place])
        theirs = {change.key: change.old for change in found}
        kept = {**answers, **theirs}
        merged[place] = {key: value for key, value in kept.items() if value is not None}
        if found:
            conflicts[place] = found
    return merged, conflicts
