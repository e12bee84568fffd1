"""Order, claim and finish council reports (取りまとめ). How the files are made is in workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.fields.files import FieldFile

from followup.models import CouncilReport, Round
from outreach.models import User, WorkState
from outreach.rules.wareki import instant_in_tokyo
from outreach.services import work
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal

BY_COMMAND = "取りまとめの出力（コマンド）"
"""Who the trail names when no person ordered the report."""


class FileKind(StrEnum):
    """Which of the two files."""

    DATA = "data"
    PAPER = "paper"

    @property
    def label(self) -> str:
        return {"data": "取りまとめデータ", "paper": "会議資料"}[self.value]


@dataclass(frozen=True)
class CouncilFile:
    """A stored file and the name to save it under."""

    file: FieldFile
    name: str


@dataclass(frozen=True)
class BuiltFile:
    """A file that was written to the storage, by name, and the SHA-256 of its bytes."""

    name: str
    sha256: str


def request_council_report(*, round: Round, actor: User | None, now: datetime) -> CouncilReport:
    """Order a report; while one of the round is in the making, return that one instead.

    `actor` is None for the command.
    """
    try:
        with transaction.atomic():
            report = CouncilReport.objects.create(
                round=round, as_of=now, requested_by=actor, requested_at=now
            )
            record_audit(
                action="取りまとめの作成を依頼",
                now=now,
                actor=actor,
                obj=report,
                rule=BY_COMMAND,
            )
    except IntegrityError:
        return CouncilReport.objects.in_the_making().get(round=round)
    return report


def council_report_file(*, report: CouncilReport, kind: str, actor: User, now: datetime) -> CouncilFile:
    """Return one file of a finished report and record who took it.

    Raises:
        Refusal: when the report is not finished, or its file is not where it was put.
    """
    if report.state != WorkState.DONE:
        raise Refusal("取りまとめは、まだ完成していません。")
    file = report.data_file if FileKind(kind) is FileKind.DATA else report.paper_file
    if not file.storage.exists(str(file.name)):
        raise Refusal(
            "取りまとめのファイルが保存先に見つかりません。システム管理者に連絡し、控えから戻してください。"
        )
    name = download_name(report, FileKind(kind))
    record_audit(
        action="取りまとめをダウンロード", now=now, actor=actor, obj=report, after={"ファイル": name}
    )
    return CouncilFile(file=file, name=name)


def download_name(report: CouncilReport, kind: FileKind) -> str:
    """Return a name such as 第6回会議_会議資料_20230904-1000.xlsx."""
    instant = instant_in_tokyo(report.as_of)
    return f"第{report.round.council.number}回会議_{kind.label}_{instant:%Y%m%d-%H%M}.xlsx"


def claim_council_report(*, council_report_id: int, now: datetime) -> CouncilReport | None:
    """Take a report that waits, or that a dead worker left; None when there is nothing to take."""
    rows = CouncilReport.objects.all()
    if not work.claim(rows, pk=council_report_id, now=now, as_of=now):
        return None
    return rows.select_related("round__council").get(pk=council_report_id)


def show_progress(*, report: CouncilReport, percent: int) -> None:
    work.show_progress(CouncilReport.objects.all(), item=report, percent=percent)


def finish_council_report(
    *, report: CouncilReport, figures: dict[str, Any], data: BuiltFile, paper: BuiltFile, now: datetime
) -> bool:
    """Name the files that were written; return False when another worker has taken the report over."""
    with transaction.atomic():
        finished = work.finish(
            CouncilReport.objects.all(),
            item=report,
            now=now,
            figures=figures,
            data_file=data.name,
            data_sha256=data.sha256,
            paper_file=paper.name,
            paper_sha256=paper.sha256,
        )
        if finished:
            record_audit(
                action="取りまとめを作成",
                now=now,
                actor=report.requested_by,
                obj=report,
                rule=BY_COMMAND,
                after=labelled(
                    CouncilReport,
                    {"as_of": report.as_of, "data_sha256": data.sha256, "paper_sha256": paper.sha256},
                ),
            )
    return finished


def fail_council_report(*, report: CouncilReport, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if work.fail(CouncilReport.objects.all(), item=report, reason=reason, now=now):
            record_audit(
                action="取りまとめの作成に失敗",
                now=now,
                actor=report.requested_by,
                obj=report,
                rule=BY_COMMAND,
                reason=reason,
            )


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside as of one instant, while others go on writing; write nothing inside.

    PostgreSQL: repeatable read. SQLite: a deferred transaction, as an immediate one would lock out
    every writer for as long as the export takes. Inside a caller's transaction it is that one's
    isolation that holds, since it cannot be changed any more.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        sqlite: Any = connection
        sqlite.ensure_connection()  # it reads its mode of transactions when it connects
        mode, sqlite.transaction_mode = sqlite.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            sqlite.transaction_mode = mode
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
