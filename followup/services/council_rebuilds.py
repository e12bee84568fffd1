"""Order, claim and finish comparisons (作り直しと照合). How files are made again is in workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from followup.models import CouncilRebuild, CouncilReport
from followup.services.council_files import Rebuilt
from outreach.models import User
from outreach.services import work
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal


def request_rebuild(*, report: CouncilReport, actor: User, now: datetime) -> CouncilRebuild:
    """Order a comparison; while one of the report is at work, return that one instead.

    Raises:
        Refusal: when the report is not finished.
    """
    if not report.is_done:
        raise Refusal("この取りまとめは完成していないため、照合できません。")
    try:
        with transaction.atomic():
            rebuild = CouncilRebuild.objects.create(report=report, requested_by=actor, requested_at=now)
            _record(rebuild, "取りまとめの作り直しと照合を依頼", now=now)
    except IntegrityError:
        at_work: CouncilRebuild = CouncilRebuild.objects.filter(report=report).latest("pk")
        return at_work
    return rebuild


def claim_rebuild(*, rebuild_id: int, now: datetime) -> CouncilRebuild | None:
    """Take a comparison that waits, or that a dead worker left; None when there is nothing to take."""
    rows = CouncilRebuild.objects.all()
    if not work.claim(rows, pk=rebuild_id, now=now):
        return None
    found: CouncilRebuild = rows.select_related("report__round__council", "requested_by").get(pk=rebuild_id)
    return found


def show_progress(*, rebuild: CouncilRebuild, percent: int) -> None:
    work.show_progress(CouncilRebuild.objects.all(), item=rebuild, percent=percent)


def finish_rebuild(*, rebuild: CouncilRebuild, files: Sequence[tuple[str, Rebuilt]], now: datetime) -> bool:
    """Store what came of each file, by its name; return False when another worker has taken it over."""
    outcomes = [outcome for _name, outcome in files]
    restored = outcomes.count(Rebuilt.RESTORED)
    same = outcomes.count(Rebuilt.SAME) + restored
    differing = [name for name, outcome in files if outcome is Rebuilt.DIFFERENT]
    with transaction.atomic():
        finished = work.finish(
            CouncilRebuild.objects.all(),
            item=rebuild,
            now=now,
            same_count=same,
            restored_count=restored,
            differing=differing,
        )
        if finished:
            found = {"一致": same, "うち保存先に戻したもの": restored, "不一致": differing}
            _record(rebuild, "取りまとめを作り直して照合", now=now, after=found)
    return finished


def fail_rebuild(*, item: CouncilRebuild, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if work.fail(CouncilRebuild.objects.all(), item=item, reason=reason, now=now):
            _record(item, "取りまとめの作り直しと照合に失敗", now=now, reason=reason)


def _record(
    rebuild: CouncilRebuild,
    action: str,
    *,
    now: datetime,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add an entry to the trail of the report, where staff look for it."""
    record_audit(
        action=action, now=now, actor=rebuild.requested_by, obj=rebuild.report, after=after, reason=reason
    )
