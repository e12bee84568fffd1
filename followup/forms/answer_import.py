"""What an officer gives and chooses when a workbook comes back: the file, and what the preview asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from followup.models import AnswerImport, FormVersion
from followup.rules.answer_texts import key_label, value_text
from followup.rules.questions import OTHER_SUFFIX, FormSpec
from followup.workbooks.answer_merge import MINE, THEIRS, conflict_id
from outreach.forms.fields import NameField, RowsField
from outreach.models import BodyCategory, Channel, TemplateNumber
from outreach.rules.wareki import format_wareki
from outreach.workbooks.guard import MAX_PACKED_BYTES, UploadRefused, check_workbook

CONFLICTS_ONE_BY_ONE = 100
"""Above that many, one choice is made for all of them: nobody decides hundreds one by one with care."""


class WorkbookUploadForm(forms.Form):
    """A file of which the guard has made sure that it may reach a parser; nothing is parsed here."""

    file = forms.FileField(
        label="記入した回答用ブック",
        help_text=f"Excelブック（.xlsx）、{MAX_PACKED_BYTES // 1024 // 1024}MBまで。ファイル名は自由です。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        max_length=900,
        error_messages={
            "required": "記入した回答用ブックを選んでください。",
            "empty": "ファイルが空です。記入した回答用ブックを選んでください。",
        },
    )

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        content = upload.read(MAX_PACKED_BYTES + 1)
        try:
            check_workbook(upload.name or "", content)
        except UploadRefused as refused:
            raise forms.ValidationError(str(refused)) from refused
        self.content: bytes = content
        return upload


class ConfirmImportForm(forms.Form):
    """What the preview asks before it is confirmed; nothing is chosen beforehand.

    One choice for each conflict (or one for all), a box for each new body, how those were notified,
    and that what was read otherwise than written was looked at.
    """

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, item: AnswerImport, spec: FormSpec, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["digest"] = item.digest
        self.conflict_fields: dict[str, str] = {}
        self.body_fields: dict[str, str] = {}
        if item.proposals:
            self.fields["agreed"] = forms.BooleanField(
                label="上の読取り方でよいことを確かめました",
                error_messages={"required": "読取り方を確かめ、よければ印を付けてください。"},
            )
        self._ask_conflicts(item, spec)
        self._ask_bodies(item)

    def _ask_conflicts(self, item: AnswerImport, spec: FormSpec) -> None:
        if sum(len(row["edits"]) for row in item.conflicts) > CONFLICTS_ONE_BY_ONE:
            self.fields["all_conflicts"] = forms.ChoiceField(
                label="全ての競合について",
                choices=[(MINE, "ブックの値にする"), (THEIRS, "システムの値のままにする")],
                widget=forms.RadioSelect,
                error_messages={"required": "どちらの値にするかを選んでください。"},
            )
            return
        for row in item.conflicts:
            for key, theirs, mine in row["edits"]:
                name = f"conflict-{len(self.conflict_fields)}"
                self.conflict_fields[name] = conflict_id(row["row"], key)
                self.fields[name] = _conflict_field(spec, row["name"], key, mine=mine, theirs=theirs)

    def _ask_bodies(self, item: AnswerImport) -> None:
        for number, body in enumerate(item.new_bodies):
            self.body_fields[f"body-{number}"] = body["cell"]
            self.fields[f"body-{number}"] = forms.BooleanField(label=_body_text(body), required=False)
        if item.new_bodies:
            self.fields["channels"] = RowsField(
                Channel.objects.all(),
                label="追加する団体への周知手段",
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text="要請文をどの手段で送ったかを、当てはまるもの全てについて選んでください。",
            )
            self.fields["channel_other"] = NameField(
                label="その他の手段",
                max_length=100,
                required=False,
                help_text="「その他」を選んだ場合に入力してください。",
            )

    def conflicts(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in self.conflict_fields)

    def bodies(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in self.body_fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in self.body_fields):
            return cleaned
        channels = list(cleaned.get("channels", []))
        has_other = any(channel.is_other for channel in channels)
        if not channels:
            self.add_error("channels", "追加する団体への周知手段を一つ以上選んでください。")
        elif has_other and not cleaned.get("channel_other"):
            self.add_error("channel_other", "「その他」を選んだときは、手段の内容を入力してください。")
        elif cleaned.get("channel_other") and not has_other:
            self.add_error("channel_other", "内容を入力したときは、周知手段の「その他」も選んでください。")
        return cleaned

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, as the import keeps it."""
        cleaned = self.cleaned_data
        return {
            "conflicts": {conflict: cleaned[name] for name, conflict in self.conflict_fields.items()},
            "all_conflicts": cleaned.get("all_conflicts", ""),
            "bodies": [cell for name, cell in self.body_fields.items() if cleaned[name]],
            "channels": [channel.pk for channel in cleaned.get("channels", [])],
            "channel_other": cleaned.get("channel_other", ""),
        }


def _conflict_field(spec: FormSpec, body: str, key: str, *, mine: Any, theirs: Any) -> forms.ChoiceField:
    question = spec.by_key[key.removesuffix(OTHER_SUFFIX)]
    subject = f"{body or '府省庁の回答'}：{key_label(question, key)}"
    return forms.ChoiceField(
        label=subject,
        choices=[
            (MINE, f"ブックの値：{value_text(question, key, mine) or '（空欄）'}"),
            (THEIRS, f"システムの値：{value_text(question, key, theirs) or '（空欄）'}"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": f"「{subject}」をどちらの値にするかを選んでください。"},
    )


def _body_text(body: dict[str, Any]) -> str:
    category = BodyCategory(body["category"]).label
    template = TemplateNumber(body["template_number"]).label
    issued = format_wareki(date.fromisoformat(body["issued_on"]))
    return f"{body['name']}（{category}、{template}により{issued}に発出。セル {body['cell']}）"


def spec_of(form: FormVersion | None) -> FormSpec:
    return form.spec() if form else FormSpec(())
