"""Build a council report: one consistent read, its files written, then named by rows."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.storage import default_storage

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
)
from followup.services.figures import count_figures
from followup.services.snapshots import snapshot
from followup.workbooks.council_paper import paper_title, write_council_paper
from followup.workbooks.data_workbook import write_data_csv, write_data_workbook
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.work import failure_reason, stopwatch

AFTER_READING, AFTER_WRITING = 80, 95
"""Percent shown after the read with the data workbook, which takes nearly all of the time."""


def build_council_report(*, council_report_id: int, now: datetime) -> bool:
    """Build a report that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once.
    """
    report = claim_council_report(council_report_id=council_report_id, now=now)
    if report is None:
        return False
    later = stopwatch(now)
    try:
        return _build(report, later)
    except Exception as error:
        fail_council_report(report=report, reason=failure_reason(error), now=later())
        raise


def _build(report: CouncilReport, later: Callable[[], datetime]) -> bool:
    with TemporaryDirectory(prefix="council-") as name:
        folder = Path(name)
        with snapshot():
            figures = count_figures(round=report.round, now=report.as_of)
            paths = _write_tables(folder, report, figures)
            title = paper_title(report.round, report.as_of)
        show_progress(report=report, percent=AFTER_READING)
        paths[FileKind.PAPER] = folder / "paper.xlsx"
        write_council_paper(paths[FileKind.PAPER], title, figures)
        show_progress(report=report, percent=AFTER_WRITING)
        files = [_store(report, kind, path) for kind, path in paths.items()]
    finished = finish_council_report(report=report, figures=as_json(figures), files=files, now=later())
    if not finished:
        for file in files:
            default_storage.delete(file.stored_as)
    return finished


def _write_tables(folder: Path, report: CouncilReport, figures: Figures) -> dict[FileKind, Path]:
    """Write what is read from the rows themselves: the data workbook, and the same tables as CSV."""
    data, data_csv, csv_folder = folder / "data.xlsx", folder / "csv.zip", folder / "csv"
    write_data_workbook(data, report.round, figures, as_of=report.as_of)
    csv_folder.mkdir()
    pack(data_csv, write_data_csv(csv_folder, report.round, figures, as_of=report.as_of), at=report.as_of)
    return {FileKind.DATA: data, FileKind.DATA_CSV: data_csv}


def pack(target: Path, paths: Iterable[Path], *, at: datetime) -> None:
    """Zip files under their names, all of them dated the same, so that the same files give the same zip."""
    dated = instant_in_tokyo(at).timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.name, date_time=dated)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(entry, "w") as packed:
                while block := source.read(1 << 20):
                    packed.write(block)


def _store(report: CouncilReport, kind: FileKind, path: Path) -> BuiltFile:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        wanted = f"council/{report.pk}-{report.attempts}-{kind.value}{kind.suffix}"
        stored_as = default_storage.save(wanted, File(stream))
    return BuiltFile(
        kind=kind,
        name=file_name(report=report, kind=kind),
        stored_as=stored_as,
        sha256=sha256,
        size=path.stat().st_size,
    )
