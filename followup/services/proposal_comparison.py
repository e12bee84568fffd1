"""A body's answers beside what the report says now, question by question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from followup.models import ProposedAnswer
from followup.rules.answer_texts import answer_text
from followup.rules.body_requests import read_by_form
from followup.rules.questions import FormSpec, QuestionSpec, Scope
from followup.services.contents import Row

SUBMITTED = "提出済みで、追加で回答を求められている設問ではありません。"


@dataclass(frozen=True)
class ComparedAnswer:
    """One question: what is stored now, what the body proposes, and what keeps it from being taken."""

    label: str
    stored: str
    proposed: str
    note: str = ""

    @property
    def is_same(self) -> bool:
        return not self.proposed or self.stored == self.proposed

    @property
    def is_refused(self) -> bool:
        return bool(self.note) and not self.is_same


def compared(row: Row, proposal: ProposedAnswer) -> list[ComparedAnswer]:
    """Compare by key: the form that the body saw may be an older version than the report's."""
    seen = proposal.form_version.spec()
    read = read_by_form(row.open_form(), proposal.answers)
    found = [
        ComparedAnswer(
            label=question.label,
            stored=answer_text(question, row.answers),
            proposed=_proposed(seen, question, proposal),
            note=read.errors.get(question.key, "") if row.asks(question.key) else SUBMITTED,
        )
        for question in row.form.of(Scope.BODY)
        if question.key in row.answers or question.key in proposal.answers
    ]
    gone = [
        ComparedAnswer(
            question.label, "", answer_text(question, proposal.answers), "現在の様式にない設問です。"
        )
        for question in seen.of(Scope.BODY)
        if question.key in proposal.answers and question.key not in row.form.by_key
    ]
    return found + gone


def _proposed(seen: FormSpec, question: QuestionSpec, proposal: ProposedAnswer) -> str:
    """Return the answer in the words of the form that the body saw."""
    return answer_text(seen.by_key.get(question.key, question), proposal.answers)


def told_answers(
    proposals: Iterable[ProposedAnswer],
) -> list[tuple[ProposedAnswer, list[tuple[QuestionSpec, str]]]]:
    """Return versions with what was answered, in the words of the form that it was answered in."""
    forms: dict[int, FormSpec] = {}
    return [(one, _texts(forms, one)) for one in proposals]


def _texts(forms: dict[int, FormSpec], proposal: ProposedAnswer) -> list[tuple[QuestionSpec, str]]:
    """Read each form once, however many versions were answered in it."""
    if proposal.form_version_id not in forms:
        forms[proposal.form_version_id] = proposal.form_version.spec()
    return [
        (question, answer_text(question, proposal.answers))
        for question in forms[proposal.form_version_id].of(Scope.BODY)
        if question.key in proposal.answers
    ]
