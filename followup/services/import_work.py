"""What a worker does with an import: take it, tell how far it is, end its reading or its storing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from followup.models import AnswerImport, AnswerWorkbook, ImportStage, Report
from followup.rules.questions import Answers
from followup.services.answer_imports import SUFFIX, record_import
from followup.services.contents import Content
from followup.services.drafts import save_answers
from followup.services.new_bodies import EnteredBody, add_bodies
from outreach.models import Channel, WorkState
from outreach.models.work import WorkQuerySet
from outreach.services import work
from outreach.services.errors import Refusal

NOT_ITS_WORKBOOK = (
    "この報告の回答用ブックとして読み取れません。この報告の画面からダウンロードした回答用ブックに記入し、"
    "もう一度選んでください。"
)
"""Said of a missing, unknown, forged or foreign identity alike: it tells nothing of what the file is."""


SHOWN_ONLY = ("problems", "proposals", "notices", "changes")
"""What only the preview shows: of 20,000 rows it has megabytes, which no worker needs to read."""


@dataclass(frozen=True)
class Preview:
    """All that the preview shows, as plain values that JSON knows, and its digest."""

    digest: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: list[Any] = field(default_factory=list)
    proposals: list[Any] = field(default_factory=list)
    notices: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    conflicts: list[Any] = field(default_factory=list)
    new_bodies: list[Any] = field(default_factory=list)


def claim_import(*, import_id: int, stage: str, now: datetime) -> AnswerImport | None:
    """Take an import of a stage that waits, or that a dead worker left; None when there is none."""
    rows = AnswerImport.objects.filter(stage=stage)
    if not work.claim(rows, pk=import_id, now=now):
        return None
    related = rows.select_related(
        "report__assignment__ministry",
        "report__round",
        "workbook__form_version",
        "requested_by",
        "confirmed_by",
    )
    found: AnswerImport = related.defer(*SHOWN_ONLY).get(pk=import_id)
    return found


def show_progress(*, item: AnswerImport, percent: int) -> None:
    work.show_progress(_held(item), item=item, percent=percent)


def stored_bytes(*, item: AnswerImport) -> bytes:
    """Return the very bytes that were uploaded.

    Raises:
        Refusal: when the file is gone or is not what it was.
    """
    try:
        with default_storage.open(str(item.file.name), "rb") as file:
            content: bytes = file.read()
    except (FileNotFoundError, ValueError, IsADirectoryError) as error:
        raise Refusal("ファイルが保存先に見つかりません。ファイルをもう一度選んでください。") from error
    if hashlib.sha256(content).hexdigest() != item.sha256:
        raise Refusal("保存していたファイルが変わっています。ファイルをもう一度選んでください。")
    return content


def find_workbook(*, item: AnswerImport, token: str) -> AnswerWorkbook:
    """Return the workbook of a token, if it is one of the report's.

    Raises:
        Refusal: NOT_ITS_WORKBOOK for any other.
    """
    workbooks = AnswerWorkbook.objects.select_related("form_version")
    found: AnswerWorkbook | None = workbooks.filter(token=token, report=item.report_id).first()
    if found is None:
        raise Refusal(NOT_ITS_WORKBOOK)
    return found


def finish_reading(
    *, item: AnswerImport, workbook: AnswerWorkbook, preview: Preview, marked: bytes, now: datetime
) -> bool:
    """Show what was read; False when the import was given up or taken over meanwhile."""
    name = default_storage.save(f"imports/{uuid4().hex}{SUFFIX}", ContentFile(marked)) if marked else ""
    finished = work.finish(
        _held(item), item=item, now=now, workbook=workbook, marked_file=name, **vars(preview)
    )
    if name and not finished:
        default_storage.delete(name)
    return finished


@transaction.atomic
def fail_import(*, item: AnswerImport, reason: str, now: datetime) -> None:
    """End an import with what its uploader may read; nothing of it is stored."""
    if work.fail(_held(item), item=item, reason=reason, now=now):
        action = "回答用ブックを拒否" if item.stage == ImportStage.READ else "回答の取込みに失敗"
        record_import(item, action=action, actor=item.requested_by, now=now, reason=reason)


def renew_preview(*, item: AnswerImport, preview: Preview, now: datetime) -> bool:
    """Take a confirmed import back to its preview, which has changed since; nothing of it is stored."""
    renewed = _held(item).held_by(item).update(
        stage=ImportStage.READ,
        state=WorkState.DONE,
        progress=100,
        is_renewed=True,
        choices={},
        confirmed_by=None,
        confirmed_at=None,
        **vars(preview),
    )  # fmt: skip
    if renewed:
        action, reason = "回答の取込みを再確認", "報告が変更されたため"
        record_import(item, action=action, actor=item.confirmed_by, now=now, reason=reason)
    return bool(renewed)


class LostClaim(Exception):
    """Another worker has taken the import over: what this one wrote is rolled back."""


def store_answers(
    *,
    item: AnswerImport,
    report: Report,
    content: Content,
    answers: Mapping[int | None, Answers],
    entered: list[EnteredBody],
    now: datetime,
) -> None:
    """Write what was confirmed: new bodies, their notices, and all answers.

    To be called inside the transaction that holds the report's lock and in which `content` was read.

    Raises:
        Refusal: of any of the services that write.
        LostClaim: when another worker has taken the import over.
    """
    actor = item.confirmed_by
    if actor is None:
        raise Refusal("確定した利用者が分かりません。ファイルをもう一度選んでください。")
    versions = {row.pk: row.version for row in content.rows}
    added = add_bodies(
        report=report,
        entered=entered,
        channels=list(Channel.objects.filter(pk__in=item.choices.get("channels", []))),
        channel_other=item.choices.get("channel_other", ""),
        actor=actor,
        now=now,
        on_behalf_of=item.on_behalf_of,
    )
    rows = {pk: (versions[pk], row) for pk, row in answers.items() if pk is not None}
    save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers=answers.get(None),
        body_answers=rows | {pk: (None, row) for pk, row in added.items()},
        actor=actor,
        now=now,
        on_behalf=bool(item.on_behalf_of),
    )
    if not work.finish(_held(item), item=item, now=now):
        raise LostClaim
    told = {"確認した内容のSHA-256": item.digest, **told_counts(item.counts)}
    record_import(item, action="回答用ブックを取込み", actor=actor, now=now, after=told)


COUNT_LABELS = {
    "new": "新規",
    "changed": "変更",
    "cleared": "空欄に戻す",
    "unchanged": "変更なし",
    "problems": "誤り",
    "conflicts": "競合",
    "new_bodies": "新しい団体",
}
"""What a preview counts, in the order in which it is shown."""


def told_counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {label: counts.get(name, 0) for name, label in COUNT_LABELS.items()}


def _held(item: AnswerImport) -> WorkQuerySet:
    """Keep the import in the stage, and for the confirmation, that a worker took it for."""
    rows: WorkQuerySet = AnswerImport.objects.filter(
        stage=item.stage, confirmed_at=item.confirmed_at, cancelled_at=None
    )
    return rows
