"""Build a bundle (回答用ブック一式): one workbook a report, in 建制順, in one zip."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.storage import default_storage

from followup.models import Report, WorkbookBundle
from followup.services.workbook_bundles import (
    claim_bundle,
    fail_bundle,
    finish_bundle,
    reports_to_bundle,
    show_progress,
)
from followup.workbooks.answer_download import make_workbook
from outreach.models import User
from outreach.rules.file_names import safe_file_name
from outreach.services.errors import Refusal
from outreach.services.work import Later, carry_out

AFTER_WRITING = 95


def build_bundle(*, bundle_id: int, now: datetime) -> bool:
    """Build a bundle that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once.
    """
    bundle = claim_bundle(bundle_id=bundle_id, now=now)
    return carry_out(bundle, do=_build, fail=fail_bundle, now=now)


def _build(bundle: WorkbookBundle, later: Later) -> bool:
    actor = bundle.requested_by
    if actor is None:
        raise Refusal("作成を依頼した職員が分かりません。もう一度作成してください。")
    with TemporaryDirectory(prefix="bundle-") as folder:
        path = Path(folder) / "bundle.zip"
        count = _write(path, bundle, actor, later)
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            name = default_storage.save(f"bundles/{bundle.pk}-{bundle.attempts}.zip", File(stream))
    finished = finish_bundle(bundle=bundle, file=name, sha256=sha256, count=count, now=later())
    if not finished:
        default_storage.delete(name)
    return finished


def _write(path: Path, bundle: WorkbookBundle, actor: User, later: Later) -> int:
    """Write the workbooks one after the other; return how many. A report submitted meanwhile is left out."""
    reports = list(reports_to_bundle(round=bundle.round))
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # workbooks are packed already
        for number, report in enumerate(reports, start=1):
            try:
                content = make_workbook(
                    report=report, actor=actor, now=later(), on_behalf=True, bundle=bundle
                )
            except Refusal:
                continue
            count += 1
            archive.writestr(entry_name(report, count), content)
            show_progress(bundle=bundle, percent=number * AFTER_WRITING // len(reports))
    return count


def entry_name(report: Report, number: int) -> str:
    """Return a name such as 01_内閣府.xlsx; the number is the place in the bundle, in 建制順."""
    return safe_file_name(f"{number:02}_{report.assignment.ministry.name}", ".xlsx")
