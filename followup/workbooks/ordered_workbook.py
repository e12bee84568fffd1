"""Build a large workbook that was ordered, with progress; its answers are those of when it is made."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from followup.models import WorkbookDownload
from followup.services.answer_workbooks import issue_workbook
from followup.services.workbook_downloads import (
    claim_download,
    fail_download,
    finish_download,
    show_progress,
)
from followup.workbooks.answer_download import workbook_bytes
from outreach.services.errors import Refusal
from outreach.services.work import Later, carry_out

AFTER_READING, AFTER_WRITING = 10, 80
"""Percent shown after the answers were read, and after the rows were written; packing them is the rest."""


def build_download(*, download_id: int, now: datetime) -> bool:
    """Build a workbook that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once.
    """
    download = claim_download(download_id=download_id, now=now)
    return carry_out(download, do=_build, fail=fail_download, now=now)


def _build(download: WorkbookDownload, later: Later) -> bool:
    content = _write(download, later)
    name = default_storage.save(f"downloads/{download.pk}-{download.attempts}.xlsx", ContentFile(content))
    sha256 = hashlib.sha256(content).hexdigest()
    finished = finish_download(download=download, file=name, sha256=sha256, now=later())
    if not finished:
        default_storage.delete(name)
    return finished


def _write(download: WorkbookDownload, later: Later) -> bytes:
    if download.requested_by is None:
        raise Refusal("作成を依頼した方が分かりません。もう一度作成してください。")
    workbook, content = issue_workbook(
        report=download.report,
        actor=download.requested_by,
        now=later(),
        on_behalf=bool(download.on_behalf_of),
        download=download,
    )
    show_progress(download=download, percent=AFTER_READING)

    def tell(rows: int) -> None:
        share = (AFTER_WRITING - AFTER_READING) * rows // len(content.rows)
        show_progress(download=download, percent=AFTER_READING + share)

    return workbook_bytes(workbook, content, tell=tell)
