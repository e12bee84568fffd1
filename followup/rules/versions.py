"""What differs: between two versions of a report, and between two people's edits of one row."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from followup.rules.questions import Answer, Answers

RowId = TypeVar("RowId", bound=Hashable)


class Change(NamedTuple):
    """One answer that differs; None where it was blank or not asked."""

    key: str
    old: Answer | None
    new: Answer | None


@dataclass(frozen=True)
class Differences(Generic[RowId]):
    """From an older version to a newer one; rows are known by what identifies them, not by place."""

    answers: list[Change]
    added: list[RowId]
    removed: list[RowId]
    changed: dict[RowId, list[Change]]

    def __bool__(self) -> bool:
        return bool(self.answers or self.added or self.removed or self.changed)


def changes(old: Answers, new: Answers, keys: Iterable[str] = ()) -> list[Change]:
    """Return what differs, in the order of `keys` first, then of what the answers bring."""
    differing = changed_keys(old, new)
    if not differing:
        return []
    ordered = dict.fromkeys((*(key for key in keys if key in differing), *old, *new))
    return [Change(key, old.get(key), new.get(key)) for key in ordered if key in differing]


def is_same(old: Answers, new: Answers) -> bool:
    """Say whether two rows answer the same."""
    return len(old) == len(new) and not changed_keys(old, new)


def changed_keys(old: Answers, new: Answers) -> set[str]:
    """Return the keys whose answers differ."""
    if not old or not new:
        return {*old, *new}
    return {key for key in (*old, *new) if not _same(old.get(key), new.get(key))}


def differences(
    old: tuple[Answers, Mapping[RowId, Answers]],
    new: tuple[Answers, Mapping[RowId, Answers]],
    keys: Iterable[str] = (),
) -> Differences[RowId]:
    """Compare two versions, each given as the ministry's answers and its rows."""
    (old_answers, old_rows), (new_answers, new_rows) = old, new
    ordered = list(keys)
    both = {row: changes(old_rows[row], new_rows[row], ordered) for row in new_rows if row in old_rows}
    return Differences(
        answers=changes(old_answers, new_answers, ordered),
        added=[row for row in new_rows if row not in old_rows],
        removed=[row for row in old_rows if row not in new_rows],
        changed={row: found for row, found in both.items() if found},
    )


def _same(left: Answer | None, right: Answer | None) -> bool:
    """Compare as stored: False is not 0 and True is not 1."""
    return left is right or (left == right and isinstance(left, bool) == isinstance(right, bool))


def merge(seen: Answers, mine: Answers, theirs: Answers) -> tuple[dict[str, Answer], list[Change]]:
    """Merge one's edit into what others saved since, field by field.

    Takes what the user saw, what the user wants, and what is stored now. Returns the merged row and
    the conflicts: fields that both changed, to different values (old: theirs, new: mine).
    """
    if not seen and not theirs:
        return dict(mine), []
    keys = dict.fromkeys([*seen, *mine, *theirs])
    merged: dict[str, Answer] = {}
    conflicts = []
    for key in keys:
        was, my, their = seen.get(key), mine.get(key), theirs.get(key)
        if not (_same(was, my) or _same(was, their) or _same(my, their)):
            conflicts.append(Change(key, their, my))
        value = their if _same(was, my) else my
        if value is not None:
            merged[key] = value
    return merged, conflicts
