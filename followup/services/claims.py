"""確認中: who is looking at a report. It informs only; the lock of a decision decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from followup.models import Report
from followup.rules.status import ReportStatus
from followup.services.doubts import refuse_other_than_staff
from followup.services.steps import lock_report
from outreach.models import User
from outreach.rules.wareki import format_wareki_at
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal, StaleWrite


@transaction.atomic
def claim_review(*, report: Report, seen_reviewer_pk: int | None, actor: User, now: datetime) -> Report:
    """Say that the actor looks at the report now, in the place of whoever was seen to do so.

    Raises StaleWrite when somebody else has begun since the page was opened.
    """
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    if locked.status != ReportStatus.SUBMITTED:
        raise Refusal(f"報告は「{locked.get_status_display()}」のため、確認を始められません。")
    current = locked.reviewer_at(now)
    if current and current.pk not in {actor.pk, seen_reviewer_pk}:
        since = format_wareki_at(locked.reviewing_since) if locked.reviewing_since else ""
        raise StaleWrite(f"{current.name}が{since}に確認を始めました。")
    _set(locked, actor, now)
    _audit("報告：確認を始める", locked, current, actor, now=now)
    return lock_report(locked)


@transaction.atomic
def release_review(*, report: Report, actor: User, now: datetime) -> Report:
    """Take the actor's own claim back; another's stays."""
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    if locked.reviewer_id == actor.pk:
        _set(locked, None, None)
        _audit("報告：確認をやめる", locked, actor, actor, now=now)
    return lock_report(locked)


def _set(report: Report, reviewer: User | None, since: datetime | None) -> None:
    """Leave the report's version as it is: nothing that the ministry sees has changed."""
    Report.objects.filter(pk=report.pk).update(reviewer=reviewer, reviewing_since=since)


def _audit(action: str, report: Report, before: User | None, actor: User, *, now: datetime) -> None:
    record_audit(
        action=action,
        now=now,
        actor=actor,
        obj=report,
        before={"確認中の職員": before.name if before else ""},
    )
