"""The form of one row of answers (a ministry or a body), made from the questions of a form version.

What was typed stays as typed until rules.answers has read it; so a refused page comes back with
every value as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from followup.rules.answer_texts import answer_text, value_text
from followup.rules.answers import check_answers, crossed_answers, parse_answers
from followup.rules.questions import (
    ANSWERED,
    OTHER_SUFFIX,
    Answer,
    Answers,
    FormSpec,
    QuestionSpec,
    QuestionType,
)
from followup.rules.versions import Change, changes
from followup.services.edits import Edit, Place, Saved
from outreach.rules.wareki import format_wareki

CHECKED = "1"
YES_NO = [("", "選択してください"), ("true", "はい"), ("false", "いいえ")]
NUMERIC = {QuestionType.INTEGER: "numeric", QuestionType.DECIMAL: "decimal", QuestionType.PERCENT: "decimal"}


# Django's widgets, each drawn by one template instead of up to three an option: a page of fifty
# bodies has several hundred of them, and takes half the time.
class Checkboxes(forms.CheckboxSelectMultiple):
    template_name = "portal/reports/checkboxes.html"


class Selection(forms.Select):
    template_name = "portal/reports/select.html"


class Line(forms.TextInput):
    template_name = "portal/reports/line.html"


class AnswerBoundField(BoundField):
    """A field on the page, with its place for what is said about it while the page saves by itself."""

    @property
    def notes_id(self) -> str:
        return f"{self.auto_id}_notes"

    @property
    def aria_describedby(self) -> str:
        """Name help and notes, whether there are notes yet or not."""
        return f"{self.auto_id}_helptext {self.notes_id}" if self.help_text else self.notes_id

    @property
    def is_unreadable(self) -> bool:
        form: Any = self.form
        return self.name in form.unreadable

    @property
    def meanwhile(self) -> Meanwhile | None:
        form: Any = self.form
        found: Meanwhile | None = form.remarks.meanwhile.get(self.name)
        return found


class AnswerField(forms.Field):
    """A field that takes what is typed as it is; 必須 is shown, and asked only before submission."""

    def __init__(self, **options: Any) -> None:
        super().__init__(template_name="portal/reports/field.html", **options)

    def get_bound_field(self, form: Any, field_name: str) -> AnswerBoundField:
        return AnswerBoundField(form, self, field_name)

    def to_python(self, value: Any) -> Any:
        return "" if value is None else value

    def validate(self, value: Any) -> None:
        """Leave it to rules.answers."""


class ChoicesField(AnswerField):
    """A field of several choices; hidden, it keeps all that were chosen."""

    hidden_widget = forms.MultipleHiddenInput


@dataclass(frozen=True)
class Meanwhile:
    """A colleague's answer, as text, that stands now; in conflict with what was typed, or only newer."""

    text: str
    is_conflict: bool


@dataclass(frozen=True)
class Item:
    """A question on the page: its field(s), when it shows, and what others said about it."""

    question: QuestionSpec
    field: BoundField
    other: BoundField | None
    other_values: str
    condition: str
    show_when: str
    show_values: str
    is_from_ledger: bool
    points: list[str]
    theirs: str | None
    is_fixed: bool


@dataclass(frozen=True)
class Remarks:
    """What is shown beside fields, by question key; `theirs` are a colleague's answers as text.

    `meanwhile`, by field, is what a page that saves by itself is told of colleagues.
    """

    points: Mapping[str, list[str]] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)
    from_ledger: frozenset[str] = frozenset()
    meanwhile: Mapping[str, Meanwhile] = field(default_factory=dict)


