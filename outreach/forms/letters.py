"""The form on a ministry's own ひな形1 or 2."""

from __future__ import annotations

from django import forms

from outreach.forms.fields import LongTextField, NameField
from outreach.services.letters import LetterFields


class LetterForm(forms.Form):
    """Wording, number and sender; `version` is what the page was opened with (0 = the official text)."""

    document_number = NameField(
        label="文書番号", max_length=60, required=False, help_text="空欄の場合は「事務連絡」になります。"
    )
    bureau = NameField(label="局名", max_length=60, required=False)
    division = NameField(label="課名", max_length=60, required=False)
    contact_name = NameField(label="担当者名", max_length=60, required=False)
    contact_phone = NameField(label="電話", max_length=30, required=False)
    contact_email = forms.EmailField(label="メール", required=False)
    subject = NameField(label="件名", max_length=200)
    text = LongTextField(
        label="本文", max_length=20_000, widget=forms.Textarea(attrs={"rows": 32}), strip=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def fields_entered(self) -> LetterFields:
        return LetterFields(**{name: self.cleaned_data[name] for name in LetterFields.__dataclass_fields__})


class LetterResetForm(forms.Form):
    """Which version the officer decided to give up."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
