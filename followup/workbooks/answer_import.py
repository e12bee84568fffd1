"""Read an uploaded answer workbook into a preview, and store what was confirmed of it."""

from __future__ import annotations

import gc
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from followup.models import AnswerImport, AnswerWorkbook, ImportStage, Report
from followup.services.contents import is_as_read, report_content
from followup.services.import_work import (
    NOT_ITS_WORKBOOK,
    LostClaim,
    claim_import,
    fail_import,
    find_workbook,
    finish_reading,
    renew_preview,
    show_progress,
    store_answers,
    stored_bytes,
)
from followup.services.new_bodies import EnteredBody, new_body_problems
from followup.services.steps import lock_report, refuse_editing
from followup.workbooks.answer_merge import (
    THEIRS,
    Merge,
    Snapshot,
    conflict_id,
    merge_reading,
    resolve,
)
from followup.workbooks.answer_preview import Found, entered_bodies
from followup.workbooks.answer_reading import AnswerReading, Finding, find_token, read_answers
from followup.workbooks.marked_workbook import mark_cells
from outreach.services.errors import Refusal
from outreach.services.work import Later, carry_out
from outreach.workbooks.book import Book, read_book
from outreach.workbooks.guard import UploadRefused

SMALL_BYTES = 1_500_000
"""Unpacked; up to here a workbook is read within the request, in well under two seconds."""
OPENED, MERGED = 40, 80
"""Percent shown after the file was parsed, and after its answers were understood and merged."""


def is_small(content: bytes) -> bool:
    """Say whether a workbook that the guard let in is read at once rather than by a worker."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist()) <= SMALL_BYTES


def read_import(*, import_id: int, now: datetime) -> bool:
    """Read an upload that waits; return False when there was nothing to do.

    Safe to run twice, late, or in two workers at once.
    """
    item = claim_import(import_id=import_id, stage=ImportStage.READ, now=now)
    return carry_out(item, do=partial(_undisturbed, _read), fail=fail_import, now=now)


def store_import(*, import_id: int, now: datetime) -> bool:
    """Store an import that was confirmed; return False when there was nothing to do.

    Safe to run twice, late, or in two workers at once.
    """
    item = claim_import(import_id=import_id, stage=ImportStage.STORE, now=now)
    return carry_out(item, do=partial(_undisturbed, _store), fail=fail_import, now=now)


def _undisturbed(act: Callable[[AnswerImport, Later], bool], item: AnswerImport, later: Later) -> bool:
    try:
        with _collector_paused():
            return act(item, later)
    except LostClaim:
        return False
    except UploadRefused as refused:
        raise Refusal(str(refused)) from refused


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Look for no cycles while the rows of a workbook are taken apart: there are none among them.

    To look through millions of values again and again took a third of the time of an import.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(item: AnswerImport, later: Later) -> bool:
    content = stored_bytes(item=item)
    book, workbook = _open(item, content)
    show_progress(item=item, percent=OPENED)
    report = _report(item)
    refuse_editing(report, _uploader(item), on_behalf=bool(item.on_behalf_of))
    preview = _find(report, workbook, book, now=later()).preview()
    show_progress(item=item, percent=MERGED)
    problems = [Finding(**problem) for problem in preview.problems]
    marked = mark_cells(content, problems) if problems else b""
    return finish_reading(item=item, workbook=workbook, preview=preview, marked=marked, now=later())


def _store(item: AnswerImport, later: Later) -> bool:
    """Read the same bytes again, against what is stored now; what was not seen is shown, not stored.

    All is read before others are kept waiting; what has moved since then is read once more.
    """
    book, workbook = _open(item, stored_bytes(item=item))
    show_progress(item=item, percent=OPENED)
    found = _find(_report(item), workbook, book, now=later())
    show_progress(item=item, percent=MERGED)
    with transaction.atomic():
        report = lock_report(item.report)
        refuse_editing(report, _uploader(item), on_behalf=bool(item.on_behalf_of))
        if not is_as_read(report, found.content, version=found.version):
            found = _find(report, workbook, book, now=later())
        if found.digest() != item.digest:
            return renew_preview(item=item, preview=found.preview(), now=later())
        store_answers(
            item=item,
            report=report,
            content=found.content,
            answers=resolve(found.merged, found.content, _choices(item, found.merged)),
            entered=_accepted(item, found.reading),
            now=later(),
        )
    return True


def _report(item: AnswerImport) -> Report:
    return Report.objects.select_related("round__request", "assignment__ministry").get(pk=item.report_id)


def _uploader(item: AnswerImport) -> Any:
    return item.confirmed_by or item.requested_by


def _open(item: AnswerImport, content: bytes) -> tuple[Book, AnswerWorkbook]:
    """Parse the upload and find out which workbook it is; any doubt is one and the same refusal."""
    book = read_book(content)
    try:
        token = find_token(book)
    except UploadRefused as refused:
        raise Refusal(NOT_ITS_WORKBOOK) from refused
    return book, find_workbook(item=item, token=token)


def _find(report: Report, workbook: AnswerWorkbook, book: Book, *, now: datetime) -> Found:
    content = report_content(report)
    reading = read_answers(book, content=content, workbook_form=workbook.form_version.spec())
    base = Snapshot(workbook.answers, {int(pk): row for pk, row in workbook.rows.items()})
    merged = merge_reading(content, base, reading)
    refused = new_body_problems(report=report, entered=entered_bodies(reading), now=now)
    return Found(report.version, content, reading, merged, refused)


def _choices(item: AnswerImport, merged: Merge) -> dict[str, str]:
    """Return the choice for each conflict; one for all stands where single ones were not asked for."""
    chosen = item.choices.get("conflicts", {})
    for_all = item.choices.get("all_conflicts") or THEIRS
    names = [conflict_id(row, clash.key) for row, clashes in merged.conflicts.items() for clash in clashes]
    return {name: chosen.get(name, for_all) for name in names}


def _accepted(item: AnswerImport, reading: AnswerReading) -> list[EnteredBody]:
    return [body for body in entered_bodies(reading) if body.cell in item.choices.get("bodies", [])]
