"""Build a council report: one consistent read, two files written, then named by the row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.storage import default_storage

from followup.models import CouncilReport, Round
from followup.rules.figures import Figures
from followup.rules.stored_figures import as_json
from followup.services.council_reports import (
    BuiltFile,
    FileKind,
    claim_council_report,
    fail_council_report,
    finish_council_report,
    show_progress,
    snapshot,
)
from followup.services.figures import count_figures
from followup.workbooks.council_paper import paper_title, write_council_paper
from followup.workbooks.data_workbook import write_data_csv, write_data_workbook
from outreach.services.work import failure_reason, stopwatch

AFTER_READING, AFTER_WRITING = 80, 95
"""Percent shown after the read with the data workbook, which takes nearly all of the time."""


def build_council_report(*, council_report_id: int, now: datetime, csv_folder: Path | None = None) -> bool:
    """Build a report that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once. With `csv_folder`, the tables are also written
    there as CSV, from the same read.
    """
    report = claim_council_report(council_report_id=council_report_id, now=now)
    if report is None:
        return False
    later = stopwatch(now)
    try:
        return _build(report, later, csv_folder)
    except Exception as error:
        fail_council_report(report=report, reason=failure_reason(error), now=later())
        raise


def _build(report: CouncilReport, later: Callable[[], datetime], csv_folder: Path | None) -> bool:
    with TemporaryDirectory(prefix="council-") as folder:
        data, paper = Path(folder) / "data.xlsx", Path(folder) / "paper.xlsx"
        with snapshot():
            figures = count_figures(round=report.round, now=report.as_of)
            _write_tables(report.round, figures, data, csv_folder, as_of=report.as_of)
            title = paper_title(report.round, report.as_of)
        show_progress(report=report, percent=AFTER_READING)
        write_council_paper(paper, title, figures)
        show_progress(report=report, percent=AFTER_WRITING)
        stored = [_store(report, FileKind.DATA, data), _store(report, FileKind.PAPER, paper)]
    finished = finish_council_report(
        report=report, figures=as_json(figures), data=stored[0], paper=stored[1], now=later()
    )
    if not finished:
        for file in stored:
            default_storage.delete(file.name)
    return finished


def _write_tables(
    round: Round, figures: Figures, path: Path, csv_folder: Path | None, *, as_of: datetime
) -> None:
    write_data_workbook(path, round, figures, as_of=as_of)
    if csv_folder:
        write_data_csv(csv_folder, round, figures, as_of=as_of)


def _store(report: CouncilReport, kind: FileKind, path: Path) -> BuiltFile:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        name = f"council/{report.pk}-{report.attempts}-{kind.value}.xlsx"
        return BuiltFile(name=default_storage.save(name, File(stream)), sha256=sha256)
