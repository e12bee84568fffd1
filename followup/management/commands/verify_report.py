"""`manage.py verify_report [--report ID]`: count frozen reports again, and say what differs."""

from __future__ import annotations

import hashlib
import io
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from followup.management.recount.paper import printed_differences
from followup.management.recount.printed_words import (
    paper_word_differences,
    sheet_word_differences,
    stored_word_differences,
    summary_word_differences,
)
from followup.management.recount.returned import (
    packed_differences,
    sheet_differences,
    summary_differences,
)
from followup.management.recount.rows import changes_since, row_numbers
from followup.management.recount.stored import stored_numbers
from followup.management.recount.table_words import table_word_differences
from followup.management.recount.tables import (
    NOT_COUNTED_HERE,
    Tables,
    csv_tables,
    printed_in_tables,
    table_numbers,
    workbook_tables,
)
from followup.management.recount.tally import Difference, Numbers, differences
from followup.management.recount.words import Words, words_of
from followup.models import CouncilFile, CouncilReport, FileKind
from followup.rules.stored_figures import EDITION, as_json, from_json
from followup.services.snapshots import snapshot
from outreach.rules.wareki import format_wareki_at

WORDS: dict[FileKind, Callable[[IO[bytes], Words], Iterable[Difference]]] = {
    FileKind.PAPER: paper_word_differences,
    FileKind.SUMMARY: summary_word_differences,
    FileKind.DATA: lambda content, words: table_word_differences(
        "データのExcel", workbook_tables(content), words
    ),
    FileKind.DATA_CSV: lambda content, words: table_word_differences(
        "データのCSV", csv_tables(content), words
    ),
}
"""What compares the texts and rulings that a file prints."""

SHOWN = 200
"""Differences of one comparison that are printed."""


