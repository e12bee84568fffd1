"""Measure the exports: a table of 20 columns beside django-import-export's default and a bare stream.

The data workbook itself, with all its sheets, is written in a process of its own, so that the peak of
its memory is its own too.
"""

from __future__ import annotations

import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import CharField
from django.db.models.functions import Cast
from django_scopes import scopes_disabled
from import_export.formats.base_formats import XLSX
from import_export.resources import modelresource_factory

from followup.models import Round
from followup.services.answer_counts import READ_AT_ONCE, latest_rows_of
from followup.services.figures import count_figures
from followup.workbooks.data_workbook import data_tables, write_data_workbook
from followup.workbooks.ledger_tables import BODY_COLUMNS, body_rows
from outreach.workbooks.plain_book import write_workbook
from outreach.workbooks.plain_tables import Column, Kind, Table, write_csv

APP = "followup"
BASELINE_ROWS = 5_000
"""The baseline is measured on so many rows at most, and its cost multiplied: it grows with the rows."""
RUNS = 3
"""Floor and ours are close to each other: the quickest of so many runs of each is compared."""
KILOBYTES_OF_MEBIBYTE = 1024
BATCH = 2_000

ANSWER_COLUMNS = (
    Column("reach_status", "周知状況", "団体の回答"),
    Column("reached_on", "周知日", "団体の回答", Kind.DATE),
    Column("member_count", "会員事業者数", "団体の回答", Kind.NUMBER, "者"),
    Column("reached_member_count", "周知した会員数", "団体の回答", Kind.NUMBER, "者"),
    Column("good_practice", "好事例", "団体の回答"),
)
COLUMNS = (*BODY_COLUMNS, *ANSWER_COLUMNS)
FIELDS: dict[Kind, Callable[[], models.Field[Any, Any]]] = {
    Kind.NUMBER: lambda: models.BigIntegerField(null=True),
    Kind.DATE: lambda: models.DateField(null=True),
    Kind.TEXT: lambda: models.TextField(null=True),
}


def compare_exports(collection: Round, folder: Path) -> Iterator[str]:
    """Yield what to print of one table of 20 columns, a row a notification, written in four ways."""
    with _plain_table(collection) as model:
        rows = model._default_manager.count()
        measured = min(rows, BASELINE_ROWS)
        first = model._default_manager.order_by("pk")[:measured]
        baseline = _cpu_seconds(lambda: _default_export(model, first)) * rows / measured
        note = f"（{measured:,}行で測り、{rows / measured:.0f}倍した値）" if rows > measured else ""
        yield f"1つの表の出力（{rows:,}行、{len(COLUMNS)}列）"
        yield _line(baseline, baseline, f"基準：django-import-export の既定の出力{note}")
        path = folder / "table"
        floor = _cpu_seconds(lambda: _bare_stream(model, path), times=RUNS)
        yield _line(
            baseline, floor, "下限：値を確かめずに流すだけの出力（データベースの行を書式に入れ、圧縮する）"
        )
        ours = _cpu_seconds(lambda: _write_book(model, path), times=RUNS)
        yield _line(baseline, ours, f"データ用のExcel（下限の {ours / floor:.2f} 倍のCPU）")
        in_csv = _cpu_seconds(lambda: _write_csv(model, path), times=RUNS)
        yield _line(baseline, in_csv, "データ用のCSV")


def _line(baseline: float, seconds: float, name: str) -> str:
    return f"{baseline / seconds:8.2f} 倍　{seconds:9.3f} 秒　{name}"


def _cpu_seconds(measured: Callable[[], object], *, times: int = 1) -> float:
    """Return the CPU time of the quickest of some runs."""
    seconds = []
    for _run in range(times):
        began = time.process_time()
        measured()
        seconds.append(time.process_time() - began)
    return max(min(seconds), 1e-6)


@contextmanager
def _plain_table(collection: Round) -> Iterator[type[models.Model]]:
    """Make a model with a column for each of the table's, and its rows; it is gone afterwards."""
    columns = {column.key: FIELDS[column.kind]() for column in COLUMNS[1:]}
    meta = type("Meta", (), {"app_label": APP})
    model = type("PlainRow", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})
    try:
        with connection.schema_editor() as editor:
            editor.create_model(model)
        _fill(model, collection)
        yield model
    finally:
        del apps.all_models[APP][model.__name__.lower()]
        apps.clear_cache()


