"""What the staff's tables share: checked headings, errors per cell, and one audit entry an import."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from import_export.fields import Field
from import_export.resources import Diff, ModelResource
from import_export.results import Result, RowResult
from tablib import Dataset
from xlsxwriter.utility import xl_col_to_name

from outreach.resources.tables import staff_tables
from outreach.resources.widgets import Cell
from outreach.services.audit import record_audit
from outreach.workbooks.plain_tables import NUMBER, Kind, Row, Table

MAX_IMPORT_ROWS = 5000


@dataclass(frozen=True)
class Change:
    """One cell of the preview: what is stored and what it becomes."""

    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


class PlainDiff(Diff):
    """The changes of a row as values; the library's own are HTML with inline styles."""

    def as_html(self) -> list[Change]:
        pairs = zip(self.left, self.right, strict=True)
        return [Change(_shown(old), _shown(new)) for old, new in pairs]


class StaffField(Field):
    """A column that knows what its cells hold, as the tables for machines tell it."""

    def __init__(self, *, kind: Kind, unit: str, meaning: str, is_prose: bool, **options: Any) -> None:
        super().__init__(**options)
        self.kind, self.unit, self.meaning, self.is_prose = kind, unit, meaning, is_prose


def column(
    attribute: str | None,
    heading: str,
    widget: Cell | None = None,
    *,
    meaning: str,
    kind: Kind = Kind.TEXT,
    unit: str = "",
    is_prose: bool = False,
    **options: Any,
) -> StaffField:
    """Declare a column: a field of the model under its Japanese heading.

    Prose is written freely: an export tells it in a table of its own.
    """
    return StaffField(
        kind=kind,
        unit=unit,
        meaning=meaning,
        is_prose=is_prose,
        attribute=attribute,
        column_name=heading,
        widget=widget or Cell(),
        **options,
    )


@dataclass(frozen=True)
class Problem:
    """One wrong cell, by its place in the file (`place` is "" for the row as a whole)."""

    line: int
    place: str
    heading: str
    value: str
    message: str


class TableResult(Result):
    """The result of an import that knows where in the file each problem is."""

    def __init__(self, headings: dict[str, str]) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self._headings = headings

    def append_invalid_row(self, number: int, row: dict[str, Any], validation_error: ValidationError) -> None:
        super().append_invalid_row(number, row, validation_error)
        for attribute, messages in validation_error.message_dict.items():
            heading = self._headings.get(attribute, "")
            self.problems += (self._problem(number + 1, row, heading, message) for message in messages)

    def _problem(self, line: int, row: dict[str, Any], heading: str, message: str) -> Problem:
        place = f"{xl_col_to_name(list(row).index(heading))}{line}" if heading in row else ""
        return Problem(line, place, heading, _shown(row.get(heading)), message)


class StaffExport(ModelResource):
    """A table that is only ever written."""

    class Meta:
        abstract = True

    @classmethod
    def get_display_name(cls) -> str:
        return str(getattr(cls._meta, "name", "") or cls._meta.model._meta.verbose_name)

    def tables(self, queryset: QuerySet[Any], *, today: date) -> list[Table]:
        """Return the rows as tables for machines: the main one first, then what goes with it."""
        dataset = self.export(queryset)
        fields = {field.column_name: field for field in self.get_export_fields()}
        return staff_tables(
            self.get_display_name(),
            [(key, fields[heading]) for key, heading in self._keys_and_headings()],
            dataset,
            more=self.more_tables(queryset),
            codes=self.more_codes(),
            today=today,
        )

    def _keys_and_headings(self) -> list[tuple[str, str]]:
        return [(self.get_field_name(field), field.column_name) for field in self.get_export_fields()]

    def more_tables(self, queryset: QuerySet[Any]) -> list[Table]:
        """Return tables of what a row has several of; by default there are none."""
        return []

    def more_codes(self) -> list[Row]:
        """Return the rows of コード表 for codes in those."""
        return []


