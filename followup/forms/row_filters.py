"""Which rows of a report are shown: search and filters over its bodies."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from followup.rules.answers import check_answers
from followup.rules.questions import Scope
from followup.services.contents import Row
from followup.services.summaries import Returned
from outreach.models import BodyCategory, TemplateNumber
from outreach.models.notification import NotificationQuerySet
from outreach.rules.names import matching_key

PAGE_SIZE = 50
BLANK, PROBLEM, RETURNED = "blank", "problem", "returned"


class RowFilterForm(forms.Form):
    """GET, and hidden in the POSTs of what is done with the rows it keeps."""

    q = forms.CharField(
        label="団体の名称",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    show = forms.ChoiceField(
        label="表示する団体",
        required=False,
        choices=[
            ("", "すべて"),
            (BLANK, "未入力のみ"),
            (PROBLEM, "不足・誤りのある行のみ"),
            (RETURNED, "指摘のある行のみ"),
        ],
    )
    category = forms.ChoiceField(
        label="区分", required=False, choices=[("", "すべて"), *BodyCategory.choices]
    )
    template = forms.TypedChoiceField(
        label="ひな形",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "すべて"), *TemplateNumber.choices],
    )

    def apply(self, rows: Iterable[Row], returned: Returned | None) -> list[Row]:
        """Keep what the filters ask for, in the order given; nothing when they make no sense."""
        if not self.is_valid():
            return []
        words = matching_key(self.cleaned_data["q"])
        return [row for row in rows if words in row.name_key and self._keeps(row, returned)]

    def reads_answers(self) -> bool:
        """Say whether the filters look into the answers of rows, which only `apply` does."""
        return self.is_valid() and self.cleaned_data["show"] in {BLANK, PROBLEM}

    def narrow(self, notices: NotificationQuerySet, returned: Returned | None) -> NotificationQuerySet:
        """Keep the notices whose rows `apply` would keep, where no answer has to be read for it."""
        if not self.is_valid():
            return notices.none()
        given = self.cleaned_data
        if given["category"]:
            notices = notices.filter(body__category=given["category"])
        if given["template"] is not None:
            notices = notices.filter(template__number=given["template"])
        if given["show"] == RETURNED:
            asked_back = {pk for pk in returned.rows if pk is not None} if returned else set()
            notices = notices.filter(pk__in=asked_back)
        return notices.to_bodies_named(given["q"])

    def _keeps(self, row: Row, returned: Returned | None) -> bool:
        given = self.cleaned_data
        if given["category"] not in {"", row.category}:
            return False
        if given["template"] not in {None, row.template_number}:
            return False
        return self._shows(row, returned)

    def _shows(self, row: Row, returned: Returned | None) -> bool:
        show = self.cleaned_data["show"]
        if show == RETURNED:
            return returned is not None and row.pk in returned.rows
        if show == BLANK:
            return not row.answers
        return not show or bool(check_answers(row.form, Scope.BODY, row.answers))
