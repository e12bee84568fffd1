"""Export and import of tables in the admin: limits, preview bound to its user, and audit entries."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, cast
from urllib.parse import quote
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ExportMixin, ImportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.results import Result
from import_export.tmp_storages import CacheStorage

from outreach import clock
from outreach.admin.base import StaffRequest
from outreach.services.audit import record_audit
from outreach.workbooks.guard import MAX_PACKED_BYTES, UploadRefused, check_upload
from outreach.workbooks.staff_format import FORMATS, StaffFormat

MAX_EXPORT_ROWS = 50_000
PREVIEW_SECONDS = 3600
FORMAT_NUMBERS = {"xlsx": "0", "csv": "1"}
EXPIRED = "確認画面の有効期限が切れました。ファイルをもう一度選んでください。"


class UploadStorage(CacheStorage):
    """What was previewed, for an hour; its name says its content, so that nothing else is imported."""

    CACHE_LIFETIME = PREVIEW_SECONDS
    CACHE_PREFIX = "staff-import-"

    def save(self, data: bytes) -> None:
        self.name = f"{uuid4().hex}-{hashlib.sha256(data).hexdigest()}"
        super().save(data)

    def read(self) -> bytes:
        data: bytes | None = super().read()
        if data is None or hashlib.sha256(data).hexdigest() != self.name.rpartition("-")[2]:
            raise UploadRefused(EXPIRED)
        return data


class UploadForm(ImportForm):
    """Take a file; its format is found out, not asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["import_file"].label = "取り込むファイル"
        self.fields["import_file"].help_text = (
            f"Excelブック（.xlsx）又はCSV（.csv）、{MAX_PACKED_BYTES // 1024 // 1024}MBまで。"
            "取り込む前に、変更の内容を確認する画面を表示します。"
        )
        self.fields["import_file"].widget.attrs["accept"] = ".xlsx,.csv"

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        upload: UploadedFile | None = cleaned.get("import_file")
        if upload is not None:
            cleaned["format"] = FORMAT_NUMBERS.get(self._kind(upload), "")
        return cleaned

    def _kind(self, upload: UploadedFile) -> str:
        try:
            kind = check_upload(upload.name or "", upload.read(MAX_PACKED_BYTES + 1))
        except UploadRefused as refusal:
            self.add_error("import_file", str(refusal))
            kind = ""
        upload.seek(0)
        return kind


class ConfirmForm(ConfirmImportForm):
    """Confirm a preview: its ticket works for the user and the table it was made for, for an hour."""

    def __init__(self, *args: Any, salt: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._salt = salt
        if "import_file_name" in self.initial:
            self.initial["import_file_name"] = signing.dumps(self.initial["import_file_name"], salt=salt)

    def clean_import_file_name(self) -> str:
        try:
            name: str = signing.loads(
                self.cleaned_data["import_file_name"], salt=self._salt, max_age=PREVIEW_SECONDS
            )
        except signing.BadSignature as error:
            raise ValidationError(EXPIRED) from error
        return name

    def clean_format(self) -> str:
        if self.cleaned_data["format"] not in FORMAT_NUMBERS.values():
            raise ValidationError(EXPIRED)
        return str(self.cleaned_data["format"])


class ExportAdmin(ExportMixin):
    """Export of what the list shows, filters included; each export is an audit entry."""

    formats: ClassVar[tuple[type[Format], ...]] = FORMATS
    export_form_class = ExportForm
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """Export, or lead back to the list, which answers alike to a filter that it does not have."""
        try:
            return self._export(request)
        except IncorrectLookupParameters:
            messages.error(request, "一覧の絞り込みの条件が正しくありません。選び直してください。")
            opts = self.model._meta
            return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))

    def _export(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and self.get_export_queryset(request).count() > MAX_EXPORT_ROWS:
            messages.error(
                request,
                f"一度に書き出せるのは{MAX_EXPORT_ROWS:,}件までです。一覧を絞り込んでから書き出してください。",
            )
            return HttpResponseRedirect(request.get_full_path())
        response: HttpResponse = super().export_action(request)
        return response

    def get_export_data(
        self, file_format: Format, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any
    ) -> bytes:
        """Return the tables of the chosen resource as a file; the rows are in the first of them."""
        resource_class = self.choose_export_resource_class(kwargs.get("export_form"), request)
        resource = resource_class(**self.get_export_resource_kwargs(request, **kwargs))
        now = clock.now()
        tables = resource.tables(queryset, today=clock.today())
        record_audit(
            action=f"{self.model._meta.verbose_name}を書き出し",
            actor=cast("StaffRequest", request).user,
            now=now,
            after={
                "件数": len(list(tables[0].rows)),
                "形式": file_format.get_extension(),
                "条件": request.GET.urlencode(),
            },
        )
        return cast("StaffFormat", file_format).export_tables(tables, created_at=now)

    def _do_file_export(
        self, file_format: Format, request: HttpRequest, queryset: QuerySet[Any], export_form: Any = None
    ) -> HttpResponse:
        content = self.get_export_data(file_format, request, queryset, export_form=export_form)
        resource = self.choose_export_resource_class(export_form, request)
        suffix = cast("StaffFormat", file_format).export_suffix
        name = f"{resource.get_display_name()}_{clock.today():%Y%m%d}{suffix}"
        response = HttpResponse(content, content_type=file_format.get_content_type())
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return response


class ImportExportAdmin(ImportMixin, ExportAdmin):
    """Export and import; a file with one wrong cell changes nothing."""

    # The library's import brings a list page of its own that has no link to the export.
    import_export_change_list_template = ExportAdmin.import_export_change_list_template
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    tmp_storage_class = UploadStorage
    skip_admin_log = True

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_confirm_form_kwargs(request, import_form)
        return kwargs | {"salt": f"import:{self.model._meta.label}:{request.user.pk}"}

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"now": clock.now(), "rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: forms.Form, error: Exception) -> None:
        if not isinstance(error, UploadRefused):
            raise error
        form.add_error("import_file", str(error))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was previewed; with an expired or foreign ticket nothing happens."""
        if request.method == "POST" and self.has_import_permission(request):
            form = self.create_confirm_form(request)
            if not form.is_valid():
                return self._back_to_upload(request, EXPIRED)
        try:
            response: HttpResponse = super().process_import(request, **kwargs)
        except UploadRefused as refusal:
            return self._back_to_upload(request, str(refusal))
        return response

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Tell what was stored; what became wrong since the preview was rolled back as a whole."""
        if result.has_errors() or result.has_validation_errors():
            message = "確認の後にデータが変わったため、何も取り込みませんでした。もう一度確認してください。"
            return self._back_to_upload(request, message)
        response: HttpResponse = super().process_result(result, request)
        return response

    def _back_to_upload(self, request: HttpRequest, message: str) -> HttpResponse:
        messages.error(request, message)
        opts = self.model._meta
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_import"))
