"""定期送付: order what has fallen due, once a day and schedule, and mail the links when it is done."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from followup.models import ExportRun, ExportSchedule, RunState
from followup.rules.export_times import last_run
from followup.services.council_reports import request_council_report
from followup.services.export_links import mail_link
from followup.services.opening_days import opening_days
from outreach.models import User, WorkState
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

BY_SCHEDULE = "取りまとめの定期送付"
"""Who the trail names for what nobody did by hand."""


def order_due_exports(*, now: datetime) -> list[int]:
    """Order a frozen result for each schedule that has fallen due; return the ids of the new runs.

    Safe to run twice, late, or in two schedulers at once. After an outage the latest day counts alone.
    """
    days = opening_days()
    done = dict(ExportRun.objects.order_by().values_list("schedule").annotate(Max("run_on")))
    ordered = []
    for schedule in ExportSchedule.objects.running().select_related("round").order_by("pk"):
        run_at = last_run(schedule.plan, due_on=schedule.round.due_on, until=now, days=days)
        if run_at is None or run_at <= schedule.counts_from:
            continue
        if run_at.date() > done.get(schedule.pk, date.min):
            ordered.append(_order(schedule, run_at.date(), now))
    return [pk for pk in ordered if pk is not None]


def _order(schedule: ExportSchedule, run_on: date, now: datetime) -> int | None:
    """Order one; None when another scheduler has done so."""
    try:
        with transaction.atomic():
            report = request_council_report(round=schedule.round, actor=None, rule=BY_SCHEDULE, now=now)
            run = ExportRun.objects.create(schedule=schedule, run_on=run_on, report=report, ordered_at=now)
            record_audit(action="定期送付を開始", now=now, actor=None, rule=BY_SCHEDULE, obj=run)
    except IntegrityError:
        return None
    return run.pk


def settle_exports(*, now: datetime) -> int:
    """Mail the links of what is done, and note what failed; return how many runs were settled."""
    waiting = _runs().filter(state=RunState.ORDERED, report__state__in=[WorkState.DONE, WorkState.FAILED])
    return sum(_settle(run, now) for run in waiting.order_by("pk"))


def _runs() -> QuerySet[ExportRun]:
    return ExportRun.objects.select_related("schedule__round__council", "report")


def _settle(run: ExportRun, now: datetime) -> bool:
    """Settle one run; False when another worker has."""
    state = _outcome(run)
    with transaction.atomic():
        mine = ExportRun.objects.filter(pk=run.pk, state=RunState.ORDERED, report=run.report)
        if not mine.update(state=state, settled_at=now):
            return False
        if state == RunState.SENT:
            days = opening_days()
            for email in run.schedule.addresses:
                mail_link(run=run, email=email, days=days, now=now)
        record_audit(
            action=f"定期送付：{RunState(state).label}"[:40], now=now, actor=None, rule=BY_SCHEDULE, obj=run,
            reason=run.report.error if state == RunState.FAILED else "",
            after={"宛先の数": len(run.schedule.addresses)} if state == RunState.SENT else None,
        )  # fmt: skip
    return True


def _outcome(run: ExportRun) -> RunState:
    if run.report.state == WorkState.FAILED:
        return RunState.FAILED
    return RunState.SENT if run.schedule.is_active else RunState.DROPPED


def retry_run(*, run: ExportRun, actor: User, now: datetime) -> None:
    """Order the result of a failed run anew; its links are mailed when it is done."""
    with transaction.atomic():
        failed = ExportRun.objects.filter(pk=run.pk, state=RunState.FAILED)
        if not run.schedule.is_active:
            raise Refusal("この定期送付は停止されています。使用中にしてから、もう一度実行してください。")
        report = request_council_report(round=run.schedule.round, actor=actor, now=now)
        if not failed.update(state=RunState.ORDERED, settled_at=None, report=report, ordered_at=now):
            raise Refusal("作り直せるのは、取りまとめの作成に失敗した回だけです。")
        record_audit(action="定期送付をやり直し", now=now, actor=actor, obj=run)
