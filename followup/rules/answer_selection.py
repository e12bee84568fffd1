"""Which answers a number counts: the question, the choice, and what narrows it further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from followup.rules.answer_figures import MEMBER_COUNT, REACHED_MEMBER_COUNT, codes_of, kept_under
from followup.rules.figure_rows import Narrowing
from followup.rules.outcomes import OBSTACLE, OBSTACLE_PUBLIC, PRACTICE, PRACTICE_PUBLIC
from followup.rules.questions import Answer, Answers, QuestionSpec

PUBLIC_KEYS = {PRACTICE: PRACTICE_PUBLIC, OBSTACLE: OBSTACLE_PUBLIC}


@dataclass(frozen=True)
class AnswerSelection:
    """Answers to a question in the forms that count it so (`questions` by the id of the form).

    Without a key any answers do, or as `narrowing` says.
    """

    key: str
    choice: str
    narrowing: str
    questions: Mapping[int, QuestionSpec]

    @property
    def public_key(self) -> str:
        return PUBLIC_KEYS.get(self.key, self.key)

    def counts(self, form_id: int, answers: Answers) -> bool:
        """Say whether one row's answers, as the figures count them, are among those."""
        if self.narrowing == Narrowing.ANY:
            return bool(answers)
        if self.narrowing == Narrowing.REACH:
            return all(isinstance(answers.get(key), int) for key in (MEMBER_COUNT, REACHED_MEMBER_COUNT))
        if not self.key:
            return True
        question, answer = self.questions.get(form_id), answers.get(self.key)
        return question is not None and answer is not None and self._is_counted(question, answer, answers)

    def _is_counted(self, question: QuestionSpec, answer: Answer, answers: Answers) -> bool:
        if self.narrowing == Narrowing.POSITIVE:
            return isinstance(answer, int | float) and answer > 0
        if self.narrowing == Narrowing.PUBLIC:
            return answers.get(self.public_key) is True
        return not self.choice or self.choice in codes_of(question, answer)


def answer_selection(
    conditions: Mapping[str, str], forms: Mapping[int, tuple[QuestionSpec, ...]]
) -> AnswerSelection:
    """Return what the conditions of a selection ask for; `forms` are the questions by form."""
    key = conditions.get("question", "")
    counted = conditions.get("counted")
    questions = {
        form_id: question
        for form_id, asked in forms.items()
        for question in asked
        if question.key == key and counted in {None, "", kept_under(question)[1]}
    }
    return AnswerSelection(key, conditions.get("choice", ""), conditions.get("narrowing", ""), questions)
