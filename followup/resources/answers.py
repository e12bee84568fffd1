"""提出された回答 as tables: one row a version or a body, then one row a value and one a text.

The values stand in long form by the permanent key of a question, so that nothing moves when a form
changes. What staff ruled on them for the figures is in the data workbook only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import QuerySet

from followup.models import FormVersion, Submission, SubmittedAnswer
from followup.rules.questions import FormSpec, Scope
from followup.workbooks.answer_tables import (
    ANSWER_COLUMNS,
    NO_BODY_REASON,
    TEXT_COLUMNS,
    free_texts,
    value_cells,
)
from followup.workbooks.data_workbook import choice_codes
from outreach.models import BodyCategory
from outreach.resources.base import StaffExport, column
from outreach.resources.widgets import Choice, Day, MinistryName, TimeOfDay
from outreach.workbooks.plain_tables import NUMBER, Column, Kind, Row, Table, pieces_of

RECEIPT = Column("receipt_number", "受付番号", "回答を含む提出の受付番号", width=20)
MINISTRY = Column("ministry", "府省庁", "府省庁の正式名称", width=24)
_TOLD = {"submission_number", "form_number", "notification_id", "body", "question_key", "question"}
_VALUES = {"number", "unit", "day", "choice_code", "choice"}
VALUE_COLUMNS = (
    NUMBER, RECEIPT, MINISTRY, *(column for column in ANSWER_COLUMNS if column.key in _TOLD | _VALUES),
)  # fmt: skip
FREE_TEXT_COLUMNS = (
    NUMBER, RECEIPT, MINISTRY,
    *(column for column in TEXT_COLUMNS if column.key in _TOLD | {"piece", "text"}),
)  # fmt: skip

NO_BODY = (NO_BODY_REASON, NO_BODY_REASON, "該当なしの理由")
"""What a ministry says instead of answers stands among the texts, as if a question asked for it."""

Told = tuple[Any, ...]
"""Whose row of answers it is, as the columns from 受付番号 to 団体名 tell it."""


class AnswerResource(StaffExport):
    """What the answers of ministries and of bodies have in common; `scope` says whose they are."""

    scope: ClassVar[str]

    class Meta:
        abstract = True
        chunk_size = 2000

    def more_tables(self, queryset: QuerySet[Submission]) -> list[Table]:
        """Return the values and the texts of the exported versions, one row each."""
        self._forms = self._read_forms(queryset)
        rows = list(self.answers_of(queryset))
        return [
            Table("設問別回答", VALUE_COLUMNS, list(self._values(rows))),
            Table("自由記述", FREE_TEXT_COLUMNS, list(self._texts(rows))),
        ]

    def _read_forms(self, queryset: QuerySet[Submission]) -> dict[int, FormSpec]:
        versions = FormVersion.objects.filter(submission__in=queryset.order_by()).distinct()
        ordered = versions.prefetch_related("questions", "cross_checks").order_by("round_id", "number")
        return {version.pk: version.spec() for version in ordered}

    def more_codes(self) -> list[Row]:
        codes = (code for form in self._forms.values() for code in choice_codes(form.of(self.scope)))
        return list(dict.fromkeys(codes))

    def answers_of(self, queryset: QuerySet[Submission]) -> Iterator[tuple[int, Told, dict[str, Any]]]:
        """Return the form, who answered, and the answers of each row."""
        raise NotImplementedError

    def _values(self, rows: list[tuple[int, Told, dict[str, Any]]]) -> Iterator[Row]:
        cells_of = {pk: value_cells(form) for pk, form in self._forms.items()}
        for form, told, answers in rows:
            for key, cells in cells_of[form]:
                if key in answers:
                    yield from ((*told, *values[:7]) for values in cells(answers[key], None))

    def _texts(self, rows: list[tuple[int, Told, dict[str, Any]]]) -> Iterator[Row]:
        texts_of = {pk: list(free_texts(form)) for pk, form in self._forms.items()}
        for form, told, answers in rows:
            for _key, stored_key, label in [*texts_of[form], NO_BODY]:
                pieces = pieces_of(str(answers[stored_key])) if stored_key in answers else ()
                for number, piece in enumerate(pieces, start=1):
                    yield (*told, stored_key, label, number, piece)


class MinistryAnswerResource(AnswerResource):
    """府省庁の回答: one row a version."""

    scope = Scope.MINISTRY

    receipt_number = column("receipt_number", "受付番号", meaning="提出の受付番号")
    ministry = column("report__assignment__ministry", "府省庁", MinistryName(), meaning="府省庁の正式名称")
    number = column("number", "版番号", meaning="提出の版の番号", kind=Kind.NUMBER)
    form_version = column(
        "form_version__number", "様式版番号", meaning="回答した様式の版の番号", kind=Kind.NUMBER
    )
    submitted_on = column("submitted_at", "提出日", Day(), meaning="提出した日", kind=Kind.DATE)
    submitted_time = column("submitted_at", "提出時刻", TimeOfDay(), meaning="提出した時刻（HH:MM）")
    submitted_by = column("submitted_by_label", "提出者", meaning="提出した担当者の当時の表記")
    status = column("report__get_status_display", "現在の状態", meaning="書き出した時の報告の状態")

    class Meta(AnswerResource.Meta):
        abstract = False
        name = "府省庁の回答"
        model = Submission
        fields = (
            "receipt_number",
            "ministry",
            "number",
            "form_version",
            "submitted_on",
            "submitted_time",
            "submitted_by",
            "status",
        )

    def filter_export(self, queryset: QuerySet[Submission], **_kwargs: Any) -> QuerySet[Submission]:
        return queryset.select_related("report__assignment__ministry", "form_version")

    def answers_of(self, queryset: QuerySet[Submission]) -> Iterator[tuple[int, Told, dict[str, Any]]]:
        for row in self.filter_export(queryset):
            ministry = row.report.assignment.ministry.name
            told = (row.receipt_number, ministry, row.number, row.form_version.number, None, None)
            reason = {NO_BODY_REASON: row.no_body_reason} if row.no_body_reason else {}
            yield row.form_version_id, told, row.answers | reason


class BodyAnswerResource(AnswerResource):
    """団体別の回答: one row a body in a version."""

    scope = Scope.BODY

    receipt_number = column("submission__receipt_number", "受付番号", meaning="提出の受付番号")
    ministry = column(
        "submission__report__assignment__ministry", "府省庁", MinistryName(), meaning="府省庁の正式名称"
    )
    number = column("submission__number", "版番号", meaning="提出の版の番号", kind=Kind.NUMBER)
    form_version = column(
        "submission__form_version__number", "様式版番号", meaning="回答した様式の版の番号", kind=Kind.NUMBER
    )
    notification = column(
        "notification_id", "発出番号", meaning="府省庁と団体の組を一意に示す番号", kind=Kind.NUMBER
    )
    body_name = column("body_name", "団体の名称", meaning="提出時の団体の名称")
    body_category = column(
        "body_category", "区分", Choice(BodyCategory.choices), meaning="提出時の団体の区分"
    )
    template_number = column("template_number", "ひな形番号", meaning="用いたひな形の番号", kind=Kind.NUMBER)
    issued_on = column("issued_on", "発出日", meaning="要請文を発出した日", kind=Kind.DATE)

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

    def answers_of(self, queryset: QuerySet[Submission]) -> Iterator[tuple[int, Told, dict[str, Any]]]:
        for row in self.filter_export(queryset):
            submission = row.submission
            told = (
                submission.receipt_number, submission.report.assignment.ministry.name, submission.number,
                submission.form_version.number, row.notification_id, row.body_name,
            )  # fmt: skip
            yield submission.form_version_id, told, row.answers
