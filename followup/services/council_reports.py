"""Order, claim and finish council reports (取りまとめ). How files are made is in workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from followup.models import CouncilFile, CouncilReport, FileKind, Round
from outreach.models import User
from outreach.services import work
from outreach.services.audit import record_audit

BY_COMMAND = "取りまとめの出力（コマンド）"
"""Who the trail names when no person ordered the report."""


@dataclass(frozen=True)
class BuiltFile:
    """A file that was written to the storage (`stored_as`), under the name that people get it by."""

    kind: FileKind
    name: str
    stored_as: str
    sha256: str
    size: int
    ministry_id: int | None = None


def request_council_report(
    *, round: Round, actor: User | None, now: datetime, rule: str = BY_COMMAND
) -> CouncilReport:
    """Order a report; while one of the round is in the making, return that one instead.

    `actor` is None where nobody ordered it by hand; `rule` says then what did.
    """
    try:
        with transaction.atomic():
            report = CouncilReport.objects.create(
                round=round, as_of=now, requested_by=actor, requested_at=now
            )
            record_audit(
                action="取りまとめの作成を依頼",
                now=now,
                actor=actor,
                obj=report,
                rule=rule,
            )
    except IntegrityError:
        return CouncilReport.objects.in_the_making().get(round=round)
    return report


def claim_council_report(*, council_report_id: int, now: datetime) -> CouncilReport | None:
    """Take a report that waits, or that a dead worker left; None when there is nothing to take."""
    rows = CouncilReport.objects.all()
    if not work.claim(rows, pk=council_report_id, now=now, as_of=now):
        return None
    return rows.select_related("round__council").get(pk=council_report_id)


def start_reading(*, report: CouncilReport, now: datetime) -> None:
    """Let the result be as of the instant at which its rows begin to be read."""
    report.as_of = now
    CouncilReport.objects.held_by(report).update(as_of=now)


def show_progress(*, report: CouncilReport, percent: int) -> None:
    work.show_progress(CouncilReport.objects.all(), item=report, percent=percent)


def finish_council_report(
    *,
    report: CouncilReport,
    figures: dict[str, Any],
    title: dict[str, Any],
    files: Sequence[BuiltFile],
    now: datetime,
) -> bool:
    """Name the files that were written; return False when another worker has taken the report over.

    The files come first: once the report is done, the database takes none any more.
    """
    with transaction.atomic():
        if CouncilReport.objects.held_by(report).select_for_update().first() is None:
            return False
        CouncilFile.objects.bulk_create(_row(report, file) for file in files)
        work.finish(CouncilReport.objects.all(), item=report, now=now, figures=figures, title=title)
        record_audit(
            action="取りまとめを作成",
            now=now,
            actor=report.requested_by,
            obj=report,
            rule=BY_COMMAND,
            after={"時点": report.as_of, **{f"{file.name}（SHA-256）": file.sha256 for file in files}},
        )
    return True


def _row(report: CouncilReport, file: BuiltFile) -> CouncilFile:
    return CouncilFile(
        report=report,
        kind=file.kind,
        ministry_id=file.ministry_id,
        name=file.name,
        file=file.stored_as,
        sha256=file.sha256,
        size=file.size,
    )


def fail_council_report(*, item: CouncilReport, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if work.fail(CouncilReport.objects.all(), item=item, reason=reason, now=now):
            record_audit(
                action="取りまとめの作成に失敗",
                now=now,
                actor=item.requested_by,
                obj=item,
                rule=BY_COMMAND,
                reason=reason,
            )
