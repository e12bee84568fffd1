"""What the API tells of rounds (フォローアップ) and of the definitions of figures (項目定義)."""

from __future__ import annotations

from dataclasses import asdict

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from followup.api.access import VIEW_RESULTS, VIEW_ROUNDS, StaffToken, refuse_many_counts
from followup.api.paging import PageQuery, page_of
from followup.api.responses import answers
from followup.api.shapes import DefinitionList, DefinitionShape, FiguresShape, RoundPage, RoundShape
from followup.models import Round
from followup.rules.figure_definitions import DEFINITIONS
from followup.services.live_figures import live_figures
from outreach import clock

router = Router(auth=StaffToken(VIEW_ROUNDS, VIEW_RESULTS), tags=["フォローアップ"])


def _rounds() -> QuerySet[Round]:
    return Round.objects.select_related("request", "council").order_by("-pk")


@router.get(
    "/rounds",
    response=answers(RoundPage),
    operation_id="list_rounds",
    summary="フォローアップの一覧",
    description="新しいものから順に返します。",
)
def list_rounds(request: HttpRequest, query: Query[PageQuery]) -> RoundPage:
    page = page_of(_rounds(), query)
    return RoundPage(
        count=page.paginator.count,
        page=page.number,
        pages=page.paginator.num_pages,
        items=[RoundShape.of(round) for round in page],
    )


@router.get(
    "/rounds/{int:round_id}",
    response=answers(RoundShape),
    operation_id="get_round",
    summary="フォローアップ",
    description="番号で一つを返します。",
)
def get_round(request: HttpRequest, round_id: int) -> RoundShape:
    return RoundShape.of(get_object_or_404(_rounds(), pk=round_id))


@router.get(
    "/rounds/{int:round_id}/figures",
    response=answers(FiguresShape),
    operation_id="get_round_figures",
    summary="フォローアップの現在の数値",
    description="呼び出した時点で数えた値を返します。固めた値は取りまとめ（snapshots）から取得してください。",
)
def get_round_figures(request: HttpRequest, round_id: int) -> FiguresShape:
    refuse_many_counts(request)
    round, now = get_object_or_404(_rounds(), pk=round_id), clock.now()
    live = live_figures(round=round, now=now)
    return FiguresShape.of(live.figures, round_id=round.pk, as_of=now, counted_at=live.counted_at)


@router.get(
    "/definitions",
    response=answers(DefinitionList),
    operation_id="list_definitions",
    summary="項目定義",
    description="画面、データ、会議資料と同じ、全ての数値の定義を返します。",
)
def list_definitions(request: HttpRequest) -> DefinitionList:
    return DefinitionList(items=[DefinitionShape(**asdict(definition)) for definition in DEFINITIONS])
