"""Hand out the files of a finished 取りまとめ, the same bytes each time, and say who took which."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import Enum, auto
from typing import IO, Any

from django.core.files.base import ContentFile

from followup.models import CouncilFile, CouncilReport, FileKind
from outreach.models import User
from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

MISSING = "ファイルが保存先に見つかりません。"
CHANGED = "保存先のファイルが、作成したときと異なります（SHA-256の不一致）。"
TO_BE_RESTORED = "システム管理者に連絡し、控えから戻してください。"
REBUILDABLE = "取りまとめの画面の「作り直して照合する」で、同じファイルに戻せます。"
BUSY = "ほかの操作が同じファイルを戻しています。しばらくしてから、もう一度お試しください。"
ASK_STAFF = "お手数ですが、フォローアップの問合せ先に御連絡ください。"


class FileNotWhole(Refusal):
    """The stored bytes are not those that were frozen."""


class Rebuilt(Enum):
    """What a file that was made again was found to be: as frozen, as frozen and put back, or otherwise."""

    SAME = auto()
    RESTORED = auto()
    DIFFERENT = auto()


def file_name(*, report: CouncilReport, kind: FileKind, ministry: str = "") -> str:
    """Return a name such as 第6回会議_会議資料_20230904-1000.xlsx."""
    parts = [f"第{report.round.council.number}回会議", kind.label]
    parts += [ministry] if ministry else []
    stem = "_".join([*parts, f"{instant_in_tokyo(report.as_of):%Y%m%d-%H%M}"])
    return safe_file_name(stem, kind.suffix)


def open_council_file(
    *, file: CouncilFile, actor: User | None, now: datetime, rule: str = "", address: str = ""
) -> IO[bytes]:
    """Open a file whose bytes are those that were frozen, and record who took it.

    Without an account (actor None) `rule` says who it was, and `address` from where.

    Raises:
        FileNotWhole: when it is not where it was put, or was changed there.
    """
    problem, content = _checked(file)
    if content is None:
        record_audit(
            action="取りまとめのファイルの異常を検知",
            now=now,
            actor=actor,
            rule=rule,
            obj=file.report,
            ministry=file.ministry,
            after={"ファイル": file.name, "内容": problem},
        )
        raise FileNotWhole(f"「{file.name}」：{problem}{_advice(file, actor)}")
    record_audit(
        action="取りまとめをダウンロード",
        now=now,
        actor=actor,
        rule=rule,
        obj=file.report,
        ministry=file.ministry,
        after={"ファイル": file.name, "SHA-256": file.sha256} | ({"接続元": address} if address else {}),
    )
    return content


def _checked(file: CouncilFile) -> tuple[str, IO[bytes] | None]:
    """Return what is wrong, or the open file; what is handed out is what was hashed."""
    try:
        content: Any = file.file.open("rb")
    except FileNotFoundError:
        return MISSING, None
    if hashlib.file_digest(content, "sha256").hexdigest() != file.sha256:
        content.close()
        return CHANGED, None
    content.seek(0)
    return "", content


def _advice(file: CouncilFile, actor: User | None) -> str:
    if actor is None or not actor.is_staff:
        return ASK_STAFF
    return REBUILDABLE if FileKind(file.kind).is_from_figures else TO_BE_RESTORED


def put_back(*, file: CouncilFile, content: bytes, actor: User | None, now: datetime) -> Rebuilt:
    """Compare bytes that were made again with those that were frozen; store them where those were lost.

    Raises:
        Refusal: when somebody else is just storing the same file.
    """
    if hashlib.sha256(content).hexdigest() != file.sha256:
        return Rebuilt.DIFFERENT
    _problem, stored = _checked(file)
    if stored is not None:
        stored.close()
        return Rebuilt.SAME
    storage, name = file.file.storage, str(file.file.name)
    storage.delete(name)
    if (saved := storage.save(name, ContentFile(content))) != name:
        storage.delete(saved)
        raise Refusal(f"「{file.name}」：{BUSY}")
    record_audit(
        action="取りまとめのファイルを作り直して復元",
        now=now,
        actor=actor,
        obj=file.report,
        ministry=file.ministry,
        after={"ファイル": file.name, "SHA-256": file.sha256},
    )
    return Rebuilt.RESTORED
