"""様式 out as a workbook and in again: the upload shows what it changes before anything is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from followup.models import FormVersion
from followup.rules.form_problems import find_form_problems
from followup.services.form_differences import form_differences
from followup.services.form_drafts import form_of_rows, replace_draft
from followup.services.forms import published_forms
from followup.workbooks.form_workbook import read_form_workbook
from outreach import clock
from outreach.admin.base import StaffRequest
from outreach.admin.steps import StepPage
from outreach.workbooks.guard import UploadRefused

PREVIEW_SECONDS = 3600
SALT = "form-workbook"
EXPIRED = "確認画面の有効期限が切れました。もう一度ファイルを選んでください。"


class FormUpload(forms.Form):
    """A workbook, or what was read from it when it comes back from the preview, signed."""

    takes_object = True

    file = forms.FileField(
        label="様式のブック（.xlsx）",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text="この画面の「様式のブックをダウンロード」で得たブックを直して選んでください。10MBまで。",
    )
    sheets = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, obj: FormVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._version = obj
        if self.data.get("sheets"):
            del self.fields["file"]

    def clean(self) -> dict[str, Any]:
        if "file" not in self.fields:
            return {"sheets": self._unsigned()}
        if "file" not in self.cleaned_data:
            return self.cleaned_data
        sheets = self._read(self.cleaned_data["file"])
        self.data = {"sheets": self._signed(sheets)}
        del self.fields["file"]
        return {"sheets": sheets}

    def _read(self, file: Any) -> dict[str, Any]:
        try:
            read = read_form_workbook(file.name, file.read())
        except UploadRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        if read.faults:
            raise ValidationError([str(fault) for fault in read.faults])
        return {
            "instructions": read.instructions,
            "questions": read.questions,
            "checks": read.checks,
            "seen_hash": self._version.spec().content_hash(),
        }

    def _signed(self, sheets: dict[str, Any]) -> str:
        return signing.dumps(sheets, salt=f"{SALT}:{self._version.pk}", compress=True)

    def _unsigned(self) -> dict[str, Any]:
        try:
            sheets: dict[str, Any] = signing.loads(
                self.cleaned_data["sheets"], salt=f"{SALT}:{self._version.pk}", max_age=PREVIEW_SECONDS
            )
        except signing.BadSignature as error:
            raise ValidationError(EXPIRED) from error
        return sheets


def _upload(request: StaffRequest, version: FormVersion, form: forms.Form) -> str:
    sheets = form.cleaned_data["sheets"]
    changed = replace_draft(form_version=version, actor=request.user, now=clock.now(), **sheets)
    if not changed:
        return "ブックを取り込みました。設問に変更はありません。"
    return (
        f"ブックを取り込みました（追加 {len(changed.added)}問、削除 {len(changed.removed)}問、"
        f"変更 {len(changed.changed)}問）。"
    )


def _preview(_request: StaffRequest, version: FormVersion, form: forms.Form) -> dict[str, Any]:
    if not form.is_bound or not form.is_valid():
        return {}
    sheets = form.cleaned_data["sheets"]
    asked = form_of_rows(
        instructions=sheets["instructions"], questions=sheets["questions"], checks=sheets["checks"]
    )
    return {
        "differences": form_differences(version.spec(), asked),
        "problems": find_form_problems(asked, published_forms(version.round)),
    }


UPLOAD = StepPage(
    verb="upload",
    label="様式のブックを取り込む",
    permission="followup.change_formversion",
    perform=_upload,
    form=FormUpload,
    explanation="ダウンロードした様式のブックを直して取り込みます。次の画面で変わるところを確かめるまで、何も変わりません。",
    offered=lambda version: not version.is_published,
    context=_preview,
    template="admin/form_upload.html",
    confirm="この内容で下書きを置き換える",
    starts_over=True,
)
