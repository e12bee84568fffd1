"""Forms on notices: choosing bodies, recording for many or one, and 該当なし."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import FilteredRelation, Q

from outreach.forms.fields import DayField, LongTextField, NameField, RowsField
from outreach.models import Assignment, Body, BodyCategory, Channel, Material, TemplateNumber
from outreach.models.body import BodyQuerySet
from outreach.services.notification_record import NotificationRecord


class NotificationFilterForm(forms.Form):
    """Search and filters over the table of bodies of one request; GET, and hidden in its POSTs."""

    NOT_CHOSEN, PLANNED, ISSUED = "not_chosen", "planned", "issued"

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
        label="状況",
        required=False,
        choices=[
            ("", "すべて"),
            (NOT_CHOSEN, "未選定"),
            (PLANNED, "選定済み（未発出）"),
            (ISSUED, "発出済み"),
        ],
    )

    def apply(self, bodies: BodyQuerySet, assignment: Assignment) -> BodyQuerySet:
        """Keep what the filters ask for, of the bodies in use and those chosen; `chosen` is the notice."""
        bodies = bodies.annotate(
            chosen=FilteredRelation("notifications", condition=Q(notifications__assignment=assignment))
        ).filter(Q(is_active=True) | Q(chosen__isnull=False))
        if not self.is_valid():
            return bodies.none()
        if category := self.cleaned_data["category"]:
            bodies = bodies.filter(category=category)
        if state := self.cleaned_data["state"]:
            bodies = bodies.filter(_STATES[state])
        return bodies.search(self.cleaned_data["q"])


_STATES = {
    NotificationFilterForm.NOT_CHOSEN: Q(chosen__isnull=True),
    NotificationFilterForm.PLANNED: Q(chosen__isnull=False, chosen__issued_on=None),
    NotificationFilterForm.ISSUED: Q(chosen__issued_on__isnull=False),
}


class RecordForm(forms.Form):
    """What is recorded about notices, the same for all bodies of one go."""

    issued_on = DayField(label="発出日")
    channels = RowsField(
        Channel.objects.all(),
        label="周知手段",
        widget=forms.CheckboxSelectMultiple,
        help_text="当てはまるものを全て選んでください。",
        error_messages={"required": "周知手段を一つ以上選んでください。"},
    )
    channel_other = NameField(
        label="その他の手段",
        max_length=100,
        required=False,
        help_text="「その他」を選んだ場合に入力してください。",
    )
    materials = RowsField(
        Material.objects.none(),
        label="提供した資料",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    request_attached = forms.BooleanField(label="依頼文書を添付した", required=False)
    wording_changed = forms.BooleanField(label="ひな形の文言を変更した", required=False)
    note = LongTextField(
        label="備考", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, assignment: Assignment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        materials: Any = self.fields["materials"]
        materials.queryset = assignment.request.materials.all()

    def record(self) -> NotificationRecord:
        cleaned = self.cleaned_data
        return NotificationRecord(
            issued_on=cleaned["issued_on"],
            channels=list(cleaned["channels"]),
            channel_other=cleaned["channel_other"],
            materials=list(cleaned["materials"]),
            request_attached=cleaned["request_attached"],
            wording_changed=cleaned["wording_changed"],
            note=cleaned["note"],
        )


class RecordManyForm(RecordForm):
    """The record for many bodies, with a template chosen for each (`template-<body id>`)."""

    def __init__(self, assignment: Assignment, bodies: Sequence[Body], *args: Any, **kwargs: Any) -> None:
        super().__init__(assignment, *args, **kwargs)
        self._proposed = proposed_templates(assignment, bodies)
        self.template_numbers = dict(self._proposed)

    def clean(self) -> dict[str, Any]:
        for key, proposed in self._proposed.items():
            number = self.data.get(f"template-{key}", str(proposed))
            if number in _TEMPLATE_NUMBERS:
                self.template_numbers[key] = int(number)
            else:
                self.add_error(None, "ひな形の選択が正しくありません。選び直してください。")
        return self.cleaned_data


_TEMPLATE_NUMBERS = {str(number) for number in TemplateNumber.values}


def proposed_templates(assignment: Assignment, bodies: Sequence[Body]) -> dict[int, int]:
    """Return by body id the template chosen before, else that of the category."""
    chosen = assignment.notifications.filter(body__in=bodies).values_list("body_id", "template__number")
    return {body.pk: int(body.proposed_template_number) for body in bodies} | dict(chosen)


class NotificationForm(RecordForm):
    """One recorded notice, corrected; `version` is what the page was opened with."""

    template_number = forms.TypedChoiceField(label="ひな形", coerce=int, choices=TemplateNumber.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    field_order = ["issued_on", "template_number"]


class NoBodyForm(forms.Form):
    reason = LongTextField(
        label="該当する団体がない理由",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例：所管する業界団体及び独立行政法人等がないため。",
    )
