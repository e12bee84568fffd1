"""開庁日の例外: each change is shown with what it moves before it is saved."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from followup.models import SpecialDay
from followup.services.calendar_changes import CalendarPreview, Change, preview_calendar
from outreach import clock
from outreach.admin.base import StaffAdmin, StaffRequest, staff_page
from outreach.admin.stale import StaleGuardForm
from outreach.rules.opening_days import UnknownCalendarError
from outreach.services.audit import record_audit


class SpecialDayForm(StaleGuardForm):
    """Refuse days whose calendar nobody knows."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if day := cleaned.get("day"):
            try:
                preview_calendar(change={day: cleaned.get("is_closed", True)}, today=clock.today())
            except UnknownCalendarError as error:
                raise ValidationError({"day": str(error)}) from error
        return cleaned


@admin.register(SpecialDay)
class SpecialDayAdmin(StaffAdmin):
    deletable = True
    form = SpecialDayForm
    list_display = ("day", "name", "is_closed")
    ordering = ("-day",)
    fields = ("day", "is_closed", "name", "audit_link")
    readonly_fields = ("audit_link",)
    delete_confirmation_template = "admin/special_day_delete.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what a valid change moves, and save it only when that was confirmed."""
        if request.method == "POST" and "confirmed" not in request.POST:
            obj = self.get_object(request, object_id) if object_id else None
            may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
            form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
            if may and form.is_valid():
                return self._confirm(request, form, obj)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _confirm(self, request: HttpRequest, form: ModelForm, obj: SpecialDay | None) -> HttpResponse:
        context = {
            "title": "開庁日の例外の確認",
            "original": obj,
            "form": form,
            "day": form.cleaned_data["day"],
            "preview": preview_calendar(change=_change(form), today=clock.today()),
        }
        return staff_page(request, self, "admin/special_day_confirm.html", context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        preview = preview_calendar(change={obj.day: None}, today=clock.today()) if obj else None
        return super().delete_view(request, object_id, {"preview": preview} | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        preview = preview_calendar(change=_change(form), today=clock.today())
        super().save_model(request, obj, form, change)
        _record(request, obj, preview)

    def delete_model(self, request: HttpRequest, obj: SpecialDay) -> None:
        preview = preview_calendar(change={obj.day: None}, today=clock.today())
        _record(request, obj, preview)
        super().delete_model(request, obj)


def _change(form: ModelForm) -> Change:
    """Return what a form changes; a day that is entered in the place of another frees that one."""
    day, is_closed = form.cleaned_data["day"], form.cleaned_data["is_closed"]
    before = form.initial.get("day")
    freed: dict[Any, bool | None] = {before: None} if before and before != day else {}
    return freed | {day: is_closed}


def _record(request: HttpRequest, obj: SpecialDay, preview: CalendarPreview) -> None:
    """Note what a change of the calendar moved, and why."""
    if preview.total:
        record_audit(
            action="督促の日程を変更",
            now=clock.now(),
            actor=cast("StaffRequest", request).user,
            obj=obj,
            after={"移る段階": [str(moved) for moved in preview.moved], "段階の数": preview.total},
            reason=f"{preview.why}（{obj.name}）",
        )
