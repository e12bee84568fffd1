"""提出された回答 as tables: one row a version, one row a body; one column a question, over all versions.

Columns go by the permanent key of a question, so that they stay where they are when a form changes.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet

from followup.models import FormVersion, Submission, SubmittedAnswer
from followup.rules.answer_texts import answer_text
from followup.rules.questions import NUMBERS, FormSpec, QuestionSpec, Scope
from outreach.models import BodyCategory
from outreach.resources.base import StaffExport, column
from outreach.resources.widgets import Choice, MinistryName


class AnswerResource(StaffExport):
    """Columns of the answers beside the fixed ones; `scope` says whose."""

    scope: ClassVar[str]

    class Meta:
        abstract = True
        chunk_size = 2000

    def before_export(self, queryset: QuerySet[Submission], **_kwargs: Any) -> None:
        """Read the forms of the exported versions once, and add a column for each question."""
        versions = FormVersion.objects.filter(submission__in=queryset.order_by()).distinct()
        ordered = versions.prefetch_related("questions", "cross_checks").order_by("round_id", "number")
        self._forms = {version.pk: version.spec() for version in ordered}
        for question in self._questions():
            self.fields[f"answer_{question.key}"] = column(
                None, _heading(question), dehydrate_method=partial(self._answer, question.key)
            )

    def _questions(self) -> list[QuestionSpec]:
        """Return the questions by key, each as its newest version asks it."""
        found: dict[str, QuestionSpec] = {}
        for form in self._forms.values():
            found |= {question.key: question for question in form.of(self.scope)}
        return list(found.values())

    def _answer(self, key: str, row: Any) -> Any:
        form: FormSpec = self._forms[self.form_version_of(row)]
        question = form.by_key.get(key)
        if question is None or key not in row.answers:
            return None
        return row.answers[key] if question.type in NUMBERS else answer_text(question, row.answers)

    def form_version_of(self, row: Any) -> int:
        raise NotImplementedError


class MinistryAnswerResource(AnswerResource):
    """府省庁の回答: one row a version."""

    scope = Scope.MINISTRY

    receipt_number = column("receipt_number", "受付番号")
    ministry = column("report__assignment__ministry", "府省庁", MinistryName())
    number = column("number", "版")
    form_version = column("form_version__number", "様式版")
    submitted_at = column("submitted_at", "提出日時")
    submitted_by = column("submitted_by_label", "提出者")
    status = column("report__get_status_display", "現在の状態")
    no_body_reason = column("no_body_reason", "該当なしの理由")

    class Meta(AnswerResource.Meta):
        abstract = False
        name = "府省庁の回答"
        model = Submission
        fields = (
            "receipt_number",
            "ministry",
            "number",
            "form_version",
            "submitted_at",
            "submitted_by",
            "status",
            "no_body_reason",
        )

    def filter_export(self, queryset: QuerySet[Submission], **_kwargs: Any) -> QuerySet[Submission]:
        return queryset.select_related("report__assignment__ministry", "form_version")

    def form_version_of(self, row: Submission) -> int:
        return row.form_version_id


class BodyAnswerResource(AnswerResource):
    """団体別の回答: one row a body in a version."""

    scope = Scope.BODY

    receipt_number = column("submission__receipt_number", "受付番号")
    ministry = column("submission__report__assignment__ministry", "府省庁", MinistryName())
    number = column("submission__number", "版")
    form_version = column("submission__form_version__number", "様式版")
    notification = column("notification_id", "発出の番号")
    body_name = column("body_name", "団体の名称")
    body_category = column("body_category", "区分", Choice(BodyCategory.choices))
    template_number = column("template_number", "ひな形")
    issued_on = column("issued_on", "発出日")

    class Meta(AnswerResource.Meta):
        abstract = False
        name = "団体別の回答"
        model = SubmittedAnswer
        fields = (
            "receipt_number",
            "ministry",
            "number",
            "form_version",
            "notification",
            "body_name",
            "body_category",
            "template_number",
            "issued_on",
        )

    def filter_export(self, queryset: QuerySet[Submission], **_kwargs: Any) -> QuerySet[SubmittedAnswer]:
        related = ("submission__report__assignment__ministry", "submission__form_version")
        rows = SubmittedAnswer.objects.filter(submission__in=queryset.order_by())
        return rows.select_related(*related).order_by("submission_id", "pk")

    def form_version_of(self, row: SubmittedAnswer) -> int:
        return row.submission.form_version_id


def _heading(question: QuestionSpec) -> str:
    unit = f"（{question.unit}）" if question.unit else ""
    return f"{question.label}{unit}［{question.key}］"
