"""The shapes that the API answers in; each is also the document of itself (OpenAPI)."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from followup.models import Round


def _tell_in_japanese_only(schema: dict[str, Any]) -> None:
    schema.pop("description", None)  # the docstring, which is for us


class Shape(Schema):
    """What all of them start with."""

    model_config = ConfigDict(json_schema_extra=_tell_in_japanese_only)


class Problem(Shape):
    """What went wrong, for a program and for its author."""

    code: str = Field(description="プログラムのための符号（例：not_found）")
    message: str = Field(description="何が起き、どうすればよいか")
    parameters: list[str] = Field(description="正しくない項目の名前（値の誤りのときだけ）")


class RoundShape(Shape):
    """フォローアップ: one collection of reports."""

    id: int = Field(description="フォローアップの番号")
    title: str = Field(description="依頼と回次")
    number: int = Field(description="同じ依頼の中の回次")
    request_id: int = Field(description="依頼の番号")
    council_number: int = Field(description="連絡会議の回次")
    council_name: str = Field(description="連絡会議の名称")
    council_held_on: date | None = Field(description="連絡会議の開催日。未定のときはnull")
    status: str = Field(description="状態の符号")
    status_label: str = Field(description="状態")
    due_on: date | None = Field(description="回答期限。様式未定のときはnull")
    due_time: time | None = Field(
        description="回答期限の時刻（日本時間）。定めがなければnull（その日の終わり）"
    )

    @classmethod
    def of(cls, round: Round) -> RoundShape:
        return cls(
            id=round.pk,
            title=str(round),
            number=round.number,
            request_id=round.request_id,
            council_number=round.council.number,
            council_name=round.council.name,
            council_held_on=round.council.held_on,
            status=round.status,
            status_label=round.get_status_display(),
            due_on=round.due_on,
            due_time=round.due_time,
        )


class RoundPage(Shape):
    """One page of the list of rounds."""

    count: int = Field(description="全体の件数")
    page: int = Field(description="このページの番号（1から）")
    pages: int = Field(description="ページの数")
    items: list[RoundShape]


class DefinitionShape(Shape):
    """項目定義: what a figure means."""

    key: str = Field(description="恒久のキー")
    name: str = Field(description="名称")
    meaning: str = Field(description="意味")
    numerator: str = Field(description="分子、又は数える対象")
    denominator: str = Field(description="分母。件数のときは空")
    counted: str = Field(description="延べ・実数・府省庁の別")
    unit: str = Field(description="単位")
    source: str = Field(description="算定のもと（取りまとめデータのシートと列、設問のキー）")


class DefinitionList(Shape):
    """All definitions."""

    items: list[DefinitionShape]
