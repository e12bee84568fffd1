"""Build a council report: one consistent read, its files written, then named by rows.

Kept counts are brought up to date before that read, so that it has next to nothing to count itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from followup.documents.council_summary import write_summary
from followup.models import CouncilReport, FileKind
from followup.rules.figures import Figures
from followup.rules.stored_figures import as_json
from followup.services.council_files import file_name
from followup.services.council_reports import (
    BuiltFile,
    claim_council_report,
    fail_council_report,
    finish_council_report,
    show_progress,
    start_reading,
)
from followup.services.figures import count_figures
from followup.services.live_figures import keep_counts_of
from followup.services.snapshots import snapshot
from followup.workbooks.council_paper import paper_title, write_council_paper
from followup.workbooks.data_workbook import write_data_csv, write_data_workbook
from followup.workbooks.ministry_sheets import pack_sheets, write_each_sheet
from followup.workbooks.paper_title import PaperTitle
from followup.workbooks.report_progress import COUNTED, WRITTEN, Progress, rows_to_write
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.work import Later, carry_out
from outreach.workbooks.dated_zip import write_dated_zip

DOCUMENTED = 95
"""Percent once every file is written and only waits to be stored."""


def build_council_report(*, council_report_id: int, now: datetime) -> bool:
    """Build a report that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once.
    """
    report = claim_council_report(council_report_id=council_report_id, now=now)
    return carry_out(report, do=_build, fail=fail_council_report, now=now)


def _build(report: CouncilReport, later: Later) -> bool:
    with TemporaryDirectory(prefix="council-") as name:
        folder = Path(name)
        keep_counts_of(round=report.round, now=later())
        start_reading(report=report, now=later())
        with snapshot() as beside:
            progress = Progress(lambda percent: beside(lambda: show_progress(report=report, percent=percent)))
            figures = count_figures(round=report.round, now=report.as_of)
            progress.reach(COUNTED)
            made = _write_tables(folder, report, figures, progress)
            title = paper_title(report.round, report.as_of)
            progress.reach(WRITTEN)
        made += _write_documents(folder, title, figures)
        show_progress(report=report, percent=DOCUMENTED)
        files = [_store(report, file) for file in made]
    finished = finish_council_report(
        report=report, figures=as_json(figures), title=title.as_json(), files=files, now=later()
    )
    if not finished:
        for file in files:
            default_storage.delete(file.stored_as)
    return finished


@dataclass(frozen=True)
class _Made:
    """A file that was written, not yet in the storage."""

    kind: FileKind
    path: Path
    ministry_id: int | None = None
    ministry: str = ""


def _write_tables(folder: Path, report: CouncilReport, figures: Figures, progress: Progress) -> list[_Made]:
    """Write what is read from the rows themselves: the data workbook, and the same tables as CSV."""
    data, data_csv, csv_folder = folder / "data.xlsx", folder / "csv.zip", folder / "csv"
    csv_folder.mkdir()
    options: Any = {"as_of": report.as_of, "watch": progress.watching(2 * rows_to_write(figures))}
    write_data_workbook(data, report.round, figures, **options)
    paths = write_data_csv(csv_folder, report.round, figures, **options)
    at = instant_in_tokyo(report.as_of).replace(tzinfo=None)
    write_dated_zip(data_csv, ((path.name, path) for path in paths), at=at)
    return [_Made(FileKind.DATA, data), _Made(FileKind.DATA_CSV, data_csv)]


def _write_documents(folder: Path, title: PaperTitle, figures: Figures) -> list[_Made]:
    """Write what follows from the figures: paper, summary, and each ministry's own sheet."""
    made = [
        _Made(kind, folder / f"{kind.value}{kind.suffix}")
        for kind in (FileKind.PAPER, FileKind.SUMMARY, FileKind.MINISTRY_SHEETS)
    ]
    paper, summary, packed = (file.path for file in made)
    write_council_paper(paper, title, figures)
    write_summary(summary, title, figures)
    sheets = write_each_sheet(folder, title, figures)
    pack_sheets(packed, title, figures, sheets)
    return made + [
        _Made(FileKind.MINISTRY_SHEET, sheets[row.ministry_id], row.ministry_id, row.name)
        for row in figures.progress.ministries
    ]


def _store(report: CouncilReport, file: _Made) -> BuiltFile:
    number = f"-{file.ministry_id}" if file.ministry_id else ""
    wanted = f"council/{report.pk}-{report.attempts}-{file.kind.value}{number}{file.kind.suffix}"
    with file.path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        stored_as = default_storage.save(wanted, File(stream))
    return BuiltFile(
        kind=file.kind,
        name=file_name(report=report, kind=file.kind, ministry=file.ministry),
        stored_as=stored_as,
        sha256=sha256,
        size=file.path.stat().st_size,
        ministry_id=file.ministry_id,
    )
