"""The same workbook handed back with its wrong cells marked, and a list of all of them in front."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from followup.workbooks import cell_marker
from followup.workbooks.answer_findings import Finding
from followup.workbooks.answer_layout import CORRECTION_SHEET

AUTHOR = "周知依頼トラッカー"
LEAD = (
    "次の欄を直して上書き保存し、もう一度取り込んでください。該当する欄は赤い枠で囲み、コメントを付けています。"
    "このシートは残したままで差し支えありません。"
)
HEADINGS = ("シート", "セル", "項目", "内容")
MARKING_SECONDS = 600
MARKER = str(Path(cell_marker.__file__))

logger = logging.getLogger(__name__)


def mark_cells(content: bytes, findings: Sequence[Finding]) -> bytes:
    """Return the workbook with these cells filled and commented, in all else as it was.

    It may be filled in further and taken in again. Done in a child process, whose memory and time are
    limited; b"" when it could not be done within them: what is wrong is on the page all the same.
    """
    told = {
        "findings": [[row.sheet, row.cell, row.label, row.message] for row in findings],
        "author": AUTHOR,
        "sheet": CORRECTION_SHEET,
        "title": f"修正のお願い（{len(findings):,}件）",
        "lead": LEAD,
        "headings": HEADINGS,
        "more": f"このほかにもあります（全{len(findings):,}件）。直して取り込むと、残りが表示されます。",
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and nothing of the user's among the arguments
            [sys.executable, "-I", MARKER],
            input=json.dumps(told).encode() + b"\n" + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MARKING_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        logger.warning("Marking a workbook of %d bytes failed: %s", len(content), type(error).__name__)
        return b""
    return done.stdout
