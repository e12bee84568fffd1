"""APIトークン: issued by staff for themselves, shown once, found by their hash, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import IntegrityError, transaction

from outreach.models import ApiToken, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.secret_tokens import hash_token, new_token

PREFIX = "outreach_"
"""Begins every token, so that a scanner of source code recognises one that was left there."""
VALID_DAYS = (30, 90, 180, 365)


class TokenRefused(Refusal):
    """Unknown, expired or revoked, or its owner may not use it any more; all look the same."""

    def __init__(self) -> None:
        super().__init__(
            "APIトークンが正しくないか、期限が切れたか、取り消されています。"
            "管理画面の「APIトークン」で新しく発行してください。"
        )


def issue_token(*, user: User, name: str, valid_days: int, now: datetime) -> tuple[ApiToken, str]:
    """Issue a token to a member of the staff; return its row and the token, which is stored nowhere.

    Raises:
        Refusal: for officers, another length of life than VALID_DAYS, and a name that is in use.
    """
    if not user.is_staff:
        raise Refusal("APIトークンを発行できるのは職員だけです。")
    if valid_days not in VALID_DAYS:
        raise Refusal("有効期間を選択肢から選んでください。", field="valid_days")
    token = PREFIX + new_token()
    try:
        with transaction.atomic():
            issued = ApiToken.objects.create(
                user=user,
                name=name,
                token_hash=hash_token(token),
                created_at=now,
                expires_at=now + timedelta(days=valid_days),
            )
            record_audit(
                action="APIトークンを発行", now=now, actor=user, obj=issued,
                after=labelled(ApiToken, {"name": name, "expires_at": issued.expires_at}),
            )  # fmt: skip
    except IntegrityError as error:
        raise Refusal(
            "この名称のAPIトークンは発行済みです。別の名称にするか、発行済みのものを取り消してください。",
            field="name",
        ) from error
    return issued, token


def find_token(*, token: str, now: datetime) -> ApiToken:
    """Return the row of a token that its owner may use now, and note the use; raise TokenRefused.

    The owner must still be active staff, with a second factor where staff need one: the token stands
    for a session that was opened with it.
    """
    found = ApiToken.objects.open(now).filter(token_hash=hash_token(token)).select_related("user").first()
    if found is None or not _may_use(found.user):
        raise TokenRefused
    ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def _may_use(user: User) -> bool:
    if not (user.is_active and user.is_staff):
        return False
    return is_mfa_enabled(user) or not settings.STAFF_MFA_REQUIRED


def revoke_token(*, token: ApiToken, actor: User, now: datetime) -> None:
    """Take a token back: the owner's own, or anybody's by an administrator; a second time is refused."""
    if actor.pk != token.user_id and not actor.is_superuser:
        raise Refusal("取り消せるのは、自分のAPIトークンだけです。")
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            raise Refusal("このAPIトークンは、既に取り消されています。")
        record_audit(action="APIトークンを取消", now=now, actor=actor, obj=token)


def revoke_tokens_of(*, user: User, actor: User, now: datetime) -> None:
    """Take back all tokens of an account, inside the transaction of what happens to it."""
    for token in ApiToken.objects.open(now).filter(user=user):
        revoke_token(token=token, actor=actor, now=now)
