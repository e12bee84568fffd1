"""Forms on the ministry's list of bodies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from outreach.forms.fields import CorporateNumberField, LongTextField, NameField
from outreach.models import Body, BodyCategory, Notification
from outreach.models.body import BodyQuerySet
from outreach.services.bodies import BodyFields


class BodyForm(forms.Form):
    """What an officer enters about a body; `version` is what the page was opened with."""

    name = NameField(
        label="名称", max_length=120, help_text="正式な名称を入力してください。要請文の宛名になります。"
    )
    category = forms.ChoiceField(
        label="区分", choices=[("", "選択してください"), *BodyCategory.choices],
        help_text="業界団体等にはひな形1、それ以外にはひな形2を使います（団体ごとに変更できます）。",
    )  # fmt: skip
    corporate_number = CorporateNumberField(label="法人番号", required=False, help_text="13桁の数字")
    addressee = NameField(
        label="宛先（部署・役職）", max_length=100, required=False, help_text="例：総務部、理事長"
    )
    honorific = forms.ChoiceField(label="敬称", choices=Body.Honorific.choices, widget=forms.RadioSelect)
    email = forms.EmailField(label="メールアドレス", required=False)
    phone = NameField(label="電話", max_length=30, required=False)
    note = LongTextField(
        label="備考", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def fields_entered(self) -> BodyFields:
        return BodyFields(**{name: self.cleaned_data[name] for name in BodyFields.__dataclass_fields__})


class BodyFilterForm(forms.Form):
    """Search and filters over the list; GET."""

    ACTIVE, INACTIVE, ALL = "active", "inactive", "all"
    NOTIFIED, NOT_NOTIFIED = "yes", "no"

    q = forms.CharField(
        label="名称・法人番号",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    category = forms.ChoiceField(
        label="区分", required=False, choices=[("", "すべて"), *BodyCategory.choices]
    )
    state = forms.ChoiceField(
        label="使用状態",
        required=False,
        choices=[("", "使用中"), (INACTIVE, "使用停止中"), (ALL, "すべて")],
    )
    notified = forms.ChoiceField(
        label="発出の記録",
        required=False,
        choices=[("", "すべて"), (NOTIFIED, "あり"), (NOT_NOTIFIED, "なし")],
    )

    def apply(self, bodies: BodyQuerySet) -> BodyQuerySet:
        """Keep what the filters ask for; nothing when they are wrong (the page says why)."""
        if not self.is_valid():
            return bodies.none()
        wanted: dict[str, Any] = self.cleaned_data
        if wanted["category"]:
            bodies = bodies.filter(category=wanted["category"])
        if wanted["state"] != self.ALL:
            bodies = bodies.filter(is_active=wanted["state"] != self.INACTIVE)
        if wanted["notified"]:
            issued = Notification.objects.issued().filter(body=OuterRef("pk"))
            found = Exists(issued)
            bodies = bodies.filter(found if wanted["notified"] == self.NOTIFIED else ~found)
        return bodies.search(wanted["q"])
