"""The shape of a comparison of two frozen results: only what differs, table by table."""

from __future__ import annotations

from decimal import Decimal

from ninja import Schema
from pydantic import Field

from followup.models import CouncilReport
from followup.rules.figure_changes import Change, TableChanges, changes_between
from followup.rules.figure_tables import Cell
from followup.rules.stored_figures import from_json
from outreach.models import BodyCategory

CATEGORIES: dict[str, str] = dict(BodyCategory.choices)


class ValueShape(Schema):
    """One cell as a page shows it."""

    value: int | float | None = Field(description="数。ないときはnull")
    text: str = Field(description="数でないときの文字、又は値がない理由（設問なしなど）")
    unit: str = Field(description="単位")

    @classmethod
    def of(cls, cell: Cell) -> ValueShape:
        return cls(value=_plain(cell.number), text=cell.text or cell.note, unit=cell.unit)


class ChangeShape(Schema):
    """One cell that differs."""

    heading: str = Field(description="行の見出し")
    column: str = Field(description="列の見出し")
    before: ValueShape | None = Field(description="比較元の値。その行がなかったときはnull")
    after: ValueShape | None = Field(description="比較先の値。その行がなくなったときはnull")
    difference: int | float | None = Field(description="数の増減。どちらかが数でないときはnull")

    @classmethod
    def of(cls, change: Change) -> ChangeShape:
        return cls(
            heading=change.heading,
            column=change.column,
            before=ValueShape.of(change.before) if change.before else None,
            after=ValueShape.of(change.after) if change.after else None,
            difference=_plain(change.difference),
        )


class TableChangesShape(Schema):
    """What differs in one table."""

    key: str = Field(description="表の符号")
    title: str = Field(description="表の名称")
    changes: list[ChangeShape]

    @classmethod
    def of(cls, table: TableChanges) -> TableChangesShape:
        return cls(key=table.key, title=table.title, changes=[ChangeShape.of(row) for row in table.changes])


class ChangesShape(Schema):
    """What changed from one frozen result to another."""

    before_id: int = Field(description="比較元の取りまとめの番号")
    after_id: int = Field(description="比較先の取りまとめの番号")
    tables: list[TableChangesShape] = Field(description="変わった数値のある表だけ")

    @classmethod
    def of(cls, *, before: CouncilReport, after: CouncilReport) -> ChangesShape:
        """Compare two finished reports; of two rounds, the days have nothing in common."""
        found = changes_between(
            from_json(before.figures),
            from_json(after.figures),
            CATEGORIES,
            days=before.round_id == after.round_id,
        )
        return cls(
            before_id=before.pk, after_id=after.pk, tables=[TableChangesShape.of(table) for table in found]
        )


def _plain(number: Decimal | float | None) -> int | float | None:
    if isinstance(number, Decimal):
        return int(number) if number == number.to_integral_value() else float(number)
    return number
