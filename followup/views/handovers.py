"""引継ぎ: the sheet of what is open, on the page and as Excel, and the one step that hands it over."""

from __future__ import annotations

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followup.forms.handover import HandoverForm
from followup.services.handover_sheet import handover_sheet
from followup.services.handovers import hand_over
from followup.workbooks.handover_workbook import sheet_file_name, write_handover_workbook
from outreach import clock
from outreach.models import Handover, User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.handovers import cancel_handover, may_hand_over
from outreach.views.access import OfficerRequest, editor_required, ministry_of
from outreach.views.conflicts import show_refusal
from outreach.views.members import members_of


@editor_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_handover(request: OfficerRequest, pk: int) -> HttpResponse:
    """Show everything that is open; a coordinator hands it over from here."""
    member = get_object_or_404(members_of(request), pk=pk)
    may_act = member.is_active and may_hand_over(predecessor=member, actor=request.user)
    form = HandoverForm(request.POST if request.method == "POST" else None, obj=member)
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied
        if form.is_valid() and (handover := _handed_over(request, member, form)):
            _tell(request, handover)
            return redirect("portal:member_list")
    sheet = handover_sheet(predecessor=member, ministry=ministry_of(request), now=clock.now())
    pending = sheet.handover is not None and sheet.handover.is_pending
    context = {"member": member, "sheet": sheet, "form": form if may_act and not pending else None}
    status = 400 if form.errors else 200
    return render(request, "portal/members/handover.html", context, status=status)


def _handed_over(request: OfficerRequest, member: User, form: HandoverForm) -> Handover | None:
    try:
        return hand_over(predecessor=member, actor=request.user, now=clock.now(), **form.chosen())
    except Refusal as refusal:
        show_refusal(form, refusal)
        return None


def _tell(request: OfficerRequest, handover: Handover) -> None:
    done = "引き継ぎました" if handover.completed_at else "引継ぎを登録しました"
    invited = "" if handover.successor else "後任の方には、利用開始の案内をメールで送ります。"
    messages.success(
        request, f"{handover.predecessor}さんの仕事を{handover.successor_label}さんに{done}。{invited}"
    )


@editor_required
@require_safe
def member_handover_workbook(request: OfficerRequest, pk: int) -> HttpResponseBase:
    """Hand out the sheet as Excel; who took it is recorded."""
    member = get_object_or_404(members_of(request), pk=pk)
    ministry, now = ministry_of(request), clock.now()
    sheet = handover_sheet(predecessor=member, ministry=ministry, now=now)
    content = BytesIO()
    write_handover_workbook(content, sheet)
    content.seek(0)
    record_audit(
        action="引継書をダウンロード",
        now=now,
        actor=request.user,
        obj=member,
        ministry=ministry,
    )
    return FileResponse(
        content,
        as_attachment=True,
        filename=sheet_file_name(sheet),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


@editor_required
@require_POST
def handover_cancel(request: OfficerRequest, pk: int) -> HttpResponse:
    mine = Handover.objects.visible_to(request.user).select_related("predecessor", "ministry")
    handover = get_object_or_404(mine, pk=pk)
    try:
        cancel_handover(handover=handover, actor=request.user, now=clock.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{handover}を取り消しました。")
    return redirect("portal:member_list")
