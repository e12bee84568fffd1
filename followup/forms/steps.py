"""Forms of the steps that an officer takes with a report."""

from __future__ import annotations

from django import forms

from outreach.forms.fields import LongTextField


class NoBodyForm(forms.Form):
    """該当なし with its reason; an empty reason takes it back."""

    reason = LongTextField(
        label="該当なしの理由",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例：所管する団体等がないため。空欄で保存すると、該当なしを取り消します。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class SendBackForm(forms.Form):
    """A coordinator's comment to who asked for 部内確認."""

    comment = LongTextField(
        label="担当者へのコメント", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class VersionForm(forms.Form):
    """The version of the report that a button was pressed on."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class SeenFormForm(forms.Form):
    """The version of the form whose differences an officer has looked at."""

    form = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
