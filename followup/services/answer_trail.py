"""What the audit trail says of a saved draft: which answers changed, in the words of the form."""

from __future__ import annotations

from collections.abc import Mapping

from followup.rules.answer_texts import key_label, value_text
from followup.rules.questions import OTHER_SUFFIX, Answers, FormSpec
from followup.rules.versions import changes

Edit = tuple[Answers, Answers]
"""What a row said before, and what it says now."""


def told_edits(
    form: FormSpec, *, ministry: Edit, rows: Mapping[str, Edit]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the changed answers before and after, by question; those of a body by its name, too."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for heading, (old, new) in {"": ministry, **{f"{name}：": edit for name, edit in rows.items()}}.items():
        for change in changes(old, new, form.by_key):
            question = form.by_key[change.key.removesuffix(OTHER_SUFFIX)]
            label = heading + key_label(question, change.key)
            before[label] = value_text(question, change.key, change.old)
            after[label] = value_text(question, change.key, change.new)
    return before, after
