"""Read an uploaded answer workbook into a preview, and store what was confirmed of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from followup.models import AnswerImport, AnswerWorkbook, ImportStage, Report
from followup.rules.answer_texts import key_label
from followup.rules.questions import OTHER_SUFFIX
from followup.rules.versions import Change
from followup.services.contents import Content, Row, report_content
from followup.services.import_work import (
    NOT_ITS_WORKBOOK,
    LostClaim,
    Preview,
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
from followup.workbooks.answer_layout import BODY_SHEET
from followup.workbooks.answer_merge import (
    THEIRS,
    Merge,
    RowId,
    Snapshot,
    conflict_id,
    merge_reading,
    resolve,
)
from followup.workbooks.answer_reading import AnswerReading, Finding, find_token, read_answers
from followup.workbooks.marked_workbook import mark_cells
from outreach.services.errors import Refusal
from outreach.services.work import failure_reason, stopwatch
from outreach.workbooks.book import Book, read_book
from outreach.workbooks.guard import UploadRefused

SMALL_BYTES = 1_500_000
"""Unpacked; up to here a workbook is read within the request, in well under two seconds."""
SUBMITTED = (
    "提出済みで、追加で回答を求められている設問ではないため、変更できません。元の値に戻してください。"
    "修正が必要なときは、問合せ先へ御連絡ください。"
)
OPENED, MERGED = 40, 80
"""Percent shown after the file was parsed, and after its answers were understood and merged."""


@dataclass(frozen=True)
class Found:
    """A workbook that was read against what is stored at this moment."""

    content: Content
    reading: AnswerReading
    merged: Merge
    preview: Preview


def is_small(content: bytes) -> bool:
    """Say whether a workbook that the guard let in is read at once rather than by a worker."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist()) <= SMALL_BYTES


def read_import(*, import_id: int, now: datetime) -> bool:
    """Read an upload that waits; return False when there was nothing to do.

    Safe to run twice, late, or in two workers at once.
    """
    item = claim_import(import_id=import_id, stage=ImportStage.READ, now=now)
    return item is not None and _carry_out(_read, item, now)


def store_import(*, import_id: int, now: datetime) -> bool:
    """Store an import that was confirmed; return False when there was nothing to do.

    Safe to run twice, late, or in two workers at once.
    """
    item = claim_import(import_id=import_id, stage=ImportStage.STORE, now=now)
    return item is not None and _carry_out(_store, item, now)


def _carry_out(
    act: Callable[[AnswerImport, Callable[[], datetime]], bool], item: AnswerImport, now: datetime
) -> bool:
    later = stopwatch(now)
    try:
        return act(item, later)
    except LostClaim:
        return False
    except (Refusal, UploadRefused) as refused:
        fail_import(item=item, reason=str(refused), now=later())
        return True
    except Exception as error:
        fail_import(item=item, reason=failure_reason(error), now=later())
        raise


def _read(item: AnswerImport, later: Callable[[], datetime]) -> bool:
    content = stored_bytes(item=item)
    book, workbook = _open(item, content)
    show_progress(item=item, percent=OPENED)
    report = Report.objects.select_related("round__request", "assignment__ministry").get(pk=item.report_id)
    refuse_editing(report, _uploader(item), on_behalf=bool(item.on_behalf_of))
    found = _find(report, workbook, book, now=later())
    show_progress(item=item, percent=MERGED)
    problems = [Finding(**problem) for problem in found.preview.problems]
    marked = mark_cells(content, problems) if problems else b""
    return finish_reading(item=item, workbook=workbook, preview=found.preview, marked=marked, now=later())


def _store(item: AnswerImport, later: Callable[[], datetime]) -> bool:
    """Read the same bytes again, against what is stored now; what was not seen is shown, not stored."""
    book, workbook = _open(item, stored_bytes(item=item))
    show_progress(item=item, percent=OPENED)
    with transaction.atomic():
        report = lock_report(item.report)
        refuse_editing(report, _uploader(item), on_behalf=bool(item.on_behalf_of))
        found = _find(report, workbook, book, now=later())
        if found.preview.digest != item.digest:
            return renew_preview(item=item, preview=found.preview, now=later())
        store_answers(
            item=item,
            report=report,
            content=found.content,
            answers=resolve(found.merged, found.content, _choices(item, found.merged)),
            entered=_accepted(item, found.reading),
            now=later(),
        )
    return True


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
    refused = new_body_problems(report=report, entered=_entered(reading), now=now)
    preview = make_preview(content, reading, merged, refused)
    return Found(content, reading, merged, preview)


