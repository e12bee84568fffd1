"""Keep a ministry's own list of bodies (団体): add, change, stop using, use again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from outreach.models import Body, Ministry, User
from outreach.rules.names import matching_key
from outreach.services.audit import changed_values, labelled, record_audit
from outreach.services.errors import Refusal, StaleWrite


class DuplicateBody(Refusal):
    """The ministry's list already has a body of this name or 法人番号."""


@dataclass(frozen=True)
class BodyFields:
    """What an officer enters about a body, already cleaned (rules.names, rules.corporate_number)."""

    name: str
    category: str
    corporate_number: str = ""
    addressee: str = ""
    honorific: str = Body.Honorific.ONCHU
    email: str = ""
    phone: str = ""
    note: str = ""

    @classmethod
    def of(cls, body: Body) -> BodyFields:
        return cls(**{name: getattr(body, name) for name in cls.__dataclass_fields__})


def create_body(*, ministry: Ministry, fields: BodyFields, actor: User, now: datetime) -> Body:
    """Add a body to the ministry's list.

    Raises:
        DuplicateBody: when the list has the name or the 法人番号, in use or not.
    """
    _refuse_duplicate(ministry_id=ministry.pk, fields=fields)
    body = Body(ministry=ministry, **asdict(fields))
    try:
        with transaction.atomic():
            body.save(force_insert=True)
            record_audit(
                action="団体を追加",
                now=now,
                actor=actor,
                obj=body,
                ministry=ministry,
                after=labelled(Body, asdict(fields)),
            )
    except IntegrityError as error:
        raise DuplicateBody("同じ団体が、たった今登録されました。一覧を確かめてください。") from error
    return body


def create_bodies(
    *,
    ministry: Ministry,
    entered: Sequence[BodyFields],
    actor: User,
    now: datetime,
    on_behalf_of: str = "",
) -> list[Body]:
    """Add several bodies to the ministry's list, all or none, with one entry on the trail.

    Raises:
        DuplicateBody: when the list has one of the names, in use or not, or a name comes twice.
    """
    bodies = [Body(ministry=ministry, name_key=matching_key(row.name), **asdict(row)) for row in entered]
    try:
        with transaction.atomic():
            created = Body.objects.bulk_create(bodies)
            record_audit(
                action="団体をまとめて追加",
                now=now,
                actor=actor,
                obj=ministry,
                ministry=ministry,
                after={"団体": [f"{body}（{body.get_category_display()}）" for body in created]},
                on_behalf_of=on_behalf_of,
            )
    except IntegrityError as error:
        raise DuplicateBody(
            "同じ団体が既に登録されています。団体の一覧を確かめてください。何も追加していません。"
        ) from error
    return created


def update_body(*, body: Body, expected_version: int, fields: BodyFields, actor: User, now: datetime) -> Body:
    """Change a body that is still as the officer saw it.

    Raises:
        DuplicateBody: when another body of the list has the name or the 法人番号.
        StaleWrite: when somebody saved first; `theirs` holds what they saved.
    """
    _refuse_duplicate(ministry_id=body.ministry_id, fields=fields, apart_from=body)
    try:
        with transaction.atomic():
            seen = BodyFields.of(Body.objects.get(pk=body.pk))
            changed = Body.objects.filter(pk=body.pk, version=expected_version).update(
                **asdict(fields), name_key=matching_key(fields.name), version=F("version") + 1
            )
            if not changed:
                raise StaleWrite(theirs=asdict(BodyFields.of(Body.objects.get(pk=body.pk))))
            body.refresh_from_db()
            before, after = changed_values(Body, before=asdict(seen), after=asdict(fields))
            record_audit(
                action="団体を変更",
                now=now,
                actor=actor,
                obj=body,
                ministry=body.ministry,
                before=before,
                after=after,
            )
    except IntegrityError as error:
        raise DuplicateBody("同じ団体が、たった今登録されました。一覧を確かめてください。") from error
    return body


@transaction.atomic
def set_body_active(*, body: Body, active: bool, actor: User, now: datetime) -> bool:
    """Stop or resume the use of a body; return False when it already was so (a second click)."""
    changed = Body.objects.filter(pk=body.pk, is_active=not active).update(
        is_active=active, version=F("version") + 1
    )
    if changed:
        record_audit(
            action="団体の使用を再開" if active else "団体の使用を停止",
            now=now,
            actor=actor,
            obj=body,
            ministry=body.ministry,
        )
        body.refresh_from_db()
    return bool(changed)


def _refuse_duplicate(*, ministry_id: int, fields: BodyFields, apart_from: Body | None = None) -> None:
    same = Q(name_key=matching_key(fields.name))
    if fields.corporate_number:
        same |= Q(corporate_number=fields.corporate_number)
    others = Body.objects.filter(same, ministry_id=ministry_id)
    if apart_from:
        others = others.exclude(pk=apart_from.pk)
    if other := others.first():
        by_name = other.name_key == matching_key(fields.name)
        same_as = "同じ名称" if by_name else "同じ法人番号"
        state = "" if other.is_active else "（使用停止中）"
        raise DuplicateBody(
            f"{same_as}の団体「{other.name}」{state}が既に登録されています。",
            field="name" if by_name else "corporate_number",
        )
