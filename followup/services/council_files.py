"""Hand out the files of a finished 取りまとめ, the same bytes each time, and say who took which."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import IO, Any

from followup.models import CouncilFile, CouncilReport, FileKind
from outreach.models import Ministry, User
from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal

MISSING = "ファイルが保存先に見つかりません。"
CHANGED = "保存先のファイルが、作成したときと異なります（SHA-256の不一致）。"
TO_BE_RESTORED = "システム管理者に連絡し、控えから戻してください。"
ASK_STAFF = "お手数ですが、フォローアップの問合せ先に御連絡ください。"


class FileNotWhole(Refusal):
    """The stored bytes are not those that were frozen."""


def file_name(*, report: CouncilReport, kind: FileKind, ministry: Ministry | None = None) -> str:
    """Return a name such as 第6回会議_会議資料_20230904-1000.xlsx."""
    parts = [f"第{report.round.council.number}回会議", kind.label]
    parts += [ministry.name] if ministry else []
    return safe_file_name("_".join([*parts, f"{instant_in_tokyo(report.as_of):%Y%m%d-%H%M}"]), kind.suffix)


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
        raise FileNotWhole(
            f"「{file.name}」：{problem}{TO_BE_RESTORED if actor and actor.is_staff else ASK_STAFF}"
        )
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
