"""The work that Celery starts: each task finds what is to be done as rows and calls a service.

A task may run twice, late, or beside itself; the broker is a bell, never the truth.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from typing import Any

from celery import shared_task
from django_scopes import scopes_disabled
from kombu.exceptions import OperationalError

from followup.documents import mail_attachments
from followup.models import (
    AnswerImport,
    CouncilRebuild,
    CouncilReport,
    ImportStage,
    WorkbookBundle,
    WorkbookDownload,
)
from followup.services import (
    answer_imports,
    doubts,
    export_runs,
    handovers,
    live_figures,
    reminders,
    workbook_bundles,
    workbook_downloads,
)
from followup.workbooks import answer_bundle, answer_import, council_rebuild, council_report, ordered_workbook
from outreach import clock
from outreach.services import audit, delivery, task_runs
from outreach.services.work import STALE_AFTER

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 60
"""How long a sweep goes on to the next item, so that the last one has nearly all of a task's time."""
SEND_FOR = timedelta(minutes=4)
"""How long one task sends; those of the following minutes send beside it."""


def ring(task: Any, pk: int) -> None:
    """Tell a worker at once of a row to work on; when the broker is out of reach, the sweep finds it."""
    try:
        task.delay(pk)
    except OperationalError:
        logger.warning("broker out of reach: %s %s waits for the sweep", task.name, pk)


def told(run: Callable[..., Any]) -> Callable[..., Any]:
    """Let each run of a task leave a row (TaskRun): that the last plan ran is then a query."""

    @wraps(run)
    def wrapper(*args: Any) -> Any:
        noted = task_runs.begin_run(task=run.__name__, host=socket.gethostname(), now=clock.real_now())
        try:
            result = run(*args)
        except Exception as error:
            task_runs.fail_run(run=noted, error=error, now=clock.real_now())
            raise
        task_runs.end_run(run=noted, result=result, now=clock.real_now())
        return result

    return wrapper


def carry_out_unfinished(model: Any, carry_out: Callable[[int], bool]) -> int:
    """Carry out the items of a kind that nobody took, or that a dead worker left; return how many."""
    with scopes_disabled():
        unfinished = model.objects.unfinished(stale_before=clock.now() - STALE_AFTER)
        waiting = list(unfinished.order_by("pk").values_list("pk", flat=True))
    return carry_out_each(carry_out, waiting)


def carry_out_each(carry_out: Callable[[int], bool], waiting: Iterable[int]) -> int:
    """Carry out one item after the other; what is left after a while is for the next sweep."""
    enough = time.monotonic() + SWEEP_SECONDS
    done = 0
    for pk in waiting:
        done += carry_out(pk)
        if time.monotonic() > enough:
            break
    return done


@shared_task
@told
def plan_reminders() -> int:
    """Queue the reminders of today that are not queued yet; return how many."""
    with scopes_disabled():
        return reminders.plan_reminders(today=clock.today(), now=clock.now()).reminders


@shared_task
@told
def deliver_mail() -> dict[str, int]:
    """Send what is due; return how many mails ended how."""
    with scopes_disabled():
        outcomes = delivery.deliver_due(
            read_clock=clock.now, recheck=mail_attachments.recheck, run_for=SEND_FOR
        )
    return {str(outcome): count for outcome, count in outcomes.items()}


@shared_task
@told
def settle_handovers() -> int:
    """Carry out the handovers whose day has come; return how many."""
    with scopes_disabled():
        return handovers.settle_handovers(today=clock.today(), now=clock.now())


@shared_task
@told
def seal_audit() -> int:
    """Chain the audit entries that have no seal yet; return how many."""
    with scopes_disabled():
        return audit.seal_audit()


@shared_task
@told
def build_council_report(council_report_id: int) -> bool:
    """Build one report that was ordered; return False when there was nothing to do."""
    with scopes_disabled():
        return council_report.build_council_report(council_report_id=council_report_id, now=clock.now())


