"""作り直しと照合: its button on the page of a 取りまとめ, and what came of the last one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from followup.models import CouncilRebuild, CouncilReport
from followup.services.council_rebuilds import request_rebuild
from followup.tasks import rebuild_council_report, ring
from outreach import clock
from outreach.admin.base import StaffRequest, status_tag
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.models import WorkState
from outreach.rules.wareki import format_wareki_at

DIFFERS = (
    "次のファイルは、作り直した内容が、作成したときと一致しません。システムの版が変わったか、保存した数値が壊れています。"
    "システム管理者に連絡し、控えから戻してください。"
)


def _order(request: StaffRequest, report: CouncilReport, _form: forms.Form) -> str:
    rebuild = request_rebuild(report=report, actor=request.user, now=clock.now())
    transaction.on_commit(lambda: ring(rebuild_council_report, rebuild.pk))
    return "作り直しと照合を始めました。終わると、この画面に結果を表示します。"


REBUILD = StepPage(
    verb="rebuild",
    label="作り直して照合する",
    permission="followup.add_councilreport",
    perform=_order,
    explanation=(
        "保存した数値から会議資料・概要・府省庁別結果を作り直し、作成したときのSHA-256と照合します。"
        "保存先で失われたり変わったりしたファイルは、同じ内容に戻します。"
    ),
    offered=lambda report: report.is_done,
)


class ShowsRebuild(StepsAdmin):
    """The last comparison on the page of its report, which looks again by itself while it is at work."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self.get_object(request, object_id)
        is_waiting = report is not None and report.rebuilds.in_the_making().exists()
        context = {"is_waiting": is_waiting, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description="作り直しと照合")
    def rebuild_result(self, report: CouncilReport) -> SafeString | str:
        rebuild = report.rebuilds.select_related("requested_by").first()
        return _told(rebuild) if rebuild else "－"


def _told(rebuild: CouncilRebuild) -> SafeString:
    """Tell how far a comparison is or what came of it, and who asked for it when."""
    names = format_html_join("", "<li>{}</li>", ((name,) for name in rebuild.differing))
    return format_html(
        "<p>{} {}</p>{}<p>{}</p>",
        _tag(rebuild),
        _sentence(rebuild),
        format_html("<p>{}</p><ul>{}</ul>", DIFFERS, names) if names else "",
        _when_and_who(rebuild),
    )


def _tag(rebuild: CouncilRebuild) -> SafeString:
    if rebuild.state == WorkState.QUEUED:
        return status_tag("照合待ち", "info", "waiting")
    if rebuild.state == WorkState.RUNNING:
        return status_tag(f"照合中（{rebuild.progress}％）", "info", "progress")
    if rebuild.state == WorkState.FAILED:
        return status_tag("照合できませんでした", "error")
    return status_tag("不一致あり", "error") if rebuild.differing else status_tag("全て一致", "success")


def _sentence(rebuild: CouncilRebuild) -> str:
    if rebuild.state != WorkState.DONE:
        return rebuild.error
    total = rebuild.same_count + len(rebuild.differing)
    same = f"{rebuild.same_count}件が" if rebuild.differing else "全て"
    restored = rebuild.restored_count
    put_back = f"保存先で失われ、又は変わっていた{restored}件は、元に戻しました。" if restored else ""
    return f"{total}件のファイルを作り直し、{same}一致しました。{put_back}"


def _when_and_who(rebuild: CouncilRebuild) -> str:
    who = rebuild.requested_by.name if rebuild.requested_by else "（システム）"
    asked = f"{format_wareki_at(rebuild.requested_at)}に{who}が依頼"
    return f"{asked}、{format_wareki_at(rebuild.finished_at)}に終了" if rebuild.finished_at else asked
