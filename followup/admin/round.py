"""フォローアップ: its form, its opening and closing, and the overview of how far every ministry is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followup.admin.dues import ChangeDueForm, LateForm, due_column, due_of
from followup.admin.figures import RoundFigures
from followup.models import FormVersion, Round
from followup.rules.figures import Progress
from followup.rules.status import ROUND_STEPS, RoundStatus
from followup.services.council_reports import request_council_report
from followup.services.due_change import change_due_date, preview_due_change
from followup.services.forms import create_form_draft
from followup.services.live_figures import live_progress
from followup.services.rounds import close_round, fix_round, resume_round, switch_late
from followup.services.workbook_bundles import request_bundle
from followup.tasks import build_council_report, build_workbook_bundle, ring
from outreach import clock
from outreach.admin.base import HistoryAdmin, StaffRequest, staff_page, status_tag, wareki
from outreach.admin.steps import ReasonForm, StepPage, StepsAdmin

CHANGE = "followup.change_round"
TONES = {
    RoundStatus.FORM_UNDECIDED: ("neutral", "waiting"),
    RoundStatus.OPEN: ("info", "progress"),
    RoundStatus.CLOSED: ("warning", ""),
    RoundStatus.FIXED: ("success", ""),
}
SERIES = ("発出済み", "未発出")


def _label(verb: str) -> str:
    return next(step.label for step in ROUND_STEPS if step.verb == verb)


def _offered(verb: str) -> Any:
    sources = next(step.sources for step in ROUND_STEPS if step.verb == verb)
    return lambda collection: collection.status in sources


def _create_form(request: StaffRequest, collection: Round, _form: forms.Form) -> str:
    draft = create_form_draft(round=collection, actor=request.user, now=clock.now())
    return f"{draft}の下書きを作成しました。下の「様式」から設問を編集し、公開してください。"


def _close(request: StaffRequest, collection: Round, _form: forms.Form) -> str:
    close_round(round=collection, actor=request.user, now=clock.now())
    return "締め切りました。"


def _resume(request: StaffRequest, collection: Round, form: forms.Form) -> str:
    reason = form.cleaned_data["reason"]
    resume_round(round=collection, reason=reason, actor=request.user, now=clock.now())
    return "受付を再開しました。"


def _fix(request: StaffRequest, collection: Round, _form: forms.Form) -> str:
    fix_round(round=collection, actor=request.user, now=clock.now())
    return "確定しました。"


def _change_due(request: StaffRequest, collection: Round, form: forms.Form) -> str:
    changed = change_due_date(round=collection, actor=request.user, now=clock.now(), **form.cleaned_data)
    return f"回答期限を{changed.due}に変更しました。府省庁への連絡はまもなく送信されます。"


def _preview_due(_request: StaffRequest, collection: Round, form: forms.Form) -> dict[str, Any]:
    due = due_of(form)
    if due is None or not form.is_valid():
        return {}
    reason = form.cleaned_data["reason"]
    return {"preview": preview_due_change(round=collection, due=due, reason=reason), "due": due}


def _switch_late(request: StaffRequest, collection: Round, form: forms.Form) -> str:
    accepts_late = form.cleaned_data["accepts_late"] == "yes"
    reason = form.cleaned_data["reason"]
    switch_late(
        round=collection, accepts_late=accepts_late, reason=reason, actor=request.user, now=clock.now()
    )
    return "期限後の提出の扱いを変更しました。"


def _order_council_report(request: StaffRequest, collection: Round, _form: forms.Form) -> str:
    report = request_council_report(round=collection, actor=request.user, now=clock.now())
    transaction.on_commit(lambda: ring(build_council_report, report.pk))
    return "取りまとめの作成を始めました。完成すると、この一覧からダウンロードできます。"


def _order_bundle(request: StaffRequest, collection: Round, _form: forms.Form) -> str:
    bundle = request_bundle(round=collection, actor=request.user, now=clock.now())
    transaction.on_commit(lambda: ring(build_workbook_bundle, bundle.pk))
    return "回答用ブック一式の作成を始めました。完成すると、この一覧からダウンロードできます。"


class FormVersionInline(admin.TabularInline):
    """The versions of the form, to be seen; each has a page of its own."""

    model = FormVersion
    extra = 0
    fields = ("number", wareki("published_at", "公開日時"), "published_by")
    readonly_fields = fields
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


DUE = due_column("回答期限")


@admin.register(Round)
class RoundAdmin(RoundFigures, HistoryAdmin, StepsAdmin):
    list_display = ("title", "status_tag", DUE, "council", "progress_link")
    list_filter = ("status",)
    list_select_related = ("request", "council")
    inlines = (FormVersionInline,)
    fields = (
        "request",
        ("status_tag", DUE),
        ("council", "council_day"),
        "late_text",
        ("contact_name", "contact_phone", "contact_email"),
        "progress_link",
        "audit_link",
    )
    readonly_fields = (
        "request",
        "status_tag",
        DUE,
        "council_day",
        "late_text",
        "progress_link",
        "audit_link",
    )
    steps = (
        StepPage(
            verb="create-form",
            label="様式の下書きを作成する",
            permission="followup.add_formversion",
            perform=_create_form,
            explanation="最新の様式（初回は標準の様式）を写した下書きを作ります。公開するまで府省庁には見えません。",
            offered=lambda collection: collection.status in {RoundStatus.FORM_UNDECIDED, RoundStatus.OPEN},
        ),
        StepPage(
            verb="council-report",
            label="取りまとめを作成する",
            permission="followup.add_councilreport",
            perform=_order_council_report,
            explanation="現時点の報告と発出の記録から、データと会議資料（いずれもExcel）を作成します。",
            leads_to="admin:followup_councilreport_changelist",
        ),
        StepPage(
            verb="workbooks",
            label="府省庁の回答用ブックを一括作成する",
            permission="followup.add_workbookbundle",
            perform=_order_bundle,
            explanation="回答を入力できる全ての府省庁について、いまの回答を記入した回答用ブック（Excel）を作り、一つのzipにまとめます。メールで回答を集める場合に使います。",
            offered=lambda collection: collection.status == RoundStatus.OPEN,
            leads_to="admin:followup_workbookbundle_changelist",
        ),
        StepPage(
            verb="close",
            label=_label("close"),
            permission=CHANGE,
            perform=_close,
            explanation="府省庁は回答の入力も提出もできなくなります。提出済みの報告の受理は続けられます。",
            offered=_offered("close"),
            is_danger=True,
        ),
        StepPage(
            verb="resume",
            label=_label("resume"),
            permission=CHANGE,
            perform=_resume,
            form=ReasonForm,
            explanation="府省庁が再び入力し、提出できるようになります。",
            offered=_offered("resume"),
        ),
        StepPage(
            verb="change-due",
            label="回答期限を変更する",
            permission=CHANGE,
            perform=_change_due,
            form=ChangeDueForm,
            explanation="全ての府省庁に共通の回答期限を変えます。次の画面で、対象とメールの文面を確認できます。",
            offered=lambda collection: collection.is_open,
            context=_preview_due,
            template="admin/change_due.html",
            confirm="この内容で変更する",
        ),
        StepPage(
            verb="late",
            label="期限後の提出の扱いを変える",
            permission=CHANGE,
            perform=_switch_late,
            form=LateForm,
            explanation=(
                "受け付けない場合、期限を過ぎると府省庁は提出も、提出後の修正の開始もできなくなります。"
                "差し戻した報告は、どちらの場合も期限後に再提出できます。"
            ),
            offered=lambda collection: collection.status != RoundStatus.FIXED,
        ),
        StepPage(
            verb="fix",
            label=_label("fix"),
            permission=CHANGE,
            perform=_fix,
            explanation="以後、報告の状態も内容も変えられません。この操作は取り消せません。",
            offered=_offered("fix"),
            is_danger=True,
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: a round begins when its request is issued."""
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.progress_view)
        own = [path("<int:object_id>/progress/", view, name="followup_round_progress")]
        return [*own, *super().get_urls()]

    def progress_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show how far every ministry is, in 建制順, as a chart and as a table."""
        collection = get_object_or_404(Round.objects.select_related("request", "council"), pk=object_id)
        if not self.has_view_permission(request, collection):
            raise PermissionDenied
        live = live_progress(round=collection, now=clock.now())
        context = {
            "title": "府省庁別の進捗",
            "original": collection,
            "progress": live.progress,
            "counted_at": live.counted_at,
            "bars": _bars(live.progress),
            "series": SERIES,
        }
        return staff_page(request, self, "admin/progress.html", context)

    @admin.display(description="フォローアップ", ordering="-pk")
    def title(self, collection: Round) -> str:
        return str(collection)

    @admin.display(description="状態", ordering="status")
    def status_tag(self, collection: Round) -> SafeString:
        return status_tag(collection.get_status_display(), *TONES[RoundStatus(collection.status)])

    @admin.display(description="開催日")
    def council_day(self, collection: Round) -> str:
        return collection.council.day_text

    @admin.display(description="期限後の提出")
    def late_text(self, collection: Round) -> str:
        return collection.late_label

    @admin.display(description="進捗")
    def progress_link(self, collection: models.Model) -> SafeString:
        url = reverse("admin:followup_round_progress", args=[collection.pk])
        figures = reverse("admin:followup_round_figures", args=[collection.pk])
        return format_html(
            '<a href="{}">府省庁別の進捗を見る</a>　<a href="{}">数値と内訳を見る</a>', url, figures
        )


def _bars(progress: Progress) -> list[tuple[str, tuple[int, int], str]]:
    return [
        (
            row.abbreviation,
            (row.issued, row.aimed - row.issued),
            reverse("admin:followup_report_change", args=[row.report_id]),
        )
        for row in progress.ministries
    ]
