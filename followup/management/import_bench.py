"""Measure the import of an answer workbook beside django-import-export's default import of the same rows.

The baseline is what comes with the library, nothing changed: a ModelResource of a table that holds the rows
of 団体別回答 as a model would. It has every column of `BodyAnswer` (the report, the notice and who changed it
last are foreign keys there, too), a column for each field of the workbook in place of the JSON, and what the
workbook says of each body. Its sheet is plain, from A1, without a format, and is read from .xlsx like ours;
no cell of it is checked. No side keeps a log of its queries. The baseline is measured several times, and
the least counts: what else the machine does only adds to it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test.utils import override_settings
from import_export.formats.base_formats import XLSX
from import_export.resources import modelresource_factory
from tablib import Dataset

from followup.models import AnswerImport, BodyAnswer, Report
from followup.rules.fits import known_answers
from followup.rules.questions import QuestionType, Scope
from followup.services.answer_imports import confirm_import, receive_import
from followup.services.answer_workbooks import issue_workbook
from followup.services.bench_rows import ANSWERS
from followup.services.contents import Content
from followup.workbooks.answer_download import workbook_bytes
from followup.workbooks.answer_import import read_import, store_import
from followup.workbooks.answer_layout import AnswerField, fields_of
from outreach.models import Notification, User
from outreach.workbooks.book import measure_reading
from outreach.workbooks.guard import check_workbook

APP = "followup"
BASELINE_ROWS = 1_000
"""The baseline is measured on so many rows at most, and its cost multiplied: it grows with the rows."""
REPEATS = 3
MEGABYTE = 1024 * 1024

FIELDS: dict[str, Callable[[], models.Field[Any, Any]]] = {
    QuestionType.INTEGER: lambda: models.BigIntegerField(null=True, blank=True),
    QuestionType.DECIMAL: lambda: models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True),
    QuestionType.PERCENT: lambda: models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True),
    QuestionType.BOOLEAN: lambda: models.BooleanField(null=True, blank=True),
    QuestionType.DATE: lambda: models.DateField(null=True, blank=True),
}


@dataclass(frozen=True)
class Cost:
    """What an import took: CPU seconds of this process and its children, and queries."""

    seconds: float
    queries: int


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(act: Callable[[], object]) -> Cost:
    queries = 0

    def count(execute: Any, *query: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*query)

    with connection.execute_wrapper(count):
        began = cpu_seconds()
        act()
        return Cost(max(cpu_seconds() - began, 1e-6), queries)


def compare_imports(report: Report, actor: User, *, now: datetime) -> Iterator[str]:
    """Yield what to print: both imports' cost for all rows of the report, and the reader's memory."""
    with override_settings(DEBUG=False):  # which would keep the text of every query
        yield from _compare(report, actor, now)


def _compare(report: Report, actor: User, now: datetime) -> Iterator[str]:
    workbook, content = issue_workbook(report=report, actor=actor, now=now)
    filled = _filled(content)
    book = workbook_bytes(workbook, filled)
    rows = len(filled.rows)
    baseline, note = _baseline(filled, report, actor, now)
    yield _line(1, baseline, rows, f"基準：django-import-export の既定の取込み{note}")
    previewed = measure(lambda: _preview(report, book, actor, now))
    item = AnswerImport.objects.get(report=report)
    confirm_import(item=item, digest=item.digest, choices={}, actor=actor, now=now)
    stored = measure(lambda: _store(item, book, now))
    if BodyAnswer.objects.filter(report=report).count() != rows:
        raise RuntimeError("The import did not store every row.")
    yield _line(baseline.seconds / previewed.seconds, previewed, rows, "検査・読取り・照合・確認の内容の作成")
    yield _line(baseline.seconds / stored.seconds, stored, rows, "検査・読取り・照合・全ての行の保存")
    default_storage.delete(str(item.file.name))
    yield f"　　　　　　読取りの子プロセスの最大メモリー　{measure_reading(book)[1] / MEGABYTE:.0f} MB"


def _line(ratio: float, cost: Cost, rows: int, name: str) -> str:
    per_thousand = cost.queries * 1_000 / rows
    return f"{ratio:8.2f} 倍　{cost.seconds:9.3f} 秒　1,000行ごとの問合せ {per_thousand:8.1f}　{name}"


def _preview(report: Report, book: bytes, actor: User, now: datetime) -> None:
    check_workbook("book.xlsx", book)
    item = receive_import(report=report, file_name="book.xlsx", content=book, actor=actor, now=now)
    read_import(import_id=item.pk, now=now)


def _store(item: AnswerImport, book: bytes, now: datetime) -> None:
    check_workbook("book.xlsx", book)
    store_import(import_id=item.pk, now=now)


def _filled(content: Content) -> Content:
    """Return a content that answers every question which a body is asked."""
    rows = [replace(row, answers=known_answers(row.form, Scope.BODY, ANSWERS)) for row in content.rows]
    return replace(content, rows=rows)


def _baseline(content: Content, report: Report, actor: User, now: datetime) -> tuple[Cost, str]:
    """Measure the default import of the same table, column by column, into a table of its own."""
    measured = min(BASELINE_ROWS, len(content.rows))
    fields = fields_of(content.form, Scope.BODY)
    same = [report.pk, actor.pk, now.replace(tzinfo=None)]
    table = XLSX().export_data(_flat(content, fields, measured, same))
    with _plain_table(fields) as model:
        cost = min(
            (_measure_default(model, table, measured) for _ in range(REPEATS)), key=attrgetter("seconds")
        )
    factor = len(content.rows) / measured
    note = f"（{measured:,}行で測り、{factor:.0f}倍した値）" if factor > 1 else ""
    return Cost(cost.seconds * factor, round(cost.queries * factor)), note


def _measure_default(model: type[models.Model], table: bytes, rows: int) -> Cost:
    """Measure one import into the empty table."""
    model._default_manager.all().delete()
    return measure(lambda: _default_import(model, table, rows))


def _default_import(model: type[models.Model], table: bytes, rows: int) -> None:
    result = modelresource_factory(model)().import_data(XLSX().create_dataset(table))
    if result.has_errors() or result.totals["new"] != rows:
        raise RuntimeError(f"The baseline did not import its rows: {result.totals}")


@contextmanager
def _plain_table(fields: Sequence[AnswerField]) -> Iterator[type[models.Model]]:
    """Make a model with a column for each of the workbook's, and its table; both are gone afterwards."""
    references = {
        name: models.ForeignKey(target, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
        for name, target in (("report", Report), ("notification", Notification), ("updated_by", User))
    }
    known = {
        "version": models.PositiveIntegerField(),
        "updated_at": models.DateTimeField(),
        "name": models.CharField(max_length=120),
        "category": models.CharField(max_length=20),
        "template": models.PositiveSmallIntegerField(),
        "issued_on": models.DateField(),
    }
    answers = {_name(number): _column(field) for number, field in enumerate(fields)}
    meta = type("Meta", (), {"app_label": APP})
    columns = {**references, **known, **answers}
    model = type("PlainAnswer", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        yield model
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)
        del apps.all_models[APP][model.__name__.lower()]
        apps.clear_cache()


def _name(number: int) -> str:
    return f"answer_{number}"


def _column(field: AnswerField) -> models.Field[Any, Any]:
    plain = None if field.choice or field.is_other_text else FIELDS.get(field.question.type)
    return plain() if plain else models.TextField(null=True, blank=True)


def _flat(content: Content, fields: Sequence[AnswerField], rows: int, same: list[Any]) -> Dataset:
    """Return what stands in 団体別回答: which body, and a column for each of the workbook's.

    `same` is what all rows share: the report, who changes it, and when.
    """
    own = ["id", "report", "updated_by", "updated_at", "notification", "version"]
    of_body = ["name", "category", "template", "issued_on"]
    table = Dataset(headers=[*own, *of_body, *(_name(number) for number in range(len(fields)))])
    for row in content.rows[:rows]:
        known = [row.body_name, row.category, row.template_number, row.issued_on]
        answers = (field.cell_value(row.answers) for field in fields)
        table.append(["", *same, row.pk, 1, *known, *answers])
    return table
