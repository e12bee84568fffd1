"""The trail of the doors: logins, failures, logouts and refusals; and the lock after many failures.

These entries carry no ministry: they are for staff, not for the ministry's own activity page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outreach.models import AuditEntry, User
from outreach.services.audit import record_audit

LOGGED_IN = "ログイン"
LOGGED_OUT = "ログアウト"
LOGIN_FAILED = "ログインに失敗"
LOGIN_LIMITED = "ログインを一時制限"
LOGIN_INACTIVE = "無効な利用者のログインを拒否"
LOGIN_UNLOCKED = "ログインの制限を解除"
PASSWORD_CHANGED = "パスワードを変更"  # noqa: S105 - the name of an action
PASSWORD_RESET = "パスワードを再設定"  # noqa: S105
SECOND_FACTOR_FAILED = "多要素認証に失敗"
REFUSED = "閲覧・操作を拒否"

FORGIVING = (LOGGED_IN, LOGIN_UNLOCKED, PASSWORD_RESET)
"""What ends a row of consecutive failures."""
LOCK_AFTER = 100

NOBODY = "ログインしていない利用者"
DETAILS = {
    "address": "接続元",
    "view": "画面",
    "asked": "指定された値",
    "method": "メソッド",
    "status": "応答",
}
"""What the trail calls the details of an access."""


def record_access(
    *, action: str, user: User | None, now: datetime, by: User | None = None, **details: Any
) -> None:
    """Add what happened at a door; what was typed there is not kept, a password may be in it.

    `details` are named as in DETAILS.
    """
    told = {DETAILS[name]: value for name, value in details.items()}
    record_audit(action=action, now=now, actor=by, rule=NOBODY, obj=user, after=told or None)


def is_locked(*, user: User) -> bool:
    """Say whether an account failed to log in LOCK_AFTER times in a row, from wherever.

    Counted in the trail, so that it survives a restart; a reset by mail or by staff ends it.
    """
    entries = AuditEntry.objects.filter(object_type=user._meta.label_lower, object_id=str(user.pk))
    forgiven = entries.filter(action__in=FORGIVING).order_by("-pk").values_list("pk", flat=True).first()
    return entries.filter(action=LOGIN_FAILED, pk__gt=forgiven or 0).count() >= LOCK_AFTER
