"""取りまとめの定期送付: when and to whom, each time that happened, and the links that were mailed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from followup.forms.exports import OffsetsField, RecipientsField, WeekdaysField, with_one_cadence
from followup.models import ExportLink, ExportRun, ExportSchedule, Round, RunState
from followup.rules.export_times import next_run
from followup.rules.status import RoundStatus
from followup.services.export_links import revoke_link
from followup.services.export_runs import retry_run
from followup.services.opening_days import opening_days
from outreach import clock
from outreach.admin.base import ReadOnly, StaffAdmin, StaffRequest, status_tag, wareki
from outreach.admin.stale import StaleGuardForm
from outreach.admin.steps import StepPage, StepsAdmin
from outreach.forms.fields import TimeOfDayField
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import format_wareki_at

TONES = {
    RunState.ORDERED: ("info", "progress"),
    RunState.SENT: ("success", ""),
    RunState.FAILED: ("error", ""),
    RunState.DROPPED: ("neutral", ""),
}
TIMING = {"cadence", "weekdays", "due_offsets", "send_at", "is_active"}
"""What begins the count anew: nothing is sent for days that have passed by then."""


class ExportScheduleForm(StaleGuardForm):
    weekdays = WeekdaysField(
        label="曜日", required=False, help_text="閉庁日に当たるときは、次の開庁日に送付します。"
    )
    due_offsets = OffsetsField(
        label="期限からの開庁日数",
        required=False,
        help_text="期限の前は負の数。例：-5,0,3（期限の5開庁日前、期限当日、期限の3開庁日後）",
    )
    send_at = TimeOfDayField(
        label="時刻",
        help_text="例：10時。この時刻に取りまとめを作り、完成次第、開庁日の9時30分から18時15分までの間に送信します。",
    )
    recipients = RecipientsField(
        label="宛先のメールアドレス",
        help_text="1行に1件、50件まで。ファイルは添付せず、宛先ごとのリンクを送ります。",
    )

    class Meta:
        model = ExportSchedule
        fields = (
            "round", "name", "cadence", "weekdays", "due_offsets", "send_at", "recipients", "link_days",
            "is_active",
        )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for field, message in with_one_cadence(cleaned).items():
            if field not in self.errors:
                self.add_error(field, message)
        return cleaned


@admin.register(ExportSchedule)
class ExportScheduleAdmin(StaffAdmin):
    list_display = ("name", "council", "recipient_count", "last_state")
    list_filter = ("is_active",)
    list_select_related = ("round__request", "round__council")
    form = ExportScheduleForm
    shown = ("next_text", "runs_link", "created_by", "audit_link")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ExportSchedule]:
        latest = ExportRun.objects.filter(schedule=OuterRef("pk")).order_by("-run_on")
        return super().get_queryset(request).annotate(latest_state=Subquery(latest.values("state")[:1]))

    def get_list_display(self, request: HttpRequest) -> Any:
        name, council, *rest = self.list_display
        return (name, council, _times_column(), *rest)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*ExportScheduleForm.Meta.fields, *(self.shown if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("round", *self.shown) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "round":
            kwargs["queryset"] = Round.objects.exclude(status=RoundStatus.FIXED).select_related("request")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        changed = set(form.changed_data) - {"seen"}
        if not change or changed & TIMING:
            obj.counts_from = clock.now()
        if not change:
            obj.created_by = cast("StaffRequest", request).user
            obj.save(force_insert=True)
        elif changed:
            obj.save(update_fields=[*ExportScheduleForm.Meta.fields, "counts_from"])

    @admin.display(description="連絡会議", ordering="round__council__number")
    def council(self, schedule: ExportSchedule) -> str:
        return f"第{schedule.round.council.number}回"

    @admin.display(description="宛先")
    def recipient_count(self, schedule: ExportSchedule) -> str:
        return f"{len(schedule.addresses)}件"

    @admin.display(description="直近の送付")
    def last_state(self, schedule: Any) -> SafeString | str:
        state = schedule.latest_state
        return status_tag(RunState(state).label, *TONES[RunState(state)]) if state else "－"

    @admin.display(description="次の送付")
    def next_text(self, schedule: ExportSchedule) -> str:
        return _next_text(schedule, opening_days())

    @admin.display(description="送付の記録")
    def runs_link(self, schedule: ExportSchedule) -> SafeString:
        url = reverse("admin:followup_exportrun_changelist")
        return format_html('<a href="{}?schedule__id__exact={}">記録を見る</a>', url, schedule.pk)


def _times_column() -> Callable[[ExportSchedule], SafeString]:
    """Make the column of a list, which reads the calendar once for all its rows."""
    days = cache(opening_days)

    @admin.display(description="送付する日時")
    def times(schedule: ExportSchedule) -> SafeString:
        return format_html("{}<br>次回：{}", schedule.plan, _next_text(schedule, days()))

    return times


def _next_text(schedule: ExportSchedule, days: OpeningDays) -> str:
    if not schedule.is_active:
        return "停止中"
    if schedule.round.status == RoundStatus.FIXED:
        return "なし（フォローアップは確定済み）"
    following = next_run(schedule.plan, due_on=schedule.round.due_on, after=clock.now(), days=days)
    return format_wareki_at(following) if following else "なし（予定の日は全て過ぎたか、期限が未定）"


def _retry(request: StaffRequest, run: ExportRun, _form: forms.Form) -> str:
    retry_run(run=run, actor=request.user, now=clock.now())
    return "取りまとめを作り直しています。完成すると、宛先にリンクを送ります。"


RUN_ON = wareki("run_on", "送付日")
SETTLED = wareki("settled_at", "終了日時")


@admin.register(ExportRun)
class ExportRunAdmin(ReadOnly, StepsAdmin):
    list_display = ("schedule", RUN_ON, "state_tag", "link_count", SETTLED)
    list_filter = ("state", "schedule")
    list_select_related = ("schedule",)
    ordering = ("-pk",)
    fields = (
        "schedule",
        (RUN_ON, "state_tag"),
        "report_link",
        "error",
        ("link_count", "links_link"),
        SETTLED,
        "audit_link",
    )
    readonly_fields = (
        "schedule", RUN_ON, "state_tag", "report_link", "error", "link_count", "links_link", SETTLED,
        "audit_link",
    )  # fmt: skip
    steps = (
        StepPage(
            verb="retry",
            label="取りまとめを作り直して送る",
            permission="followup.change_exportrun",
            perform=_retry,
            explanation="失敗した取りまとめを、いまの内容で作り直します。完成すると、宛先にリンクを送ります。",
            offered=lambda run: run.state == RunState.FAILED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ExportRun]:
        return super().get_queryset(request).annotate(links_made=Count("links"))

    @admin.display(description="状態", ordering="state")
    def state_tag(self, run: ExportRun) -> SafeString:
        return status_tag(run.get_state_display(), *TONES[RunState(run.state)])

    @admin.display(description="失敗の理由")
    def error(self, run: ExportRun) -> str:
        return run.report.error or "－"

    @admin.display(description="取りまとめ")
    def report_link(self, run: ExportRun) -> SafeString:
        url = reverse("admin:followup_councilreport_change", args=[run.report_id])
        return format_html('<a href="{}">{}</a>', url, run.report)

    @admin.display(description="送ったリンク")
    def link_count(self, run: Any) -> str:
        return f"{run.links_made}件"

    @admin.display(description="リンクの一覧")
    def links_link(self, run: ExportRun) -> SafeString:
        url = reverse("admin:followup_exportlink_changelist")
        return format_html('<a href="{}?run__id__exact={}">リンクを見る</a>', url, run.pk)


def _revoke(request: StaffRequest, link: ExportLink, _form: forms.Form) -> str:
    revoke_link(link=link, actor=request.user, now=clock.now())
    return f"{link.email}へのリンクを取り消しました。"


OPEN, CLOSED, TAKEN_BACK = "有効", "期限切れ", "取消済み"
LINK_TONES = {OPEN: "success", CLOSED: "neutral", TAKEN_BACK: "neutral"}
EXPIRES = wareki("expires_at", "有効期限")
DOWNLOADED = wareki("last_downloaded_at", "最後のダウンロード")
REVOKED = wareki("revoked_at", "取消日時")


@admin.register(ExportLink)
class ExportLinkAdmin(ReadOnly, StepsAdmin):
    list_display = ("email", "run", "state", EXPIRES, "downloads")
    list_select_related = ("run__schedule",)
    search_fields = ("email",)
    ordering = ("-pk",)
    fields = ("email", "run", "state", EXPIRES, REVOKED, ("download_count", DOWNLOADED), "mail", "audit_link")
    readonly_fields = ("run", "mail", "state", EXPIRES, REVOKED, DOWNLOADED, "audit_link")
    steps = (
        StepPage(
            verb="revoke",
            label="リンクを取り消す",
            permission="followup.change_exportlink",
            perform=_revoke,
            explanation="この宛先のリンクは、直ちに開けなくなります。まだ送信していないメールは取りやめます。",
            offered=lambda link: state_of(link) == OPEN,
            is_danger=True,
        ),
    )

    @admin.display(description="ダウンロード", ordering="download_count")
    def downloads(self, link: ExportLink) -> str:
        return f"{link.download_count}回"

    @admin.display(description="状態")
    def state(self, link: ExportLink) -> SafeString:
        state = state_of(link)
        return status_tag(state, LINK_TONES[state])


def state_of(link: ExportLink) -> str:
    """Say in a word whether a link still opens."""
    if link.revoked_at:
        return TAKEN_BACK
    return CLOSED if link.expires_at <= clock.now() else OPEN
