"""What needs the staff's attention now, as counts with links; a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from followup.models import (
    ExportRun,
    ExtensionRequest,
    ExtensionState,
    FormVersion,
    Report,
    Round,
    RunState,
)
from followup.services.contact_problems import contact_problems
from followup.services.live_figures import LiveProgress, live_progress
from followup.services.review_queue import count_replied, count_waiting
from followup.staff.mail_tasks import mail_tasks
from followup.staff.task import Task
from outreach.models import OutreachRequest, User
from outreach.rules.wareki import instant_in_tokyo


@dataclass(frozen=True)
class Dashboard:
    tasks: Sequence[Task]
    round: Round | None
    live: LiveProgress | None
    progress_url: str


def dashboard(user: User | AnonymousUser, *, now: datetime) -> Dashboard:
    """Return what the first page shows; a user without the right to a list is not told its counts."""
    newest = Round.objects.select_related("request", "council").first()
    may_see = newest is not None and user.has_perm("followup.view_round")
    return Dashboard(
        tasks=[*_report_tasks(user, now), *_other_tasks(user, now)],
        round=newest if may_see else None,
        live=live_progress(round=newest, now=now) if newest and may_see else None,
        progress_url=reverse("admin:followup_round_progress", args=[newest.pk]) if newest else "",
    )


def _report_tasks(user: User | AnonymousUser, now: datetime) -> list[Task]:
    if not user.has_perm("followup.view_report"):
        return []
    reports = reverse("admin:followup_report_changelist")
    queue = reverse("admin:followup_report_queue")
    return [
        Task(
            "確認待ちの報告",
            count_waiting(),
            "内容を確かめ、受理又は差戻しをしてください。",
            queue,
            "info",
        ),
        Task(
            "府省庁のコメントがある報告",
            count_replied(),
            "コメントを確かめ、受理又は返信をしてください。",
            f"{queue}?status=all&doubts=replied",
            "info",
        ),
        Task(
            "期限を過ぎた未提出の報告",
            Report.objects.overdue(now).count(),
            "督促の状況を確かめ、必要なら期限を延長してください。",
            f"{reports}?overdue=yes",
            "error",
        ),
    ]


def _other_tasks(user: User | AnonymousUser, now: datetime) -> list[Task]:
    tasks = []
    if user.has_perm("followup.view_extensionrequest"):
        tasks.append(_extensions())
    if user.has_perm("outreach.view_outgoingmail"):
        tasks += mail_tasks(now=now)
    if user.has_perm("followup.view_exportrun"):
        tasks.append(_failed_exports())
    if user.has_perm("outreach.view_ministry"):
        tasks.append(_contact_problems(instant_in_tokyo(now).date()))
    if user.has_perm("outreach.view_outreachrequest"):
        tasks.append(_not_issued())
    if user.has_perm("followup.view_formversion"):
        tasks.append(_drafts())
    return tasks


def _extensions() -> Task:
    url = reverse("admin:followup_extensionrequest_changelist")
    count = ExtensionRequest.objects.waiting().count()
    advice = "理由を確かめ、承認するか、承認しない理由を回答してください。"
    label = "審査を待つ回答期限の延長の申出"
    return Task(label, count, advice, f"{url}?state__exact={ExtensionState.WAITING}", "info")


def _failed_exports() -> Task:
    url = reverse("admin:followup_exportrun_changelist")
    count = ExportRun.objects.filter(state=RunState.FAILED, schedule__is_active=True).count()
    advice = "理由を確かめ、取りまとめを作り直して送るか、定期送付を停止してください。"
    return Task("作成に失敗した定期送付", count, advice, f"{url}?state__exact={RunState.FAILED}", "error")


def _contact_problems(today: date) -> Task:
    problems = contact_problems(today=today)
    is_lost = any(problem.is_unreachable for problem in problems)
    advice = (
        "メールが届かない府省庁があります。担当者を招待してください。"
        if is_lost
        else "担当者の不在や異動を確かめ、後任や代理を登録してください。"
    )
    url = reverse("admin:outreach_ministry_contacts")
    return Task("連絡先の問題", len(problems), advice, url, "error" if is_lost else "warning")


def _not_issued() -> Task:
    url = reverse("admin:outreach_outreachrequest_changelist")
    count = OutreachRequest.objects.filter(issued_at=None).count()
    return Task("発出していない依頼", count, "宛先を確かめて発出してください。", url, "info")


def _drafts() -> Task:
    url = reverse("admin:followup_formversion_changelist")
    count = FormVersion.objects.filter(published_at=None).count()
    return Task("公開していない様式", count, "設問を確かめて公開してください。", url, "info")
