"""Change the due date of an open round (回答期限の変更): whom it affects, the change, and the mails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from followup.models import Report, Round
from followup.rules.due import Due
from followup.rules.status import UNANSWERED
from followup.services.due_dates import due_entry, following, move_due_date, refuse_passed
from followup.services.extensions import grant_met
from followup.services.mail_texts import render_mail, url_of
from followup.services.opening_days import opening_days
from followup.services.rounds import lock_round
from outreach.models import MailKind, Ministry, User
from outreach.services.addressees import unreached
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry


@dataclass(frozen=True)
class DueChangePreview:
    """Whom a new due date of a round affects, in 建制順.

    `told` are the ministries that it applies to and that still owe a report, `done` those that have
    submitted, `kept` those with a later due date of their own. `closed` says why offices are closed
    on the day, or is None.
    """

    closed: str | None
    is_earlier: bool
    told: list[Ministry]
    done: list[Ministry]
    kept: list[Report]
    unreached: list[Ministry]
    subject: str
    body: str


def preview_due_change(*, round: Round, due: Due, reason: str) -> DueChangePreview:
    """Show what changing the due date would do and send; nothing is written."""
    reports = list(_shown(round.reports.all()))
    moved = set(following(round, due).values_list("pk", flat=True))
    told = [report for report in reports if report.pk in moved and report.status in UNANSWERED]
    owing = [report.assignment.ministry for report in told]
    subject, body = _text(told[0], due, before=told[0].due, reason=reason) if told else ("", "")
    return DueChangePreview(
        closed=opening_days().closed_name(due.on),
        is_earlier=round.due is not None and due.at < round.due.at,
        told=owing,
        done=[
            report.assignment.ministry
            for report in reports
            if report.pk in moved and report.status not in UNANSWERED
        ],
        kept=[report for report in reports if report.pk not in moved],
        unreached=unreached(owing),
        subject=subject,
        body=body,
    )


@transaction.atomic
def change_due_date(
    *, round: Round, due_on: date, due_time: time | None = None, reason: str, actor: User, now: datetime
) -> Round:
    """Give an open round another due date, and tell by mail the ministries that still owe a report.

    The reports that have the round's due date move with it, and those that the new one gives more
    time; a later due date of a ministry's own stays. Reminders follow, as their ledger is kept by
    due date.
    """
    locked = lock_round(round, actor)
    due = Due(due_on, due_time)
    _refuse_change(locked, due, reason, now=now)
    before = locked.due
    moved = list(_shown(following(locked, due).select_for_update(of=("self",))))
    move_due_date(locked, due)
    grant_met(locked, actor=actor, now=now)
    told = [report for report in moved if report.status in UNANSWERED]
    missed = [
        report.assignment.ministry.name for report in told if not _mail(report, due, reason=reason, now=now)
    ]
    record_audit(
        action="フォローアップ：回答期限を変更",
        now=now,
        actor=actor,
        obj=locked,
        before=due_entry(Round, before),
        after=due_entry(Round, due)
        | {"期限が変わった報告": len(moved)}
        | ({"メールの宛先がない府省庁": missed} if missed else {}),
        reason=reason,
    )
    return locked


def _shown(reports: Any) -> Iterable[Report]:
    found: Iterable[Report] = reports.select_related(
        "assignment__ministry", "round__request", "round__council"
    ).order_by("assignment__ministry__order", "pk")
    return found


def _refuse_change(collection: Round, due: Due, reason: str, *, now: datetime) -> None:
    if not collection.is_open:
        raise Refusal("回答期限を変更できるのは、受付中のフォローアップだけです。")
    refuse_passed(due, now=now)
    if due == collection.due:
        raise Refusal("現在の回答期限と同じです。", field="due_on")
    if not reason.strip():
        raise Refusal("変更の理由を入力してください。", field="reason")


def _text(report: Report, due: Due, *, before: Due | None, reason: str) -> tuple[str, str]:
    url = url_of("portal:report_detail", report.pk)
    context = {"report": report, "due": due, "before": before, "reason": reason.strip(), "url": url}
    return render_mail("due_changed", context)


def _mail(report: Report, due: Due, *, reason: str, now: datetime) -> bool:
    """Queue the mail to one ministry; return False when it has no address at all."""
    subject, body = _text(report, due, before=report.due, reason=reason)
    return bool(
        queue_mail_to_ministry(
            ministry=report.assignment.ministry,
            kind=MailKind.EXTENDED,
            occasion=f"due_changed:{report.pk}:{now:%Y%m%d%H%M%S%f}",
            subject=subject,
            body=body,
            why="フォローアップの回答期限が変更されたため",
            now=now,
        )
    )