class Command(BaseCommand):
    help = (
        "取りまとめの数値を、別の方法（SQLと、データのExcel・CSV）で計算し直し、固めた数値、会議資料・概要・府省庁別結果の数、"
        "ファイルのSHA-256と比べます。好事例・支障などの文章と集計上の取扱いも、一つずつ元の行と比べます。異なるものがあれば表示し、終了コード1で終わります。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--report", type=int, help="取りまとめの番号（管理画面の一覧のID。既定：完成した全て）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            reports = _reports(options["report"])
            wrong = sum(self._verify(report) for report in reports)
        if wrong:
            raise CommandError(f"{wrong}件の相違が見つかりました。上の内容を確かめてください。")
        self.stdout.write(f"{len(reports)}件の取りまとめに、相違はありませんでした。")

    def _verify(self, report: CouncilReport) -> int:
        """Print how one report was compared; return how many things differ."""
        self.stdout.write(f"取りまとめ {report.pk}（{report.round}、{format_wareki_at(report.as_of)} 時点）")
        figures = _figures(report)
        stored = stored_numbers(figures)
        files = {file.kind: file for file in CouncilFile.objects.of_staff().filter(report=report)}
        wrong = self._verify_bytes(list(report.files.order_by("pk")))
        wrong += self._verify_tables(stored, files.get(FileKind.DATA), "データのExcel", workbook_tables)
        wrong += self._verify_tables(stored, files.get(FileKind.DATA_CSV), "データのCSV", csv_tables)
        counted = _counted(files) or stored
        wrong += self._verify_paper(figures, files.get(FileKind.PAPER), counted)
        wrong += self._verify_summary(files.get(FileKind.SUMMARY), counted)
        wrong += self._verify_sheets(report, files.get(FileKind.MINISTRY_SHEETS), counted)
        wrong += self._verify_words(report, figures)
        return wrong + self._verify_rows(report, stored)

    def _verify_bytes(self, files: list[CouncilFile]) -> int:
        wrong = [problem for file in files if (problem := _problem(file))]
        for problem in wrong:
            self.stdout.write(f"　　{problem}")
        self.stdout.write(f"　{'相違' if wrong else '一致'}：ファイル{len(files)}個のSHA-256")
        return len(wrong)

    def _verify_tables(
        self, stored: Numbers, file: CouncilFile | None, name: str, read: Callable[[IO[bytes]], Tables]
    ) -> int:
        if file is None or _problem(file):
            return self._pass_over(name)
        with file.file.open("rb") as content:
            tables = read(content)
            counted = table_numbers(tables)
            found = differences(stored, counted, without=NOT_COUNTED_HERE)
            found += printed_in_tables(tables, counted)
        return self._tell(found, f"{name}の各表から計算し直した数値（{len(counted):,}個）")

    def _verify_paper(self, figures: dict[str, Any], file: CouncilFile | None, counted: Numbers) -> int:
        if file is None or _problem(file):
            return self._pass_over("会議資料")
        with file.file.open("rb") as content:
            found = printed_differences(content, figures, counted)
        return self._tell(found, "会議資料に印刷した数")

    def _verify_summary(self, file: CouncilFile | None, counted: Numbers) -> int:
        if file is None or _problem(file):
            return self._pass_over("概要")
        with file.file.open("rb") as content:
            found = summary_differences(content, counted)
        return self._tell(found, "概要の表と文章の数")

    def _verify_sheets(self, report: CouncilReport, packed: CouncilFile | None, counted: Numbers) -> int:
        """Compare every ministry's own sheet with what was counted, and the zip with all of them."""
        own = report.files.filter(kind=FileKind.MINISTRY_SHEET).select_related("ministry").order_by("pk")
        files = list(own)
        if packed is None or any(_problem(file) for file in [packed, *files]):
            return self._pass_over("府省庁別結果")
        found, sheets = [], []
        everybody = [file.ministry.name for file in files if file.ministry]
        for file, ministry in zip(files, everybody, strict=True):
            with file.file.open("rb") as content:
                sheets.append(content.read())
            found += sheet_differences(io.BytesIO(sheets[-1]), ministry, everybody, counted)
        with packed.file.open("rb") as content:
            found += packed_differences(content, sheets)
        return self._tell(found, f"府省庁別結果{len(files)}個に印刷した数")

    def _verify_words(self, report: CouncilReport, figures: dict[str, Any]) -> int:
        """Compare every text and ruling, where it is stored and printed, with the rows as of the instant."""
        if report.figures.get("edition") != EDITION:
            self.stdout.write("　省略：好事例・支障の文章と集計上の取扱い（この取りまとめの版にはないため）")
            return 0
        ministries = {row["ministry_id"]: row["name"] for row in figures["progress"]["ministries"]}
        with snapshot():
            words = words_of(report.round_id, as_of=report.as_of, ministries=ministries)
        found = list(stored_word_differences(figures, words))
        for file in report.files.select_related("ministry").order_by("pk"):
            if _problem(file) or not (file.ministry or file.kind in WORDS):
                continue
            with file.file.open("rb") as content:
                if file.ministry:
                    found += sheet_word_differences(content, file.ministry.name, words)
                else:
                    found += WORDS[FileKind(file.kind)](content, words)
        told = f"文章{len(words.written):,}個と集計上の取扱い{len(words.handled):,}個"
        return self._tell(found, f"保存し、印刷した{told}")

    def _verify_rows(self, report: CouncilReport, stored: Numbers) -> int:
        """Compare with the rows of the database, as long as they are those of the instant."""
        with snapshot():
            changes = changes_since(report.as_of)
            if changes:
                self.stdout.write(
                    f"　省略：データベースとの比較（この時点の後に{changes}件の変更があったため。"
                    "固めた数値は、上のファイルから計算し直した数値と比べました）"
                )
                return 0
            counted = row_numbers(report.round_id, as_of=report.as_of)
        return self._tell(
            differences(stored, counted), f"データベースから計算し直した数値（{len(counted):,}個）"
        )

    def _pass_over(self, name: str) -> int:
        self.stdout.write(f"　省略：{name}（ファイルがない、又は壊れているため）")
        return 0

    def _tell(self, found: list[Difference], what: str) -> int:
        for difference in found[:SHOWN]:
            self.stdout.write(f"　　{difference}")
        if len(found) > SHOWN:
            self.stdout.write(f"　　ほか{len(found) - SHOWN:,}個")
        self.stdout.write(f"　{'相違' if found else '一致'}：{what}")
        return len(found)


def _reports(pk: int | None) -> list[CouncilReport]:
    done = CouncilReport.objects.done().select_related("round__council", "round__request").order_by("pk")
    reports = [report for report in done if pk is None or report.pk == pk]
    if pk is not None and not reports:
        known = "、".join(str(report.pk) for report in done) or "まだありません"
        raise CommandError(f"完成した取りまとめ {pk} はありません。指定できる番号：{known}")
    return reports


def _figures(report: CouncilReport) -> dict[str, Any]:
    """Return the JSON as it is stored; that of an older edition in today's shape."""
    if report.figures.get("edition") == EDITION:
        return dict(report.figures)
    return as_json(from_json(report.figures))


def _counted(files: dict[str, CouncilFile]) -> Numbers | None:
    file = files.get(FileKind.DATA)
    if file is None or _problem(file):
        return None
    with file.file.open("rb") as content:
        return table_numbers(workbook_tables(content))


def _problem(file: CouncilFile) -> str:
    """Say what is wrong with the stored bytes; empty when they are those that were frozen."""
    try:
        with file.file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{file.name}：ファイルが保存先に見つかりません"
    return "" if sha256 == file.sha256 else f"{file.name}：作成したときのSHA-256と異なります"
