"""The form of a handover (引継ぎ): who takes over, a colleague or somebody new, and from when."""

from __future__ import annotations

from typing import Any

from django import forms

from outreach.forms.fields import DayField, LongTextField, NameField
from outreach.models import User
from outreach.services.handovers import Newcomer, possible_successors


class HandoverForm(forms.Form):
    """Choose a colleague, or give name and address of who is to be invited; never both."""

    takes_object = True

    successor = forms.ModelChoiceField(
        User.objects.none(),
        label="後任（登録済みの方）",
        required=False,
        empty_label="新しい方を招待する",
        help_text="同じ府省庁の利用者から選びます。前任の役割（取りまとめ担当など）も引き継ぎます。",
    )
    successor_name = NameField(label="招待する後任の氏名", max_length=60, required=False)
    successor_email = forms.EmailField(
        label="招待する後任のメールアドレス",
        required=False,
        help_text="新しい方の場合に入力します。利用開始の案内をメールで送ります。",
    )
    takes_effect_on = DayField(
        label="引継日",
        help_text="この日に前任の方のログインを止め、メールを後任に向けます。本日の日付なら、すぐに行います。",
    )
    note = LongTextField(
        label="引継ぎ事項",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="引継書に載せます。団体との約束、個別の事情などを書いてください。",
    )

    def __init__(self, *args: Any, obj: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        successor: Any = self.fields["successor"]
        successor.queryset = possible_successors(obj)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        entered = {name for name in ("successor_name", "successor_email") if cleaned.get(name)}
        if "successor" in self.errors or "successor_email" in self.errors:
            return cleaned
        if cleaned.get("successor") and entered:
            self.add_error("successor", "登録済みの方を選んだときは、招待する方の欄を空にしてください。")
        if not cleaned.get("successor"):
            for name in {"successor_name", "successor_email"} - entered:
                self.add_error(name, "後任を選ぶか、招待する方の氏名とメールアドレスを入力してください。")
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Return what the service takes, of a valid form."""
        cleaned = self.cleaned_data
        newcomer = Newcomer(email=cleaned["successor_email"], name=cleaned["successor_name"])
        return {
            "successor": cleaned["successor"] or newcomer,
            "takes_effect_on": cleaned["takes_effect_on"],
            "note": cleaned["note"],
        }
