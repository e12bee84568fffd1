"""The work that Celery starts: each task finds what is to be done as rows and calls a service.

A task may run twice, late, or beside itself; the broker is a bell, never the truth.
"""

from __future__ import annotations

from celery import shared_task
from django_scopes import scopes_disabled

from followup.models import CouncilReport
from followup.services import doubts, reminder_recheck, reminders
from followup.workbooks import council_report
from outreach import clock
from outreach.services import audit, delivery
from outreach.services.work import STALE_AFTER


@shared_task
def plan_reminders() -> int:
    """Queue the reminders of today that are not queued yet; return how many."""
    with scopes_disabled():
        return len(reminders.plan_reminders(today=clock.today(), now=clock.now()))


@shared_task
def deliver_mail() -> dict[str, int]:
    """Send what is due; return how many mails ended how."""
    with scopes_disabled():
        outcomes = delivery.deliver_due(read_clock=clock.now, recheck=reminder_recheck.recheck)
    return {str(outcome): count for outcome, count in outcomes.items()}


@shared_task
def seal_audit() -> int:
    """Chain the audit entries that have no seal yet; return how many."""
    with scopes_disabled():
        return audit.seal_audit()


@shared_task
def build_council_report(council_report_id: int) -> bool:
    """Build one report that was ordered; return False when there was nothing to do."""
    with scopes_disabled():
        return council_report.build_council_report(council_report_id=council_report_id, now=clock.now())


@shared_task
def sweep_council_reports() -> int:
    """Build what was ordered and nobody took, and what a dead worker left; return how many."""
    with scopes_disabled():
        unfinished = CouncilReport.objects.unfinished(stale_before=clock.now() - STALE_AFTER)
        waiting = list(unfinished.order_by("pk").values_list("pk", flat=True))
    return sum(build_council_report(council_report_id) for council_report_id in waiting)


@shared_task
def examine_submissions() -> int:
    """Examine the versions that were too large to be examined while submitted; return how many."""
    with scopes_disabled():
        return doubts.examine_waiting(now=clock.now())
