"""The shapes that the API answers in; each is also the document of itself (OpenAPI)."""

from __future__ import annotations

from datetime import date, datetime, time

from django.conf import settings
from django.urls import reverse
from ninja import Schema
from pydantic import Field

from followup.models import CouncilFile, CouncilReport, Round
from followup.rules.figure_definitions import DEFINITION
from followup.rules.figures import Figures
from followup.rules.headline import headline
from followup.rules.stored_figures import EDITION, from_json
from outreach.rules.wareki import instant_in_tokyo


class Problem(Schema):
    """What went wrong, for a program and for its author."""

    code: str = Field(description="プログラムのための符号（例：not_found）")
    message: str = Field(description="何が起き、どうすればよいか")
    parameters: list[str] = Field(description="正しくない項目の名前（値の誤りのときだけ）")


class RoundShape(Schema):
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


class RoundPage(Schema):
    """One page of the list of rounds."""

    count: int = Field(description="全体の件数")
    page: int = Field(description="このページの番号（1から）")
    pages: int = Field(description="ページの数")
    items: list[RoundShape]


class DefinitionShape(Schema):
    """項目定義: what a figure means."""

    key: str = Field(description="恒久のキー")
    name: str = Field(description="名称")
    meaning: str = Field(description="意味")
    numerator: str = Field(description="分子、又は数える対象")
    denominator: str = Field(description="分母。件数のときは空")
    counted: str = Field(description="延べ・実数・府省庁の別")
    unit: str = Field(description="単位")
    source: str = Field(description="算定のもと（取りまとめデータのシートと列、設問のキー）")


class DefinitionList(Schema):
    """All definitions."""

    items: list[DefinitionShape]


class HeadlineShape(Schema):
    """One figure of the whole."""

    key: str = Field(description="項目定義のキー")
    name: str = Field(description="名称")
    unit: str = Field(description="単位")
    value: int | float | None = Field(description="値。設問がない、又は回答がないときはnull（0とは異なる）")


class FiguresShape(Schema):
    """All figures of a round as of an instant."""

    round_id: int = Field(description="フォローアップの番号")
    as_of: datetime = Field(description="時点（日本時間）")
    counted_at: datetime | None = Field(
        description="数え直しを待つ間だけ、団体の数がいつのものか。as_of のものならnull"
    )
    edition: int = Field(description="数値の形の版")
    headline: list[HeadlineShape] = Field(description="全体の数値（一つの数で表せるもの）")
    figures: Figures = Field(description="全ての数値（府省庁別、区分別、周知手段別、設問別など）")

    @classmethod
    def of(
        cls, figures: Figures, *, round_id: int, as_of: datetime, counted_at: datetime | None = None
    ) -> FiguresShape:
        values = headline(figures).items()
        return cls(
            round_id=round_id,
            as_of=instant_in_tokyo(as_of),
            counted_at=instant_in_tokyo(counted_at) if counted_at else None,
            edition=EDITION,
            headline=[
                HeadlineShape(key=key, name=DEFINITION[key].name, unit=DEFINITION[key].unit, value=value)
                for key, value in values
            ],
            figures=figures,
        )


class FileShape(Schema):
    """One file of a frozen result."""

    id: int = Field(description="ファイルの番号")
    kind: str = Field(description="種類の符号")
    kind_label: str = Field(description="種類")
    name: str = Field(description="ファイル名")
    size: int = Field(description="大きさ（バイト）")
    sha256: str = Field(description="SHA-256")
    url: str = Field(description="ダウンロードのアドレス（同じAPIトークンで取得する）")

    @classmethod
    def of(cls, file: CouncilFile) -> FileShape:
        path = reverse("api:download_file", args=[file.report_id, file.pk])
        return cls(
            id=file.pk,
            kind=file.kind,
            kind_label=file.get_kind_display(),
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            url=f"{settings.BASE_URL}{path}",
        )


class SnapshotShape(Schema):
    """取りまとめ: figures and files frozen as of an instant."""

    id: int = Field(description="取りまとめの番号")
    round_id: int = Field(description="フォローアップの番号")
    as_of: datetime = Field(description="時点（日本時間）")
    state: str = Field(description="状態の符号（queued、running、done、failed）")
    state_label: str = Field(description="状態")
    requested_at: datetime = Field(description="作成依頼日時（日本時間）")
    finished_at: datetime | None = Field(description="完成日時（日本時間）。未完成のときはnull")
    files: list[FileShape] = Field(description="ファイル。未完成のときは空")

    @classmethod
    def of(cls, report: CouncilReport) -> SnapshotShape:
        """Tell of a report whose files are there (`with_files`)."""
        return cls(
            id=report.pk,
            round_id=report.round_id,
            as_of=instant_in_tokyo(report.as_of),
            state=report.state,
            state_label=report.get_state_display(),
            requested_at=instant_in_tokyo(report.requested_at),
            finished_at=instant_in_tokyo(report.finished_at) if report.finished_at else None,
            files=[FileShape.of(file) for file in report.files.all()],
        )


class SnapshotPage(Schema):
    """One page of the list of frozen results."""

    count: int = Field(description="全体の件数")
    page: int = Field(description="このページの番号（1から）")
    pages: int = Field(description="ページの数")
    items: list[SnapshotShape]


class FileList(Schema):
    """The files of one frozen result."""

    items: list[FileShape]


def frozen_figures(report: CouncilReport) -> FiguresShape:
    """Return the figures of a finished report as they were stored, of whichever edition."""
    return FiguresShape.of(from_json(report.figures), round_id=report.round_id, as_of=report.as_of)
