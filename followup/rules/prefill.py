"""What the ledger of notices already knows (発出の記録から): answers that an officer only confirms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from followup.rules.questions import Answer, FormSpec, Scope

PREFILLS: dict[str, Callable[[Sequence[date]], Answer | None]] = {
    "has_bodies": bool,
    "first_issued_on": lambda days: min(days).isoformat() if days else None,
}
"""By the name in Question.prefill: the answer, from the days on which the bodies were notified."""
PREFILL_LABELS = {
    "has_bodies": "発出した団体の有無",
    "first_issued_on": "最初の発出日",
}
"""What each is called on pages and in workbooks."""


def ledger_answers(form: FormSpec, issued_on: Sequence[date]) -> dict[str, Answer]:
    """Return the answers to the ministry's questions that the ledger gives."""
    found = {
        question.key: PREFILLS[question.prefill](issued_on)
        for question in form.of(Scope.MINISTRY)
        if question.prefill in PREFILLS
    }
    return {key: answer for key, answer in found.items() if answer is not None}