def make_preview(content: Content, reading: AnswerReading, merged: Merge, refused: dict[str, str]) -> Preview:
    """Return what the preview shows; `refused` says by cell what is wrong with new bodies."""
    problems = [
        *reading.problems,
        *_unasked(content, reading, merged),
        *(Finding(BODY_SHEET, cell, "名称", message) for cell, message in refused.items()),
    ]
    bodies = [
        asdict(body) | {"issued_on": body.issued_on.isoformat()} for body in _entered(reading)
    ]  # fmt: skip
    names: dict[RowId, str] = {row.notification.pk: row.notification.body.name for row in content.rows}
    return Preview(
        digest=merged.digest(bodies, [asdict(problem) for problem in problems]),
        counts=_counts(merged, problems=len(problems), new_bodies=len(bodies)),
        problems=[asdict(problem) for problem in problems],
        proposals=[asdict(proposal) for proposal in reading.proposals],
        notices=[asdict(notice) for notice in reading.notices],
        changes=[
            {"row": row, "name": names.get(row, ""), "edits": _plain(edits)}
            for row, edits in merged.edits.items()
        ],
        conflicts=[
            {"row": row, "name": names.get(row, ""), "edits": _plain(clashes)}
            for row, clashes in merged.conflicts.items()
        ],
        new_bodies=bodies,
    )


def _unasked(content: Content, reading: AnswerReading, merged: Merge) -> Iterator[Finding]:
    """Name the cells of submitted answers that were changed although only others are asked again."""
    rows: dict[RowId, Row] = {row.notification.pk: row for row in content.rows}
    for found in (merged.edits, merged.conflicts):
        for place, edits in found.items():
            asked = rows.get(place, content)
            for key in (edit.key for edit in edits):
                question = asked.form.by_key[key.removesuffix(OTHER_SUFFIX)]
                if not asked.asks(question.key):
                    sheet, cell = reading.cells.get((place, key), ("", ""))
                    yield Finding(sheet, cell, key_label(question, key), SUBMITTED)


def _counts(merged: Merge, **also: int) -> dict[str, int]:
    edits = [edit for found in merged.edits.values() for edit in found]
    new = sum(edit.old is None for edit in edits)
    cleared = sum(edit.new is None for edit in edits)
    return {
        "new": new,
        "changed": len(edits) - new - cleared,
        "cleared": cleared,
        "unchanged": merged.unchanged,
        "conflicts": sum(map(len, merged.conflicts.values())),
        "bodies": sum(row is not None for row in merged.edits),
        **also,
    }


def _plain(edits: Sequence[Change]) -> list[Any]:
    return [[edit.key, edit.old, edit.new] for edit in edits]


def _entered(reading: AnswerReading) -> list[EnteredBody]:
    return [
        EnteredBody(
            cell=body.cell,
            name=body.name,
            category=body.category,
            template_number=body.template_number,
            issued_on=body.issued_on,
            answers=body.answers,
        )
        for body in reading.new_bodies
    ]


def _choices(item: AnswerImport, merged: Merge) -> dict[str, str]:
    """Return the choice for each conflict; one for all stands where single ones were not asked for."""
    chosen = item.choices.get("conflicts", {})
    for_all = item.choices.get("all_conflicts") or THEIRS
    names = [conflict_id(row, clash.key) for row, clashes in merged.conflicts.items() for clash in clashes]
    return {name: chosen.get(name, for_all) for name in names}


def _accepted(item: AnswerImport, reading: AnswerReading) -> list[EnteredBody]:
    return [body for body in _entered(reading) if body.cell in item.choices.get("bodies", [])]
