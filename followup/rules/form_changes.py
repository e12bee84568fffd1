"""What differs between two versions of a form, and what to ask again of who answered the older one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from followup.rules.questions import FormSpec, QuestionSpec, Scope


@dataclass(frozen=True)
class QuestionChange:
    """One question in two versions of a form; None where a version does not have it."""

    old: QuestionSpec | None
    new: QuestionSpec | None

    @property
    def question(self) -> QuestionSpec:
        """Return the question as it is now, or as it was when it is no more."""
        found = self.new or self.old
        if found is None:
            raise ValueError("A change of no question at all.")
        return found

    @property
    def is_added(self) -> bool:
        return self.old is None

    @property
    def is_removed(self) -> bool:
        return self.new is None

    @property
    def is_changed(self) -> bool:
        return self.old is not None and self.new is not None and self.old != self.new


def compare_forms(old: FormSpec, new: FormSpec) -> list[QuestionChange]:
    """Return every question of both versions as officers meet them, the ministry's own first.

    What was removed follows its scope's questions.
    """
    return [
        change
        for scope in (Scope.MINISTRY, Scope.BODY)
        for change in (
            *(QuestionChange(old.by_key.get(question.key), question) for question in new.of(scope)),
            *(QuestionChange(question, None) for question in old.of(scope) if question.key not in new.by_key),
        )
    ]


def keys_to_ask_again(old: FormSpec, new: FormSpec) -> tuple[str, ...]:
    """Return the keys to ask of who answered an older version: new questions and changed ones.

    With them come the questions that are shown by their answers, and both sides of a cross-check that
    is new; so nothing that those answers bring up stays out of reach. A question under another
    heading, with another example or another source is not asked again for that.
    """
    keys = {
        question.key for question in new.questions if _asks_otherwise(old.by_key.get(question.key), question)
    }
    keys |= {key for check in set(new.checks) - set(old.checks) for key in (check.left_key, check.right_key)}
    return with_dependents(new, keys)


def with_dependents(form: FormSpec, keys: Collection[str]) -> tuple[str, ...]:
    """Return keys with those of the questions that are shown by their answers, in the form's order."""
    return tuple(question.key for question in form.questions if _hangs_on(form, question, keys))


def _asks_otherwise(old: QuestionSpec | None, new: QuestionSpec) -> bool:
    return old is None or _substance(old) != _substance(new)


def _substance(question: QuestionSpec) -> QuestionSpec:
    return replace(question, section="", example="", prefill="")


def _hangs_on(form: FormSpec, question: QuestionSpec, keys: Collection[str]) -> bool:
    """Say whether a question, or one that it is shown by, is among the keys."""
    seen: set[str] = set()
    while question.key not in seen:
        if question.key in keys:
            return True
        seen.add(question.key)
        question = form.by_key.get(question.show_when_key, question)
    return False