def _fill(model: type[models.Model], collection: Round) -> None:
    rows = latest_rows_of(collection).values_list("notification_id", "answers").iterator(READ_AT_ONCE)
    answers_of = {pk: [answers.get(column.key) for column in ANSWER_COLUMNS] for pk, answers in rows}
    nothing = [None] * len(ANSWER_COLUMNS)
    keys = [column.key for column in COLUMNS[1:]]
    place = keys.index("notification_id")
    batch: list[models.Model] = []
    for row in body_rows(collection).iterator(READ_AT_ONCE):
        values = [
            column.labels.get(value, value) for column, value in zip(BODY_COLUMNS[1:], row, strict=True)
        ]
        told = dict(zip(keys, [*values, *answers_of.get(row[place], nothing)], strict=True))
        batch.append(model(**told))
        if len(batch) == BATCH:
            model._default_manager.bulk_create(batch)
            batch.clear()
    model._default_manager.bulk_create(batch)


def _default_export(model: type[models.Model], rows: Any) -> None:
    resource_class = modelresource_factory(model)
    XLSX().export_data(resource_class().export(rows))


def _table(model: type[models.Model]) -> Table:
    names = [column.key for column in COLUMNS[1:]]
    days = {f"day_{c.key}": Cast(c.key, CharField()) for c in COLUMNS if c.kind is Kind.DATE}
    named = [f"day_{name}" if f"day_{name}" in days else name for name in names]
    rows = model._default_manager.annotate(**days).order_by("pk").values_list(*named)
    return Table("表", COLUMNS, rows.iterator(READ_AT_ONCE))


def _write_book(model: type[models.Model], path: Path) -> None:
    write_workbook(path, [_table(model)], title="計測", created_at=datetime(2023, 9, 4).astimezone())


def _write_csv(model: type[models.Model], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv(stream, _table(model))


def _bare_stream(model: type[models.Model], path: Path) -> None:
    """Write the rows as a sheet would hold them, with nothing looked at: no marks, blanks or days."""
    cells = [
        "<c><v>%s</v></c>" if column.kind is not Kind.TEXT else '<c t="inlineStr"><is><t>%s</t></is></c>'
        for column in COLUMNS
    ]
    line = f"<row>{''.join(cells)}</row>"
    names = ", ".join(connection.ops.quote_name(name) for name in ["id", *(c.key for c in COLUMNS[1:])])
    query = f"SELECT {names} FROM {connection.ops.quote_name(model._meta.db_table)} ORDER BY id"  # noqa: S608
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("sheet.xml", "w", force_zip64=True) as sheet,
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            sheet.write("".join([line % row for row in rows]).encode())


class WriterAside:
    """A process that waits to write a data workbook; made before the rows are, it holds none of them."""

    def __init__(self) -> None:
        context = get_context("fork")
        self._asked, answered = context.Pipe()
        self._process = context.Process(target=_write_when_asked, args=(answered,), daemon=True)
        self._process.start()

    def measure(self, collection: Round, folder: Path, now: datetime) -> Iterator[str]:
        """Yield what to print of the data workbook with all its sheets."""
        self._asked.send((connection.settings_dict["NAME"], collection.pk, folder / "data.xlsx", now))
        cells, seconds, kilobytes, size = self._asked.recv()
        self._process.join()
        yield (
            f"取りまとめデータの全シート：{cells:,}セル、{seconds:.3f} 秒"
            f"（100万セル当たり {seconds * 1_000_000 / cells:.3f} 秒）、{size / 1e6:.1f} MB、"
            f"最大メモリー {kilobytes / KILOBYTES_OF_MEBIBYTE:.0f} MiB"
        )


def _write_when_asked(answered: Connection) -> None:
    database, round_id, path, now = answered.recv()
    connection.settings_dict["NAME"] = database
    with scopes_disabled():
        collection = Round.objects.select_related("request", "council").get(pk=round_id)
        figures = count_figures(round=collection, now=now)
        seconds = _cpu_seconds(lambda: write_data_workbook(path, collection, figures, as_of=now))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        tables = data_tables(collection, figures, as_of=now)
        cells = sum(len(table.columns) * sum(1 for _row in table.rows) for table in tables)
    answered.send((cells, seconds, peak, path.stat().st_size))
