"""Order, claim, finish and hand out bundles (回答用ブック一式). How they are written is in workbooks."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile

from followup.models import Report, Round, WorkbookBundle
from followup.rules.status import EDITABLE, RoundStatus
from followup.services.steps import ROUND_REFUSALS
from outreach.models import User, WorkState
from outreach.services import work
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

KEPT_FOR = timedelta(days=7)


def reports_to_bundle(*, round: Round) -> QuerySet[Report]:
    """Return the reports of a round that take answers now, in 建制順."""
    reports: QuerySet[Report] = (
        Report.objects.filter(round=round, status__in=EDITABLE)
        .select_related("round__request", "assignment__ministry", "form_version")
        .order_by("assignment__ministry__order", "pk")
    )
    return reports


def request_bundle(*, round: Round, actor: User, now: datetime) -> WorkbookBundle:
    """Order a bundle; while one of the round is in the making, return that one instead.

    Raises:
        Refusal: when the round collects nothing now, or no report takes answers.
    """
    if round.status != RoundStatus.OPEN:
        raise Refusal(ROUND_REFUSALS[RoundStatus(round.status)])
    if not reports_to_bundle(round=round).exists():
        raise Refusal("回答を入力できる状態の報告がありません。提出済みの報告のブックは作成しません。")
    try:
        with transaction.atomic():
            bundle = WorkbookBundle.objects.create(round=round, requested_by=actor, requested_at=now)
            record_audit(action="回答用ブック一式の作成を依頼", now=now, actor=actor, obj=bundle)
    except IntegrityError:
        return WorkbookBundle.objects.in_the_making().get(round=round)
    return bundle


def claim_bundle(*, bundle_id: int, now: datetime) -> WorkbookBundle | None:
    """Take a bundle that waits, or that a dead worker left; None when there is nothing to take."""
    rows = WorkbookBundle.objects.all()
    if not work.claim(rows, pk=bundle_id, now=now):
        return None
    return rows.select_related("round__request", "requested_by").get(pk=bundle_id)


def show_progress(*, bundle: WorkbookBundle, percent: int) -> None:
    work.show_progress(WorkbookBundle.objects.all(), item=bundle, percent=percent)


def finish_bundle(*, bundle: WorkbookBundle, file: str, sha256: str, count: int, now: datetime) -> bool:
    """Name the file that was written; return False when another worker has taken the bundle over."""
    with transaction.atomic():
        finished = work.finish(
            WorkbookBundle.objects.all(),
            item=bundle,
            now=now,
            file=file,
            sha256=sha256,
            workbook_count=count,
            expires_at=now + KEPT_FOR,
        )
        if finished:
            record_audit(
                action="回答用ブック一式を作成",
                now=now,
                actor=bundle.requested_by,
                obj=bundle,
                after={"ブックの数": count, "SHA-256": sha256},
            )
    return finished


def fail_bundle(*, item: WorkbookBundle, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if work.fail(WorkbookBundle.objects.all(), item=item, reason=reason, now=now):
            record_audit(
                action="回答用ブック一式の作成に失敗",
                now=now,
                actor=item.requested_by,
                obj=item,
                reason=reason,
            )


def bundle_file(*, bundle: WorkbookBundle, actor: User, now: datetime) -> FieldFile:
    """Return the zip of a finished bundle and record who took it.

    Raises:
        Refusal: when it is not finished, or its time is over.
    """
    if bundle.state != WorkState.DONE:
        raise Refusal("回答用ブック一式は、まだ完成していません。")
    if not bundle.file or not default_storage.exists(str(bundle.file.name)):
        raise Refusal("ダウンロードの期限を過ぎました。回答用ブック一式を、もう一度作成してください。")
    record_audit(action="回答用ブック一式をダウンロード", now=now, actor=actor, obj=bundle)
    file: FieldFile = bundle.file
    return file


def discard_expired_bundles(*, now: datetime) -> int:
    """Delete the files of bundles whose time is over; the rows stay. Safe to run twice; return how many."""
    over = WorkbookBundle.objects.filter(expires_at__lte=now).exclude(file="")
    discarded = 0
    for bundle in over.order_by("pk"):
        if over.filter(pk=bundle.pk).update(file=""):
            default_storage.delete(str(bundle.file.name))
            discarded += 1
    return discarded
