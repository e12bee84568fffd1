"""引継ぎ: staff see what was planned and done in any ministry, and hand over from an officer's page."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from followup.forms.handover import HandoverForm
from followup.services.handover_sheet import HandoverSheet, handover_sheet
from followup.services.handovers import hand_over
from followup.workbooks.handover_workbook import sheet_file_name, write_handover_workbook
from outreach import clock
from outreach.admin.base import StaffRequest, staff_page, status_tag, wareki
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import Handover, Ministry, User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.handovers import cancel_handover

EFFECT = wareki("takes_effect_on", "引継日")
REQUESTED, COMPLETED, CANCELLED = (
    wareki("requested_at", "登録日時"),
    wareki("completed_at", "完了日時"),
    wareki("cancelled_at", "取消日時"),
)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _cancel(request: StaffRequest, handover: Handover, _form: forms.Form) -> str:
    cancel_handover(handover=handover, actor=request.user, now=clock.now())
    return f"{handover}を取り消しました。"


@admin.register(Handover)
class HandoverAdmin(StepsAdmin):
    """Rows are shown only; a new one begins at an officer's page, where the sheet is shown too."""

    audited_by_service = True
    list_display = ("__str__", "ministry", "state", EFFECT, REQUESTED)
    list_filter = ("ministry",)
    list_select_related = ("ministry", "predecessor", "successor")
    search_fields = ("predecessor__name", "successor__name", "successor_name")
    fields = (
        "ministry", "predecessor", "successor", ("successor_name", "successor_email"), EFFECT, "note",
        "state", ("requested_by", REQUESTED), (COMPLETED, CANCELLED), "audit_link",
    )  # fmt: skip
    steps = (
        StepPage(
            verb="cancel",
            label="引継ぎを取り消す",
            permission="outreach.change_handover",
            perform=_cancel,
            explanation="引継日が来ても、引継ぎは行われません。後任の方に送った招待は有効なままです。",
            offered=lambda handover: handover.is_pending,
            is_danger=True,
        ),
    )

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        own = [
            path(
                "of/<int:user_id>/",
                guard(require_http_methods(["GET", "HEAD", "POST"])(self.start_view)),
                name="outreach_handover_start",
            ),
            path(
                "of/<int:user_id>/workbook/",
                guard(require_safe(self.workbook_view)),
                name="outreach_handover_workbook",
            ),
        ]
        return [*own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Handover | None = None) -> bool:
        return False

    @admin.display(description="状態")
    def state(self, handover: Handover) -> SafeString:
        if handover.cancelled_at:
            return status_tag("取消", "neutral")
        if handover.successor is None and not handover.is_pending:
            return status_tag("完了（招待の受諾待ち）", "warning")
        return status_tag("予定", "info") if handover.is_pending else status_tag("完了", "success")

    def start_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Show what the officer's ministry has open; with the right to, hand it over."""
        staff = cast("StaffRequest", request)
        sheet = self._sheet(staff, user_id)
        member = sheet.predecessor
        may_act = staff.user.has_perm("outreach.add_handover") and member.successor_id is None
        form = HandoverForm(request.POST if request.method == "POST" else None, obj=member)
        if request.method == "POST":
            if not may_act:
                raise PermissionDenied
            if form.is_valid() and (handover := _handed_over(staff, member, form)):
                messages.success(request, f"{handover}を登録しました。")
                return HttpResponseRedirect(self.change_url(handover))
        pending = sheet.handover is not None and sheet.handover.is_pending
        context = {
            "title": f"引継ぎ：{member}さん",
            "sheet": sheet,
            "form": form if may_act and not pending else None,
        }
        response = staff_page(request, self, "admin/handover_start.html", context)
        response.status_code = 400 if form.errors else 200
        return response

    def workbook_view(self, request: HttpRequest, user_id: int) -> HttpResponseBase:
        staff = cast("StaffRequest", request)
        sheet = self._sheet(staff, user_id)
        content = BytesIO()
        write_handover_workbook(content, sheet)
        content.seek(0)
        record_audit(
            action="引継書をダウンロード", now=clock.now(), actor=staff.user, obj=sheet.predecessor,
            ministry=sheet.ministry,
        )  # fmt: skip
        name = sheet_file_name(sheet)
        return FileResponse(content, as_attachment=True, filename=name, content_type=EXCEL)

    def _sheet(self, request: StaffRequest, user_id: int) -> HandoverSheet:
        if not request.user.has_perm("outreach.view_handover"):
            raise PermissionDenied
        member = User.objects.officers().select_related("ministry").filter(pk=user_id).first()
        if member is None:
            raise Http404
        ministry = cast("Ministry", member.ministry)
        return handover_sheet(predecessor=member, ministry=ministry, now=clock.now())


def _handed_over(request: StaffRequest, member: User, form: HandoverForm) -> Handover | None:
    try:
        return hand_over(predecessor=member, actor=request.user, now=clock.now(), **form.chosen())
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return None
