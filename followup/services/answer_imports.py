"""Take in answer workbooks (回答の取込み): received, confirmed or given up by their uploader, thrown away.

What a worker does with them in between is in import_work; how they are read is in workbooks.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from followup.models import AnswerImport, ImportStage, Report
from followup.services.steps import lock_report, refuse_editing
from outreach.models import User, WorkState
from outreach.rules.file_names import safe_file_name
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal, StaleWrite

CONFIRM_WITHIN = timedelta(hours=24)
SUFFIX = ".xlsx"


class ImportAtWork(Refusal):
    """The user has another import at work."""


class ImportSettled(StaleWrite):
    """The import was confirmed, given up or too old already; nothing was written by this request."""


class PreviewChanged(StaleWrite):
    """What would be stored is no longer what the user saw; the new preview is ready."""

    def __init__(self) -> None:
        super().__init__(
            "確認の後に、ほかの方が報告を変更しました。まだ何も保存していません。新しい確認の内容を見て、"
            "もう一度確定してください。"
        )


def receive_import(
    *,
    report: Report,
    file_name: str,
    content: bytes,
    actor: User,
    now: datetime,
    on_behalf: bool = False,
) -> AnswerImport:
    """Keep an uploaded workbook, to be read; the file is written before its row, under a name of ours.

    Raises:
        Refusal: when the report takes no answers now, or not from this user.
        ImportAtWork: while another one of the user's is at work.
    """
    ministry = report.assignment.ministry
    stored = default_storage.save(f"imports/{uuid4().hex}{SUFFIX}", ContentFile(content))
    try:
        with transaction.atomic():
            refuse_editing(lock_report(report), actor, on_behalf=on_behalf)
            item = AnswerImport.objects.create(
                report=report,
                file=stored,
                file_name=safe_file_name(file_name.removesuffix(SUFFIX), SUFFIX),
                sha256=hashlib.sha256(content).hexdigest(),
                on_behalf_of=ministry.name if on_behalf else "",
                requested_by=actor,
                requested_at=now,
                expires_at=now + CONFIRM_WITHIN,
            )
            record_import(item, action="回答用ブックを受領", actor=actor, now=now)
    except IntegrityError as error:
        default_storage.delete(stored)
        raise ImportAtWork(
            "取込み中のファイルがあります。終わるのを待つか取りやめてから、次のファイルを選んでください。"
        ) from error
    except Refusal:
        default_storage.delete(stored)
        raise
    return item


def refuse_upload(
    *, report: Report, file_name: str, reason: str, actor: User, now: datetime, on_behalf: bool = False
) -> None:
    """Tell the trail of a file that was not taken."""
    record_audit(
        action="回答用ブックを拒否",
        now=now,
        actor=actor,
        obj=report,
        ministry=report.assignment.ministry,
        after={"ファイル名": safe_file_name(file_name, "")},
        reason=reason,
        on_behalf_of=report.assignment.ministry.name if on_behalf else "",
    )


@transaction.atomic
def confirm_import(
    *, item: AnswerImport, digest: str, choices: dict[str, Any], actor: User, now: datetime
) -> AnswerImport:
    """Let a previewed import be stored; it is stored by the worker that claims it (import_work).

    `digest` says which preview the user saw, `choices` what was chosen there. The UPDATE is guarded
    by all that must hold, so that of two requests one confirms.

    Raises:
        Refusal: when the report takes no answers any more, or the workbook has problems.
        PreviewChanged: when a newer preview has taken the place of the one seen.
        ImportSettled: when it was confirmed, given up or too old already.
        ImportAtWork: while another one of the user's is at work.
    """
    refuse_editing(lock_report(item.report), actor, on_behalf=bool(item.on_behalf_of))
    current = AnswerImport.objects.get(pk=item.pk)
    _refuse_settled(current, actor, now)
    if current.problems:
        raise Refusal("誤りがあるため、取り込めません。ブックを直して、もう一度選んでください。")
    if current.digest != digest:
        raise PreviewChanged
    waiting = AnswerImport.objects.awaiting_confirmation(now).filter(
        pk=item.pk, requested_by=actor, digest=digest
    )
    try:
        with transaction.atomic():
            confirmed = waiting.update(
                stage=ImportStage.STORE,
                state=WorkState.QUEUED,
                progress=0,
                attempts=0,
                choices=choices,
                is_renewed=False,
                confirmed_by=actor,
                confirmed_at=now,
            )
    except IntegrityError as error:
        raise ImportAtWork("別のファイルを取込み中です。終わってから、もう一度確定してください。") from error
    if not confirmed:
        _refuse_settled(AnswerImport.objects.get(pk=item.pk), actor, now)
        raise PreviewChanged
    found = AnswerImport.objects.get(pk=item.pk)
    record_import(found, action="回答の取込みを確定", actor=actor, now=now)
    return found


def _refuse_settled(item: AnswerImport, actor: User, now: datetime) -> None:
    if item.requested_by_id != actor.pk:
        raise Refusal("この取込みを確定できるのは、ファイルを選んだ本人だけです。")
    if item.stage == ImportStage.STORE:
        raise ImportSettled("この取込みは、既に確定済みです。重ねて保存することはありません。")
    if not item.awaits_confirmation(now):
        raise ImportSettled("この取込みは終わっています。ファイルをもう一度選んでください。")


@transaction.atomic
def cancel_import(*, item: AnswerImport, actor: User, now: datetime) -> bool:
    """Give an import up before it is confirmed; return False when it was settled already.

    One that is still being read is let go: whoever reads it can no longer finish it.
    """
    open_ones = AnswerImport.objects.filter(
        pk=item.pk, requested_by=actor, stage=ImportStage.READ, cancelled_at=None
    )
    cancelled = open_ones.exclude(state=WorkState.FAILED).update(
        state=WorkState.FAILED, error="取りやめました。", cancelled_at=now, finished_at=now
    )
    if cancelled:
        record_import(item, action="回答の取込みを取りやめ", actor=actor, now=now)
    return bool(cancelled)


def discard_expired_imports(*, now: datetime) -> int:
    """Delete the files of imports whose time is over; the rows stay. Safe to run twice; return how many."""
    over = AnswerImport.objects.filter(expires_at__lte=now).exclude(file="")
    discarded = 0
    for item in over.exclude(state__in=[WorkState.QUEUED, WorkState.RUNNING]).order_by("pk"):
        if over.filter(pk=item.pk).update(file="", marked_file=""):
            for file in filter(None, (item.file.name, item.marked_file.name)):
                default_storage.delete(file)
            discarded += 1
    return discarded


def record_import(
    item: AnswerImport,
    *,
    action: str,
    actor: User | None,
    now: datetime,
    reason: str = "",
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry on an import to the ministry's trail."""
    record_audit(
        action=action,
        now=now,
        actor=actor,
        obj=item,
        ministry=item.report.assignment.ministry,
        after={"ファイル名": item.file_name, "SHA-256": item.sha256, **(after or {})},
        reason=reason,
        on_behalf_of=item.on_behalf_of,
    )
