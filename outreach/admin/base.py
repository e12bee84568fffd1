"""What all pages of the admin share: rights, the audit trail, stale saves, buttons that call services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from outreach import clock
from outreach.admin.fields import AS_IN_THE_PORTAL
from outreach.admin.stale import StaleGuardForm
from outreach.models import Ministry, User
from outreach.rules.wareki import format_wareki, format_wareki_at
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.views.paging import LongPaginator


class StaffRequest(HttpRequest):
    """A request that the admin has let in."""

    user: User


class StaffAdmin(admin.ModelAdmin):
    """A page of the admin. Nothing is deleted unless a subclass says so; each save is audited.

    `audited_by_service` is for models whose saves go through a service, which writes the entry.
    """

    is_ours: ClassVar[bool] = True
    form = StaleGuardForm
    formfield_overrides = AS_IN_THE_PORTAL
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would cost a query per value
    actions = None
    view_on_site = False
    deletable: ClassVar[bool] = False
    audited_by_service: ClassVar[bool] = False

    def get_paginator(
        self, request: HttpRequest, queryset: models.QuerySet[Any], per_page: int, *args: Any, **kwargs: Any
    ) -> LongPaginator:
        return LongPaginator(queryset, per_page, *args, is_search=bool(request.GET.get(SEARCH_VAR)), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [name for name in super().get_fields(request, obj) if name != "seen"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Write only what was changed on the page; saving an unchanged form leaves no trace."""
        if not change:
            obj.save(force_insert=True)
            return
        own = {field.name for field in obj._meta.concrete_fields}
        if changed := own.intersection(form.changed_data):
            obj.save(update_fields=changed)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell a refusal of a service that only came up while saving; nothing was written."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        response = super().render_change_form(request, context, *args, **kwargs)
        if context["errors"]:
            is_stale = isinstance(form, StaleGuardForm) and form.is_stale
            response.status_code = 409 if is_stale else 400
        return response

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Iterable[Any] | None,
        add: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Return what was changed, before and after, for the audit trail (log_* below take it)."""
        inlines = [form for formset in formsets or [] for form in formset.forms if form.has_changed()]
        return [_changes(form), *(_changes(inline) for inline in inlines)]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, "追加", message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, "変更", message)

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        for obj in queryset:
            self._audit(request, obj, "削除", [])

    def _audit(self, request: HttpRequest, obj: models.Model, verb: str, changes: list[Any]) -> None:
        if self.audited_by_service:
            return
        record_audit(
            action=f"{obj._meta.verbose_name}を{verb}",
            actor=cast("StaffRequest", request).user,
            now=clock.now(),
            obj=obj,
            ministry=_ministry_of(obj),
            before=_merged(before for before, _after in changes),
            after=_merged(after for _before, after in changes),
        )

    @admin.display(description="記録")
    def audit_link(self, obj: models.Model) -> SafeString:
        """Link to the entries on one object."""
        url = reverse("admin:outreach_auditentry_changelist")
        label, number = obj._meta.label_lower, obj.pk
        return format_html('<a href="{}?object_type={}&object_id={}">記録を見る</a>', url, label, number)


class JapaneseHistory(HistoricalRecordContextHelper):
    """Values of the past as people read them: days in 和暦, yes and no in words, answers by their number."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        prepared = super().prepare_delta_change_value(change, value)
        labels = {str(code): label for code, label in self.model._meta.get_field(change.field).flatchoices}
        return labels.get(str(prepared)) or _in_words(prepared)


def _in_words(value: Any) -> Any:
    if value is None or value in ("", {}, []):
        return "（空）"
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, datetime):
        return format_wareki_at(value)
    if isinstance(value, date):
        return format_wareki(value)
    if isinstance(value, dict):
        return f"{len(value)}項目の値"
    return value


class HistoryAdmin(StaffAdmin, SimpleHistoryAdmin):
    """A page with the past of its rows: every value that changed, by whom. Nothing is put back by it."""

    def get_urls(self) -> list[Any]:
        """Leave out the page that shows one old row as a form: saving it would bypass services."""
        own = f"{self.opts.app_label}_{self.opts.model_name}_simple_history"
        return [url for url in super().get_urls() if url.name != own]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer 404 to an id that is no number; simple_history would crash on it."""
        try:
            self.opts.pk.to_python(unquote(object_id))
        except ValidationError as error:
            raise Http404 from error
        return super().history_view(request, object_id, extra_context)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> Any:
        whole = 10_000  # characters; what is longer is cut in the middle
        return JapaneseHistory(self.model, historical_record, max_displayed_delta_change_chars=whole)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class ReadOnly:
    """Rows that services write and the admin only shows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def staff_page(
    request: HttpRequest, model_admin: admin.ModelAdmin, template: str, context: dict[str, Any]
) -> TemplateResponse:
    """Render a page of our own inside the admin's frame."""
    shared = model_admin.admin_site.each_context(request) | {"opts": model_admin.opts}
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, template, shared | context)


def wareki(name: str, heading: str) -> Any:
    """Make a column of a day or an instant in 和暦; `name` is the field it shows and sorts by."""

    @admin.display(description=heading, ordering=name, empty_value="－")
    def shown(obj: Any) -> str:
        value = getattr(obj, name)
        if value is None:
            return "－"
        return format_wareki_at(value) if isinstance(value, datetime) else format_wareki(value)

    shown.__name__ = f"{name}_wareki"
    return shown


def status_tag(label: str, tone: str, icon: str = "") -> SafeString:
    """Show a state in a list, in a word and a shape."""
    return render_to_string(
        "components/status_tag.html", {"label": label, "tone": tone, "icon": icon or tone}
    )


def _changes(form: ModelForm) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in form.changed_data if name not in {"seen", "DELETE"}]
    label = f"{form.instance}：" if form.prefix else ""
    before = {f"{label}{_label(form, name)}": _plain(form.initial.get(name)) for name in names}
    after = {f"{label}{_label(form, name)}": _plain(form.cleaned_data.get(name)) for name in names}
    if "DELETE" in form.changed_data:
        after[f"{label}行"] = "削除"
    return before, after


def _label(form: ModelForm, name: str) -> str:
    return str(form.fields[name].label or name)


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, (models.QuerySet, list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if hasattr(value, "chunks") else value


def _merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= part
    return merged or None


def _ministry_of(obj: models.Model) -> Ministry | None:
    if isinstance(obj, Ministry):
        return obj
    found = getattr(obj, "ministry", None)
    return found if isinstance(found, Ministry) else None
