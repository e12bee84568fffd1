"""Order, claim, finish and hand out large workbooks. How they are written is in workbooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from followup.models import Report, WorkbookDownload
from followup.services.contents import notices_of
from followup.services.steps import refuse_editing
from outreach.models import User
from outreach.services import work
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

ROWS_AT_ONCE = 1_000
"""A workbook of so many bodies is made while one waits (1.5 seconds); a larger one by a worker."""
KEPT_FOR = timedelta(days=7)


def is_large(*, report: Report) -> bool:
    """Say whether the report's workbook takes too long to be made while one waits."""
    return notices_of(report).count() > ROWS_AT_ONCE


def request_download(
    *, report: Report, actor: User, now: datetime, on_behalf: bool = False
) -> WorkbookDownload:
    """Order a workbook; while the actor has one of the report in the making, return that one instead.

    Raises:
        Refusal: when the report takes no answers now, or not from this user.
    """
    refuse_editing(report, actor, on_behalf=on_behalf)
    try:
        with transaction.atomic():
            download = WorkbookDownload.objects.create(
                report=report,
                on_behalf_of=report.assignment.ministry.name if on_behalf else "",
                requested_by=actor,
                requested_at=now,
            )
            _record(download, "回答用ブックの作成を依頼", actor=actor, now=now)
    except IntegrityError:
        own = WorkbookDownload.objects.filter(report=report, requested_by=actor)
        making: WorkbookDownload = own.latest("pk")
        return making
    return download


def claim_download(*, download_id: int, now: datetime) -> WorkbookDownload | None:
    """Take a workbook that waits, or that a dead worker left; None when there is nothing to take."""
    rows = WorkbookDownload.objects.all()
    if not work.claim(rows, pk=download_id, now=now):
        return None
    related = rows.select_related(
        "report__round__request", "report__assignment__ministry", "report__form_version", "requested_by"
    )
    found: WorkbookDownload = related.get(pk=download_id)
    return found


def show_progress(*, download: WorkbookDownload, percent: int) -> None:
    work.show_progress(WorkbookDownload.objects.all(), item=download, percent=percent)


def finish_download(*, download: WorkbookDownload, file: str, sha256: str, now: datetime) -> bool:
    """Name the file that was written; return False when another worker has taken the workbook over."""
    rows = WorkbookDownload.objects.all()
    return work.finish(rows, item=download, now=now, file=file, sha256=sha256, expires_at=now + KEPT_FOR)


def fail_download(*, item: WorkbookDownload, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if work.fail(WorkbookDownload.objects.all(), item=item, reason=reason, now=now):
            actor = item.requested_by
            _record(item, "回答用ブックの作成に失敗", actor=actor, now=now, reason=reason)


def download_file(*, download: WorkbookDownload, actor: User, now: datetime) -> File[Any]:
    """Return the workbook that was made and record who took it.

    Raises:
        Refusal: when it is not finished, or its time is over.
    """
    if not download.may_be_taken(now):
        raise Refusal("完成していないか、ダウンロードの期限が過ぎています。もう一度作成してください。")
    try:
        file: File[Any] = default_storage.open(str(download.file.name), "rb")
    except (FileNotFoundError, ValueError, IsADirectoryError) as error:
        raise Refusal("ファイルが保存先に見つかりません。もう一度作成してください。") from error
    _record(download, "回答用ブックをダウンロード", actor=actor, now=now)
    return file


def discard_expired_downloads(*, now: datetime) -> int:
    """Delete the files of workbooks whose time is over; the rows stay. Safe to run twice; return how many."""
    over = WorkbookDownload.objects.filter(expires_at__lte=now).exclude(file="")
    discarded = 0
    for download in over.order_by("pk"):
        if over.filter(pk=download.pk).update(file=""):
            default_storage.delete(str(download.file.name))
            discarded += 1
    return discarded


def _record(
    download: WorkbookDownload, action: str, *, actor: User | None, now: datetime, reason: str = ""
) -> None:
    """Add an entry on a workbook to the ministry's trail."""
    record_audit(
        action=action,
        now=now,
        actor=actor,
        obj=download,
        ministry=download.report.assignment.ministry,
        after={"SHA-256": download.sha256} if download.sha256 else None,
        reason=reason,
        on_behalf_of=download.on_behalf_of,
    )
