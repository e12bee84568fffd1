"""Make the files of a frozen report that follow from its figures again, and compare them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from followup.documents.council_summary import write_summary
from followup.models import CouncilFile, CouncilRebuild, CouncilReport, FileKind
from followup.rules.figures import Figures
from followup.rules.stored_figures import from_json
from followup.services.council_files import put_back
from followup.services.council_rebuilds import claim_rebuild, fail_rebuild, finish_rebuild, show_progress
from followup.workbooks.council_paper import write_council_paper
from followup.workbooks.ministry_sheets import write_ministry_sheet, write_ministry_sheets
from followup.workbooks.paper_title import PaperTitle, title_of
from outreach.services.work import Later, carry_out

Writer = Callable[[Path, PaperTitle, Figures], None]

WRITERS: dict[FileKind, Writer] = {
    FileKind.PAPER: write_council_paper,
    FileKind.SUMMARY: write_summary,
    FileKind.MINISTRY_SHEETS: write_ministry_sheets,
}


def rebuild_council_report(*, rebuild_id: int, now: datetime) -> bool:
    """Carry out a comparison that waits; return False when there was nothing to do or another has taken it.

    Safe to run twice, late, or in two workers at once.
    """
    rebuild = claim_rebuild(rebuild_id=rebuild_id, now=now)
    return carry_out(rebuild, do=_rebuild, fail=fail_rebuild, now=now)


def _rebuild(rebuild: CouncilRebuild, later: Later) -> bool:
    title, figures = title_of(rebuild.report), from_json(rebuild.report.figures)
    files = _files_from_figures(rebuild.report)
    outcomes = []
    for number, file in enumerate(files, start=1):
        content = _made_again(file, title, figures)
        outcome = put_back(file=file, content=content, actor=rebuild.requested_by, now=later())
        outcomes.append((file.name, outcome))
        show_progress(rebuild=rebuild, percent=number * 100 // len(files))
    return finish_rebuild(rebuild=rebuild, files=outcomes, now=later())


def _files_from_figures(report: CouncilReport) -> list[CouncilFile]:
    files = report.files.select_related("ministry").order_by("pk")
    return [file for file in files if FileKind(file.kind).is_from_figures]


def _made_again(file: CouncilFile, title: PaperTitle, figures: Figures) -> bytes:
    kind = FileKind(file.kind)
    with TemporaryDirectory(prefix="rebuild-") as folder:
        path = Path(folder) / f"file{kind.suffix}"
        if file.ministry_id is None:
            WRITERS[kind](path, title, figures)
        else:
            write_ministry_sheet(path, title, figures, file.ministry_id)
        return path.read_bytes()
