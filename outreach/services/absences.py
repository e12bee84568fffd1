"""不在: from when to when an officer is away, and which colleague gets the mail meanwhile (代理)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from outreach.models import Role, User
from outreach.models.user import UserQuerySet
from outreach.rules.wareki import format_wareki, instant_in_tokyo
from outreach.services.addressees import ALL_ROLES
from outreach.services.audit import changed_values, record_audit
from outreach.services.errors import NotAllowed, Refusal

FIELDS = ("away_from", "away_until", "deputy")


def possible_deputies(user: User) -> UserQuerySet:
    """Return the colleagues who could stand in: of the same ministry, and able to act for it."""
    colleagues: UserQuerySet = User.objects.active().officers()
    return colleagues.filter(ministry=user.ministry_id, role__in=ALL_ROLES).exclude(pk=user.pk)


def may_set_absence(*, user: User, actor: User) -> bool:
    """Say whether somebody may enter an officer's absence: the officer, a coordinator there, or staff."""
    is_coordinator = actor.role == Role.COORDINATOR and actor.ministry_id == user.ministry_id
    return user.is_officer and actor.is_active and (actor == user or is_coordinator or actor.is_staff)


@transaction.atomic
def set_absence(
    *,
    user: User,
    away_from: date,
    away_until: date,
    deputy: User | None = None,
    actor: User,
    now: datetime,
) -> None:
    """Enter an absence, both days inclusive, in the place of the one entered before.

    Raises:
        NotAllowed: for an officer of another ministry, or a colleague's absence by a contributor.
        Refusal: for days that end before they begin or before today, and for a deputy who cannot act.
    """
    locked = _locked(user, actor)
    if away_until < away_from:
        raise Refusal("最終日は、初日以後の日にしてください。", field="away_until")
    if away_until < instant_in_tokyo(now).date():
        raise Refusal("最終日は、本日以後の日にしてください。", field="away_until")
    if deputy is not None:
        _refuse_deputy(locked, deputy, away_from, away_until)
    _write(locked, "不在を設定", actor, now, away_from=away_from, away_until=away_until, deputy=deputy)


@transaction.atomic
def end_absence(*, user: User, actor: User, now: datetime) -> None:
    """Take an absence back; refused when there is none."""
    locked = _locked(user, actor)
    if locked.away_until is None:
        raise Refusal("不在は設定されていません。画面を再読み込みしてください。")
    _write(locked, "不在を解除", actor, now, away_from=None, away_until=None, deputy=None)


def _locked(user: User, actor: User) -> User:
    locked: User = User.objects.select_for_update(of=("self",)).select_related("ministry").get(pk=user.pk)
    if not may_set_absence(user=locked, actor=actor):
        raise NotAllowed("不在を設定できるのは、本人と同じ府省庁の取りまとめ担当だけです。")
    if not locked.is_active:
        raise Refusal("この方は無効になっています。引継ぎの状況を確かめてください。")
    return locked


def _refuse_deputy(user: User, deputy: User, away_from: date, away_until: date) -> None:
    """Refuse who cannot act then; who becomes unable later is passed over when mail is sent."""
    able = possible_deputies(user).filter(pk=deputy.pk)
    if not able.exists():
        raise Refusal("代理は、同じ府省庁の取りまとめ担当又は担当者から選んでください。", field="deputy")
    overlapping = able.filter(Q(away_from__lte=away_until) & Q(away_until__gte=away_from)).first()
    if overlapping and overlapping.away_until:
        until = format_wareki(overlapping.away_until)
        raise Refusal(
            f"{overlapping.name}さんは{until}まで不在です。ほかの方を選んでください。", field="deputy"
        )


def _write(user: User, action: str, actor: User, now: datetime, **values: date | User | None) -> None:
    before = {field: getattr(user, field) for field in FIELDS}
    for field, value in values.items():
        setattr(user, field, value)
    user.save(update_fields=list(values))
    old, new = changed_values(User, before=_named(before), after=_named(values))
    record_audit(action=action, now=now, actor=actor, obj=user, ministry=user.ministry, before=old, after=new)


def _named(values: dict[str, date | User | None]) -> dict[str, date | str | None]:
    return {name: str(value) if isinstance(value, User) else value for name, value in values.items()}
