"""What the mail needs from the staff: nothing that waits, fails or is in doubt stays unseen."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from followup.staff.task import Task
from outreach.models import MailState
from outreach.rules.wareki import format_wareki_at
from outreach.services.mail_standing import MailStanding, mail_standing

WAITING_LIMIT = timedelta(minutes=30)


def mail_tasks(*, now: datetime) -> list[Task]:
    standing = mail_standing(now=now)
    mails = reverse("admin:outreach_outgoingmail_changelist")
    return [
        Task(
            "送信できなかったメール",
            standing.failed,
            "宛先と理由を確かめ、もう一度送るか、取りやめてください。",
            f"{mails}?state__exact={MailState.FAILED}",
            "error",
        ),
        Task(
            "送達未確認のメール",
            standing.in_doubt,
            "メールサーバーの応答がなかったものです。自動で確かめるので、続く場合だけ御対応ください。",
            f"{mails}?state__exact={MailState.IN_DOUBT}",
            "warning",
        ),
        Task(
            "送信が遅れているメール",
            standing.due if _is_late(standing, now) else 0,
            _why_late(standing),
            f"{mails}?state__exact={MailState.QUEUED}",
            "error",
        ),
    ]


def _is_late(standing: MailStanding, now: datetime) -> bool:
    waits_long = standing.oldest_due_at is not None and standing.oldest_due_at < now - WAITING_LIMIT
    return standing.outage is not None or waits_long


def _why_late(standing: MailStanding) -> str:
    since = (
        f"最も古いものは{format_wareki_at(standing.oldest_due_at)}から待っています。"
        if standing.oldest_due_at
        else ""
    )
    if standing.outage is None:
        return f"{since}送信の処理が動いているか、システム管理者に確かめてください。"
    outage = standing.outage
    return (
        f"{since}{format_wareki_at(outage.since)}からメールサーバーに送れません（{outage.error}）。"
        f"自動で試し続けています（{outage.probes}回）。システム管理者に連絡してください。"
    )
