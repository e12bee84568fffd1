"""What the audit trail says of a saved draft: which answers changed, in the words of the form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice

from followup.rules.answer_texts import key_label, value_text
from followup.rules.questions import OTHER_SUFFIX, Answers, FormSpec
from followup.rules.versions import changed_keys, changes

Edit = tuple[Answers, Answers]
"""What a row said before, and what it says now."""

BODIES_IN_FULL = 200
"""Of more bodies at once the trail tells how many answers changed to which question: an entry of
20,000 bodies in full would have megabytes. What an import changed stands in its own row in full."""


def told_edits(
    form: FormSpec, *, ministry: Edit, rows: Mapping[str, Edit]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the changed answers before and after, by question; those of a body by its name, too."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    in_full = {f"{name}：": edit for name, edit in islice(rows.items(), BODIES_IN_FULL)}
    for heading, (old, new) in {"": ministry, **in_full}.items():
        for change in changes(old, new, form.by_key):
            question = form.by_key[change.key.removesuffix(OTHER_SUFFIX)]
            label = heading + _label(form, change.key)
            before[label] = value_text(question, change.key, change.old)
            after[label] = value_text(question, change.key, change.new)
    if len(rows) > BODIES_IN_FULL:
        after |= _counted(form, rows)
    return before, after


def _counted(form: FormSpec, rows: Mapping[str, Edit]) -> dict[str, str]:
    """Return how many bodies there were, and to how many of them each question's answer changed."""
    found = Counter(key for old, new in rows.values() for key in changed_keys(old, new))
    keys = [key for question in form.questions for key in (question.key, question.other_key) if key in found]
    told = {f"{_label(form, key)}（件数）": f"{found[key]:,}団体" for key in keys}
    whole = f"{len(rows):,}団体（うち{BODIES_IN_FULL}団体の内容を上に示す）"
    return {"変更した団体": whole, **told}


def _label(form: FormSpec, key: str) -> str:
    return key_label(form.by_key[key.removesuffix(OTHER_SUFFIX)], key)
