"""The files of a council report that follow from its figures alone, made and made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from followup.documents.council_summary import write_summary
from followup.models import CouncilFile, CouncilReport, FileKind
from followup.rules.figures import Figures
from followup.rules.stored_figures import from_json
from followup.services.council_files import put_back
from followup.workbooks.council_paper import write_council_paper
from followup.workbooks.ministry_sheets import write_ministry_sheet, write_ministry_sheets
from followup.workbooks.paper_title import PaperTitle, title_of
from outreach.models import User
from outreach.services.errors import Refusal

Writer = Callable[[Path, PaperTitle, Figures], None]

WRITERS: dict[FileKind, Writer] = {
    FileKind.PAPER: write_council_paper,
    FileKind.SUMMARY: write_summary,
    FileKind.MINISTRY_SHEETS: write_ministry_sheets,
}

ONLY_FROM_ROWS = (
    "取りまとめデータは、数値だけからは作り直せません。システム管理者に連絡し、控えから戻してください。"
)


def rebuild_file(council_file: CouncilFile) -> bytes:
    """Return the bytes of a file, made again from the stored figures and title.

    Raises:
        Refusal: for a file that holds the rows themselves, or when the figures cannot be read.
    """
    kind = FileKind(council_file.kind)
    if not kind.is_from_figures:
        raise Refusal(ONLY_FROM_ROWS)
    title = title_of(council_file.report)
    figures = from_json(council_file.report.figures)
    with TemporaryDirectory(prefix="rebuild-") as folder:
        path = Path(folder) / f"file{kind.suffix}"
        if council_file.ministry_id is None:
            WRITERS[kind](path, title, figures)
        else:
            write_ministry_sheet(path, title, figures, council_file.ministry_id)
        return path.read_bytes()


@dataclass(frozen=True)
class Comparison:
    """How many files were made again and were the same, and how many of them had to be put back."""

    same: int
    put_back: int


def rebuild_and_compare(*, report: CouncilReport, actor: User, now: datetime) -> Comparison:
    """Make every file of a report that follows from figures again, compare it, and put back what was lost.

    Raises:
        Refusal: at the first file that comes out otherwise than it was frozen.
    """
    files = CouncilFile.objects.filter(report=report).select_related("report__round__council", "ministry")
    outcomes = [
        put_back(file=file, content=rebuild_file(file), actor=actor, now=now)
        for file in files.order_by("pk")
        if FileKind(file.kind).is_from_figures
    ]
    return Comparison(same=len(outcomes), put_back=sum(outcomes))
