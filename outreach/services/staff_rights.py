"""What each member of the staff may do in the admin: groups of rights, given by administrators only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from outreach.models import User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal


@transaction.atomic
def set_staff_rights(
    *, user: User, groups: Sequence[Group], is_superuser: bool, actor: User, now: datetime
) -> None:
    """Give a member of the staff exactly these groups and, or not, all rights.

    Raises:
        NotAllowed: unless an administrator asks.
        Refusal: for officers, and for taking one's own administrator's right.
    """
    if not actor.is_superuser:
        raise NotAllowed("権限を設定できるのは管理者だけです。")
    if not user.is_staff:
        raise Refusal("府省庁の担当者には管理画面の権限を設定できません。")
    if user.pk == actor.pk and not is_superuser:
        raise Refusal("自分の管理者の権限を外すことはできません。ほかの管理者に依頼してください。")
    before = _described(user)
    user.groups.set(groups)
    if user.is_superuser != is_superuser:
        user.is_superuser = is_superuser
        user.save(update_fields=["is_superuser"])
    record_audit(
        action="職員の権限を設定", now=now, actor=actor, obj=user, before=before, after=_described(user)
    )


def _described(user: User) -> dict[str, object]:
    names = list(user.groups.order_by("name").values_list("name", flat=True))
    return {"管理者": user.is_superuser, "権限グループ": names}
