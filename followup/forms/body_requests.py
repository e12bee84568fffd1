"""Forms of 団体への回答依頼: the officers' list, what is sent, decisions, and what a body answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from followup.forms.answers import AnswerForm
from followup.rules.answers import check_answers
from followup.rules.body_requests import RequestState
from followup.services.body_request_lists import AskedRow
from followup.services.body_requests import Addressee, Wording
from followup.services.proposals import Respondent
from outreach.forms.fields import DayField, LongTextField, NameField
from outreach.rules.names import matching_key

ANSWERED, UNANSWERED = "with_answers", "without_answers"


class RequestFilterForm(forms.Form):
    """Search and filters over the bodies of a report; GET."""

    q = forms.CharField(
        label="団体の名称",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(
        label="回答依頼の状況", required=False, choices=[("", "すべて"), *RequestState.choices]
    )
    entered = forms.ChoiceField(
        label="報告の入力",
        required=False,
        choices=[("", "すべて"), (UNANSWERED, "未入力"), (ANSWERED, "入力あり")],
    )

    def apply(self, rows: Iterable[AskedRow]) -> list[AskedRow]:
        """Keep what the filters ask for."""
        if not self.is_valid():
            return []
        words = matching_key(self.cleaned_data["q"])
        state, entered = self.cleaned_data["state"], self.cleaned_data["entered"]
        return [
            one
            for one in rows
            if words in one.row.name_key
            and state in {"", one.state}
            and entered in {"", ANSWERED if one.row.answers else UNANSWERED}
        ]


class WordingForm(forms.Form):
    """What all bodies asked together are told."""

    due_on = DayField(label="団体の回答期限")
    contact_name = NameField(
        label="問合せ先（課名・担当者名）", max_length=120, help_text="団体へのメールと回答画面に表示します。"
    )
    contact_phone = NameField(label="問合せ先（電話）", max_length=30, required=False)
    contact_email = forms.EmailField(
        label="問合せ先（メール）", max_length=254, help_text="団体がメールに返信すると、ここに届きます。"
    )
    message = LongTextField(
        label="団体への連絡事項",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="メールと回答画面に載せます。例：会員数は令和5年4月1日現在で御回答ください。",
    )

    def wording(self) -> Wording:
        return Wording(**self.cleaned_data)


class AddresseeForm(forms.Form):
    """Where the mail to one body goes."""

    email = forms.EmailField(label="メールアドレス", max_length=254)
    name = NameField(label="宛先（部署・役職）", max_length=100, required=False)

    def addressee(self, notification_id: int) -> Addressee:
        return Addressee(notification_id, **self.cleaned_data)


class ResendForm(forms.Form):
    """A new link for one body."""

    email = forms.EmailField(label="宛先のメールアドレス", max_length=254)
    due_on = DayField(label="団体の回答期限")


class SeenForm(forms.Form):
    """The version of a body's answers, and of the row, that a button was pressed on."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32767)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1, required=False)


class DeclineForm(forms.Form):
    """Why a body's answers are not taken over."""

    reason = LongTextField(label="採用しない理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    tell_body = forms.BooleanField(
        label="理由を団体にメールで知らせ、訂正を求める", required=False, initial=True
    )


class ProposalForm(AnswerForm):
    """A body's own row. Unlike an officer's draft it has to be complete."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for key, message in check_answers(self.spec, self.scope, self.answers_entered).items():
            if key not in self.errors:
                self.add_error(key, message)
        return cleaned


class RespondentForm(forms.Form):
    """Who answers for the body, and which link the page was opened by."""

    use_required_attribute = False
    link = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = NameField(label="回答者の氏名", max_length=60)
    department = NameField(label="部署・役職", max_length=100, required=False)
    contact = NameField(label="連絡先（電話番号又はメールアドレス）", max_length=100)

    def respondent(self) -> Respondent:
        values = {name: self.cleaned_data[name] for name in ("name", "contact", "department")}
        return Respondent(**values)
