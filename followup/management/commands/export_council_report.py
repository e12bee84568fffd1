"""`manage.py export_council_report --round N --out DIR`: every file of a new report, CSVs unpacked."""

import shutil
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from followup.models import CouncilFile, FileKind, Round
from followup.services.council_reports import request_council_report
from followup.workbooks.council_report import build_council_report
from outreach import clock
from outreach.models import WorkState


class Command(BaseCommand):
    help = "フォローアップの取りまとめ（データのExcelとCSV、会議資料のExcel）を作成し、フォルダーに保存する。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--round", required=True, help="フォローアップの番号（管理画面の一覧のID）")
        parser.add_argument(
            "--out", required=True, type=Path, help="保存先のフォルダー（なければ作成します）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = _folder(options["out"])
        with scopes_disabled():
            report = request_council_report(round=_round(options["round"]), actor=None, now=clock.now())
            build_council_report(council_report_id=report.pk, now=clock.now())
            report.refresh_from_db()
            if report.state != WorkState.DONE:
                raise CommandError(
                    report.error
                    or "この取りまとめは、ほかの処理が作成中です。しばらくしてから実行してください。"
                )
            paths = [_copy(file, folder) for file in CouncilFile.objects.of_staff().filter(report=report)]
        for path in paths:
            self.stdout.write(f"保存しました：{path}")


def _round(text: str) -> Round:
    collection = Round.objects.filter(pk=int(text)).first() if text.isascii() and text.isdigit() else None
    if collection is None:
        known = "、".join(f"{row.pk}（{row}）" for row in Round.objects.order_by("pk"))
        raise CommandError(f"フォローアップ {text} はありません。指定できる番号：{known or 'まだありません'}")
    return collection


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / "csv").mkdir(exist_ok=True)
    except OSError as error:
        raise CommandError(f"保存先のフォルダー {path} を作成できません（{error.strerror}）。") from error
    return path


def _copy(file: CouncilFile, folder: Path) -> Path:
    """Save a file under its name; the CSVs are unpacked into csv/."""
    if file.kind == FileKind.DATA_CSV:
        with file.file.open("rb") as packed, zipfile.ZipFile(packed) as archive:
            archive.extractall(folder / "csv")
        return folder / "csv"
    path = folder / file.name
    with file.file.open("rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path