class AnswerForm(forms.Form):
    """One row of answers.

    Unbound it shows `answers`; with `check` it also says what is missing or inconsistent. Bound, it
    is valid when everything typed can be read, complete or not; `answers_entered` is the result.
    `seen` is what the next save starts from, where that is not what the fields show.
    With `asked` only those keys may be answered: the others show what was submitted and keep it.
    """

    use_required_attribute = False
    form__version = forms.CharField(required=False, widget=forms.HiddenInput)
    form__seen = forms.CharField(required=False, widget=forms.HiddenInput)
    form__check = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        spec: FormSpec,
        scope: str,
        *,
        answers: Answers,
        version: int | None,
        data: Mapping[str, Any] | None = None,
        prefix: str | None = None,
        check: bool = False,
        remarks: Remarks | None = None,
        seen: Answers | None = None,
        asked: frozenset[str] | None = None,
    ) -> None:
        self.spec, self.scope, self.check = spec, scope, check and data is None
        self.remarks = remarks or Remarks()
        self.answers_entered: dict[str, Answer] = {}
        self.unreadable: dict[str, str] = {}
        initial = typed(spec, scope, answers) | {
            "form__version": "" if version is None else str(version),
            "form__seen": json.dumps(dict(answers if seen is None else seen), ensure_ascii=False),
            "form__check": CHECKED if self.check else "",
        }
        if self.check:
            shown = {f"{prefix}-{key}" if prefix else key: value for key, value in initial.items()}
            super().__init__(shown, prefix=prefix, initial=initial)
        else:
            super().__init__(data, prefix=prefix, initial=initial)
        for question in spec.of(scope):
            self.fields[question.key] = _field(question)
            if question.other_choice:
                self.fields[question.other_key] = AnswerField(
                    label=f"{question.label}：{question.other_choice.label}の内容"
                )
            if asked is not None and question.key not in asked:
                self._fix(question)

    def _fix(self, question: QuestionSpec) -> None:
        """Show what was submitted and let nobody change it: Django ignores what comes for such a field."""
        for key in (question.key, question.other_key):
            if key in self.fields:
                self.fields[key].disabled = True

    def clean(self) -> dict[str, Any]:
        parsed = parse_answers(self.spec, self.scope, self.cleaned_data)
        self.answers_entered, self.unreadable = parsed.answers, parsed.errors
        errors = dict(parsed.errors)
        if self.check:
            errors |= check_answers(self.spec, self.scope, parsed.answers)
        for key, message in errors.items():
            self.add_error(key, message)
        return self.cleaned_data

    @property
    def version_seen(self) -> int | None:
        """Return the version that the page was opened with; None for a row that was not there."""
        text = str(self.cleaned_data.get("form__version", ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004

    @property
    def answers_seen(self) -> dict[str, Answer]:
        """Return the answers that the page was opened with, so that untouched fields are known."""
        try:
            seen = json.loads(self.cleaned_data.get("form__seen") or "{}")
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    @property
    def edit(self) -> Edit:
        """Return what was typed as an edit; a field that cannot be read is left as it is stored."""
        return Edit(self.answers_seen, self.answers_entered, frozenset(self.unreadable))

    def tell(self, saved: Saved, place: Place) -> None:
        """After a page has saved by itself: say beside the fields what contradicts, and what others wrote.

        What is missing is told only where the page told it before: the officer is still typing.
        """
        answers, edit = saved.answers[place], self.edit
        checks = check_answers if self.cleaned_data["form__check"] == CHECKED else crossed_answers
        for key, message in checks(self.spec, self.scope, answers).items():
            if key not in self.unreadable:
                self.add_error(key, message)
        self.remarks = replace(self.remarks, meanwhile=self._meanwhile(edit, answers))
        self.seen_next = json.dumps(edit.seen_after(answers), ensure_ascii=False)

    def _meanwhile(self, edit: Edit, answers: Answers) -> dict[str, Meanwhile]:
        return {
            change.key: Meanwhile(
                value_text(self.spec.by_key[change.key.removesuffix(OTHER_SUFFIX)], change.key, change.old),
                is_conflict=change.new != edit.seen.get(change.key),
            )
            for change in changes(answers, edit.mine)
            if change.key in self.fields and change.key not in self.unreadable
        }

    def sections(self) -> Iterator[tuple[str, list[Item]]]:
        """Yield the headings with their questions, in the form's order."""
        by_section: dict[str, list[Item]] = {}
        for question in self.spec.of(self.scope):
            by_section.setdefault(question.section, []).append(self._item(question))
        yield from by_section.items()

    def _item(self, question: QuestionSpec) -> Item:
        other = question.other_choice
        condition = self.spec.by_key.get(question.show_when_key)
        return Item(
            question=question,
            field=self[question.key],
            other=self[question.other_key] if other else None,
            other_values=_values_typed([other.code]) if other else "",
            condition=_condition_text(condition, question) if condition else "",
            show_when=self.add_prefix(question.show_when_key) if condition else "",
            show_values=_values_typed(question.show_when_values),
            is_from_ledger=question.key in self.remarks.from_ledger,
            points=self.remarks.points.get(question.key, []),
            theirs=self.remarks.theirs.get(question.key),
            is_fixed=self.fields[question.key].disabled,
        )


def _values_typed(values: Iterable[str | bool]) -> str:
    """Return values as the browser has them in its fields, as a JSON list for the page's script."""
    texts = (json.dumps(value) if isinstance(value, bool) else value for value in values)
    return json.dumps(list(texts), ensure_ascii=False)


def _condition_text(condition: QuestionSpec, question: QuestionSpec) -> str:
    if ANSWERED in question.show_when_values:
        return f"「{condition.label}」に回答がある場合"
    texts = (answer_text(condition, {condition.key: value}) for value in question.show_when_values)
    return f"「{condition.label}」が「{'」又は「'.join(texts)}」の場合"


def _field(question: QuestionSpec) -> AnswerField:
    unit = f"（{question.unit}）" if question.unit else ""
    kind = ChoicesField if question.type == QuestionType.MULTIPLE else AnswerField
    return kind(
        label=question.label + unit,
        help_text=question.help,
        required=question.required,
        widget=_widget(question),
    )


def _widget(question: QuestionSpec) -> forms.Widget:
    choices = [(choice.code, choice.label) for choice in question.choices]
    if question.type == QuestionType.MULTIPLE:
        return Checkboxes(choices=choices)
    if question.type == QuestionType.SINGLE:
        return Selection(choices=[("", "選択してください"), *choices])
    if question.type == QuestionType.BOOLEAN:
        return Selection(choices=YES_NO)
    if question.type == QuestionType.LONG_TEXT:
        return forms.Textarea(attrs={"rows": 3})
    return Line(attrs=_hints(question))


def _hints(question: QuestionSpec) -> dict[str, str]:
    if question.type == QuestionType.DATE:
        return {"placeholder": "例：令和5年9月1日、2023-09-01", "autocomplete": "off"}
    if question.type in NUMERIC:
        return {"inputmode": NUMERIC[QuestionType(question.type)], "autocomplete": "off"}
    return {"autocomplete": "off"}


def typed(spec: FormSpec, scope: str, answers: Answers) -> dict[str, str | list[str]]:
    """Return answers as one would type them."""
    found: dict[str, str | list[str]] = {}
    for question in spec.of(scope):
        if question.key in answers:
            found[question.key] = _typed(question, answers[question.key])
        if question.other_key in answers:
            found[question.other_key] = str(answers[question.other_key])
    return found


def _typed(question: QuestionSpec, answer: Answer) -> str | list[str]:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, list):
        return answer
    if question.type == QuestionType.DATE:
        return format_wareki(date.fromisoformat(str(answer)))
    return str(answer)


def texts_of_theirs(spec: FormSpec, changes: list[Change], theirs: Answers) -> dict[str, str]:
    """Return by question key what a colleague answered, for the fields in conflict."""
    keys = {change.key.split("__")[0] for change in changes}
    return {key: answer_text(spec.by_key[key], theirs) or "（空欄）" for key in keys if key in spec.by_key}