class StaffImport(StaffExport):
    """A table that staff may hand back: all rows are taken or none, and every wrong cell is named.

    `key_columns` are the headings by which a row is matched with what is stored; `find` does it.
    """

    key_columns: ClassVar[tuple[str, ...]]

    class Meta:
        abstract = True
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = False

    @classmethod
    def get_result_class(cls) -> Any:
        return partial(
            TableResult, {str(field.attribute): field.column_name for field in cls.fields.values()}
        )

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return PlainDiff

    def key_of(self, row: dict[str, Any]) -> tuple[str, ...]:
        """Return what makes a row the same as another one, of the file or of what is stored."""
        raise NotImplementedError

    def before_import(self, dataset: Dataset, **_kwargs: Any) -> None:
        """Check the table as a whole; with wrong headings no row is looked at."""
        problems = [*self._heading_problems(dataset.headers), *_size_problems(dataset)]
        if problems:
            dataset.wipe()
            raise ValueError("\n".join(problems))
        self._rows_of_key = self._rows_by_key(dataset)

    def _heading_problems(self, headers: list[str]) -> Iterable[str]:
        known = [field.column_name for field in self.get_import_fields()]
        for heading, count in Counter(headers).items():
            if count > 1 and heading:
                yield f"見出し「{heading}」が{count}列あります。1列にしてください。"
            if heading not in {*known, NUMBER.header}:
                yield f"「{heading}」は取り込める列ではありません。見出しを直すか、列を削除してください。"
        for field in self.get_import_fields():
            if field.column_name in self.required_headings() and field.column_name not in headers:
                yield f"「{field.column_name}」の列がありません。1行目を見出しにしてください。"

    def required_headings(self) -> tuple[str, ...]:
        return self.key_columns

    def _rows_by_key(self, dataset: Dataset) -> dict[tuple[str, ...], list[int]]:
        rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, values in enumerate(dataset, start=1):
            if _is_filled(dict(zip(dataset.headers, values, strict=True))):
                rows[self.key_of(dict(zip(dataset.headers, values, strict=True)))].append(number)
        return rows

    def import_row(self, row: dict[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:
        """Import one row; a blank one is passed over, so that the others keep their numbers."""
        if not _is_filled(row):
            blank = self.get_row_result_class()()
            blank.import_type = RowResult.IMPORT_TYPE_SKIP
            return blank
        result = super().import_row(row, instance_loader, **kwargs)
        for unforeseen in result.errors:
            raise unforeseen.error
        return result

    def import_instance(self, instance: Any, row: dict[str, Any], **kwargs: Any) -> None:
        errors: dict[str, list[ValidationError]] = {}
        try:
            super().import_instance(instance, row, **kwargs)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if message := self._repetition(row, kwargs["row_number"]):
            errors.setdefault(self._key_attribute, []).append(ValidationError(message))
        if errors:
            raise ValidationError(errors)

    def validate_instance(
        self,
        instance: Any,
        import_validation_errors: dict[str, Any] | None = None,
        validate_unique: bool = True,  # noqa: FBT001, FBT002
    ) -> None:
        """Tell what is wrong with the cells first: what follows from them for the row says nothing new."""
        try:
            super().validate_instance(instance, import_validation_errors, validate_unique)
        except ValidationError as error:
            cells = {name: found for name, found in error.error_dict.items() if name != NON_FIELD_ERRORS}
            raise ValidationError(cells or error.error_dict) from error

    @property
    def _key_attribute(self) -> str:
        return next(
            str(field.attribute)
            for field in self.fields.values()
            if field.column_name == self.key_columns[-1]
        )

    def _repetition(self, row: dict[str, Any], number: int) -> str:
        same = [other for other in self._rows_of_key[self.key_of(row)] if other != number]
        if not same:
            return ""
        lines = "・".join(str(other + 1) for other in same)
        return f"ファイルの{lines}行目と同じものです。1行にまとめてください。"

    def after_import_row(self, row: dict[str, Any], row_result: RowResult, **kwargs: Any) -> None:
        row_result.line = kwargs["row_number"] + 1  # below the headings

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        """Write one entry on the import in its own transaction; each row's own past is its history."""
        if kwargs["dry_run"] or result.has_errors() or result.has_validation_errors():
            return
        totals = result.totals
        record_audit(
            action=f"{self._meta.model._meta.verbose_name}を一括取込み",
            actor=kwargs["user"],
            now=kwargs["now"],
            after={
                "ファイル": kwargs["file_name"],
                "新規": totals[RowResult.IMPORT_TYPE_NEW],
                "変更": totals[RowResult.IMPORT_TYPE_UPDATE],
                "変更なし": totals[RowResult.IMPORT_TYPE_SKIP],
            },
        )


def _is_filled(row: dict[str, Any]) -> bool:
    """Say whether a row holds anything but the number that an export gave it."""
    return any(value for heading, value in row.items() if heading != NUMBER.header)


def _size_problems(dataset: Dataset) -> Iterable[str]:
    if len(dataset) > MAX_IMPORT_ROWS:
        limit = f"{MAX_IMPORT_ROWS:,}行"
        yield f"{len(dataset):,}行あります。一度に取り込めるのは{limit}までです。ファイルを分けてください。"


def _shown(value: object) -> str:
    return "" if value is None else str(value)
