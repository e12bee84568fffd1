"""`manage.py bench`: measure against a baseline in the same run; ratios count, seconds do not.

It makes a database of its own and removes it. What is measured is in the modules *_bench.
"""

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django_scopes import scopes_disabled

from followup.management import planning_bench
from followup.management.export_bench import WriterAside, compare_exports
from followup.management.figure_bench import compare_figures, multiply
from followup.management.import_bench import compare_imports
from followup.management.list_bench import BASE_ROWS, compare_lists
from followup.management.planning_bench import compare_planning
from followup.models import Round
from followup.services.bench_rows import fill, fill_report
from outreach import clock
from outreach.models import User


class Command(BaseCommand):
    help = "処理の速さを、同じ実行の中の基準と比べて表示します。専用のデータベースを作り、終わると消します。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=10_000, help="発出の件数（既定：10000）")
        parser.add_argument("--figures", action="store_true", help="数値と進捗の画面だけを測る")
        parser.add_argument("--planning", action="store_true", help="督促の計画だけを測る")
        parser.add_argument("--lists", action="store_true", help="一覧の画面だけを、1万件と比べる")

    def handle(self, *args: Any, **options: Any) -> None:
        rows, now = options["rows"], clock.now()
        if rows < 1:
            raise CommandError("--rows には1以上の数を指定してください。")
        with (
            scopes_disabled(),
            TemporaryDirectory(prefix="bench-") as folder,
            _own_database(Path(folder)) as aside,
        ):
            call_command("load_reference", stdout=io.StringIO())
            if options["planning"]:
                self._compare_planning(rows, now)
                return
            if options["lists"]:
                self._compare_lists(rows, now)
                return
            if options["figures"]:
                collection = fill(rows=min(rows, BASE_ROWS), now=now)
                multiply(rows)
                self._compare_figures(collection, rows, now)
                return
            collection = fill(rows=rows, now=now)
            self._compare_figures(collection, rows, now)
            self._compare_exports(collection, aside, Path(folder), now)
            self._compare_imports(collection, rows, now)

    def _compare_planning(self, rows: int, now: datetime) -> None:
        self.stdout.write(f"督促の計画（督促の対象およそ{rows:,}件）")
        for line in compare_planning(rows=rows, now=planning_bench.fill(now=now)):
            self.stdout.write(line)

    def _compare_exports(self, collection: Round, aside: WriterAside, folder: Path, now: datetime) -> None:
        for line in [*compare_exports(collection, folder), *aside.measure(collection, folder, now)]:
            self.stdout.write(line)

    def _compare_lists(self, rows: int, now: datetime) -> None:
        collection = fill(rows=BASE_ROWS, now=now)
        self.stdout.write(f"一覧の画面（{BASE_ROWS:,}件のときに対する、{rows:,}件のときの比）")
        for line in compare_lists(collection, rows=rows, actor=User.objects.earliest("pk"), now=now):
            self.stdout.write(line)

    def _compare_figures(self, collection: Round, rows: int, now: datetime) -> None:
        self.stdout.write(f"数値（発出{rows:,}件）")
        for line in compare_figures(collection, actor=User.objects.earliest("pk"), now=now):
            self.stdout.write(line)

    def _compare_imports(self, collection: Round, rows: int, now: datetime) -> None:
        report, officer = fill_report(collection=collection, rows=rows, now=now)
        self.stdout.write(f"回答用ブックの取込み（{rows:,}行、CPUは子プロセスを含む）")
        for line in compare_imports(report, officer, now=now):
            self.stdout.write(line)


@contextmanager
def _own_database(folder: Path) -> Iterator[WriterAside]:
    """Make a database, on SQLite a file so that another process reads it too; it is gone afterwards."""
    aside, used = WriterAside(), connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(folder / "bench.sqlite3")
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield aside
    finally:
        connection.creation.destroy_test_db(used, verbosity=0)