@shared_task
@told
def sweep_council_reports() -> int:
    """Build what was ordered and nobody took, and what a dead worker left; return how many."""
    return carry_out_unfinished(CouncilReport, build_council_report)


@shared_task
@told
def rebuild_council_report(rebuild_id: int) -> bool:
    """Make the files of one report again and compare them; return False when there was nothing to do."""
    with scopes_disabled():
        return council_rebuild.rebuild_council_report(rebuild_id=rebuild_id, now=clock.now())


@shared_task
@told
def sweep_council_rebuilds() -> int:
    """Compare what was ordered and nobody took, and what a dead worker left; return how many."""
    return carry_out_unfinished(CouncilRebuild, rebuild_council_report)


@shared_task
@told
def run_exports() -> int:
    """Order the results that are due to be sent, and mail those that are done; return how many of both."""
    with scopes_disabled():
        ordered = export_runs.order_due_exports(now=clock.now())
        return len(ordered) + export_runs.settle_exports(now=clock.now())


@shared_task
@told
def examine_submissions() -> int:
    """Examine the versions that were too large to be examined while submitted; return how many."""
    with scopes_disabled():
        return doubts.examine_waiting(now=clock.now())


@shared_task
@told
def read_answer_import(import_id: int) -> bool:
    """Read one uploaded workbook into its preview; return False when there was nothing to do."""
    with scopes_disabled():
        return answer_import.read_import(import_id=import_id, now=clock.now())


@shared_task
@told
def store_answer_import(import_id: int) -> bool:
    """Store one confirmed workbook; return False when there was nothing to do."""
    with scopes_disabled():
        return answer_import.store_import(import_id=import_id, now=clock.now())


@shared_task
@told
def sweep_answer_imports() -> int:
    """Read and store what nobody took, and what a dead worker left; return how many."""
    with scopes_disabled():
        unfinished = AnswerImport.objects.unfinished(stale_before=clock.now() - STALE_AFTER)
        stages = dict(unfinished.order_by("pk").values_list("pk", "stage"))
    tasks = {ImportStage.READ: read_answer_import, ImportStage.STORE: store_answer_import}
    return carry_out_each(lambda pk: tasks[ImportStage(stages[pk])](pk), stages)


@shared_task
@told
def build_workbook_bundle(bundle_id: int) -> bool:
    """Build one zip that was ordered; return False when there was nothing to do."""
    with scopes_disabled():
        return answer_bundle.build_bundle(bundle_id=bundle_id, now=clock.now())


@shared_task
@told
def sweep_workbook_bundles() -> int:
    """Build what was ordered and nobody took, and what a dead worker left; return how many."""
    return carry_out_unfinished(WorkbookBundle, build_workbook_bundle)


@shared_task
@told
def build_workbook_download(download_id: int) -> bool:
    """Build one large workbook that was ordered; return False when there was nothing to do."""
    with scopes_disabled():
        return ordered_workbook.build_download(download_id=download_id, now=clock.now())


@shared_task
@told
def sweep_workbook_downloads() -> int:
    """Build what was ordered and nobody took, and what a dead worker left; return how many."""
    return carry_out_unfinished(WorkbookDownload, build_workbook_download)


@shared_task
@told
def keep_counts() -> int:
    """Count again what changed since it was counted for the pages; return how many counts that took."""
    with scopes_disabled():
        return live_figures.keep_counts(now=clock.now())


@shared_task
@told
def discard_workbooks() -> int:
    """Delete uploads, bundles and ordered workbooks whose time is over; return how many."""
    now = clock.now()
    with scopes_disabled():
        uploads = answer_imports.discard_expired_imports(now=now)
        bundles = workbook_bundles.discard_expired_bundles(now=now)
        return uploads + bundles + workbook_downloads.discard_expired_downloads(now=now)


@shared_task
@told
def prune_task_runs() -> int:
    """Delete rows of runs that nobody will ask for any more; return how many."""
    return task_runs.prune_runs(now=clock.real_now())
