"""What the API tells of frozen results (取りまとめ): figures, files, and the files themselves."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from followup.api.access import VIEW_RESULTS, StaffToken, token_of
from followup.api.changes import ChangesShape
from followup.api.paging import PageQuery, page_of
from followup.api.responses import FILE, answers
from followup.api.shapes import (
    FiguresShape,
    FileList,
    FileShape,
    SnapshotPage,
    SnapshotShape,
    frozen_figures,
)
from followup.models import CouncilFile, CouncilReport
from followup.services.council_files import open_council_file
from outreach import clock
from outreach.models import WorkState
from outreach.services.errors import Refusal

router = Router(auth=StaffToken(VIEW_RESULTS), tags=["取りまとめ"])

GREATEST_ID = 2**63 - 1


class SnapshotQuery(PageQuery):
    """Which page, and of which round."""

    round_id: int | None = Field(
        None, ge=1, le=GREATEST_ID, description="このフォローアップの取りまとめに絞る"
    )


def _reports() -> QuerySet[CouncilReport]:
    """Return reports with the files of the whole; figures are read where they are asked for."""
    files = Prefetch("files", CouncilFile.objects.of_staff().order_by("pk"))
    reports: QuerySet[CouncilReport] = CouncilReport.objects.defer("figures").prefetch_related(files)
    return reports.order_by("-pk")


def _done(snapshot_id: int) -> CouncilReport:
    """Return a report with its figures; refused while it is not finished."""
    report = get_object_or_404(CouncilReport, pk=snapshot_id)
    if report.state != WorkState.DONE:
        raise Refusal("取りまとめは、まだ完成していません。完成してから、もう一度呼び出してください。")
    return report


@router.get(
    "/snapshots",
    response=answers(SnapshotPage),
    operation_id="list_snapshots",
    summary="取りまとめの一覧",
    description="新しいものから順に返します。",
)
def list_snapshots(request: HttpRequest, query: Query[SnapshotQuery]) -> SnapshotPage:
    reports = _reports()
    if query.round_id is not None:
        reports = reports.filter(round=query.round_id)
    page = page_of(reports, query)
    return SnapshotPage(
        count=page.paginator.count,
        page=page.number,
        pages=page.paginator.num_pages,
        items=[SnapshotShape.of(report) for report in page],
    )


@router.get(
    "/snapshots/{int:snapshot_id}",
    response=answers(SnapshotShape),
    operation_id="get_snapshot",
    summary="取りまとめ",
    description="番号で一つを返します。",
)
def get_snapshot(request: HttpRequest, snapshot_id: int) -> SnapshotShape:
    return SnapshotShape.of(get_object_or_404(_reports(), pk=snapshot_id))


@router.get(
    "/snapshots/{int:snapshot_id}/figures",
    response=answers(FiguresShape),
    operation_id="get_snapshot_figures",
    summary="取りまとめの数値",
    description="固めた数値を返します。いつ取得しても同じ値です。未完成のときは409です。",
)
def get_snapshot_figures(request: HttpRequest, snapshot_id: int) -> FiguresShape:
    return frozen_figures(_done(snapshot_id))


class ChangesQuery(Schema):
    """What a frozen result is compared with."""

    since: int = Field(ge=1, le=GREATEST_ID, description="比較元の取りまとめの番号")


@router.get(
    "/snapshots/{int:snapshot_id}/changes",
    response=answers(ChangesShape),
    operation_id="get_snapshot_changes",
    summary="取りまとめの比較",
    description="比較元の取りまとめ（since）から変わった数値だけを、画面と同じ表の順に返します。",
)
def get_snapshot_changes(request: HttpRequest, snapshot_id: int, query: Query[ChangesQuery]) -> ChangesShape:
    return ChangesShape.of(before=_done(query.since), after=_done(snapshot_id))


@router.get(
    "/snapshots/{int:snapshot_id}/files",
    response=answers(FileList),
    operation_id="list_files",
    summary="取りまとめのファイルの一覧",
    description="未完成のときは空です。",
)
def list_files(request: HttpRequest, snapshot_id: int) -> FileList:
    report = get_object_or_404(_reports(), pk=snapshot_id)
    return FileList(items=[FileShape.of(file) for file in report.files.all()])


@router.get(
    "/snapshots/{int:snapshot_id}/files/{int:file_id}",
    response=answers(None),
    operation_id="download_file",
    url_name="download_file",
    summary="取りまとめのファイルのダウンロード",
    description="ファイルの内容をそのまま返します。取得は記録に残ります。",
    openapi_extra=FILE,
)
def download_file(request: HttpRequest, snapshot_id: int, file_id: int) -> FileResponse:
    files = CouncilFile.objects.of_staff().filter(report__state=WorkState.DONE).select_related("report")
    file = get_object_or_404(files, pk=file_id, report=snapshot_id)
    content = open_council_file(file=file, actor=token_of(request).user, now=clock.now())
    return FileResponse(
        content, as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )
