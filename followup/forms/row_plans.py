"""Forms of what is done with many rows at once: filling them, and pasting a block into them."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.rules.pasted_block import BlockError, read_block
from followup.rules.questions import FormSpec, Scope
from followup.services.contents import Row
from followup.services.pasting import Placing
from outreach.rules.names import matching_key

BLANKS, ALL = "blanks", "all"
BY_NAME, IN_ORDER = "name", "order"
DIGEST = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)


class FillModeForm(forms.Form):
    """Whether answers that are there already are replaced."""

    mode = forms.ChoiceField(
        label="既に回答がある団体",
        choices=[
            (BLANKS, "そのまま残す（空欄の団体にだけ入力する）"),
            (ALL, "上の値に置き換える"),
        ],
        initial=BLANKS,
        widget=forms.RadioSelect,
    )
    digest = DIGEST

    @property
    def overwrite(self) -> bool:
        return bool(self.cleaned_data["mode"] == ALL)


class PasteForm(forms.Form):
    """A block from a spreadsheet, and how it lies over the rows."""

    block = forms.CharField(
        label="貼り付ける表",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "wrap": "off", "spellcheck": "false"}),
        help_text="Excelで範囲を選んでコピーし、ここに貼り付けてください。1行目を設問名の見出しにすると、"
        "列の順序は自由です。空欄のセルは、今の回答を変えません。",
    )
    match = forms.ChoiceField(
        label="団体との対応",
        choices=[
            (BY_NAME, "1列目の団体の名称で対応付ける"),
            (IN_ORDER, "名称の列はなく、画面の表示順に対応付ける"),
        ],
        initial=BY_NAME,
        widget=forms.RadioSelect,
    )
    first_body = forms.CharField(
        label="開始の団体の名称",
        required=False,
        max_length=120,
        help_text="表示順に対応付けるときだけ使います。空欄の場合は、先頭の団体から始めます。",
    )
    first_key = forms.ChoiceField(
        label="開始の設問",
        required=False,
        help_text="見出しの行がないときだけ使います。この設問から、様式の順に右へ並んでいるものとします。",
    )
    digest = DIGEST

    def __init__(self, spec: FormSpec, rows: list[Row], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        questions: Any = self.fields["first_key"]
        questions.choices = [(question.key, question.label) for question in spec.of(Scope.BODY)]

    def clean_block(self) -> list[list[str]]:
        try:
            block = read_block(self.cleaned_data["block"])
        except BlockError as error:
            raise forms.ValidationError(str(error)) from error
        if not block:
            raise forms.ValidationError("表を貼り付けてください。")
        return block

    def clean_first_body(self) -> int | None:
        words = matching_key(self.cleaned_data["first_body"])
        if not words:
            return None
        for row in self.rows:
            if matching_key(row.body_name) == words:
                return row.pk
        raise forms.ValidationError("この名称の団体は、この報告にありません。")

    def placing(self) -> Placing:
        given = self.cleaned_data
        return Placing(
            by_name=given["match"] == BY_NAME, first_body=given["first_body"], first_key=given["first_key"]
        )
