"""Write, seal and verify the audit trail (記録)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction

from outreach.models import AuditEntry, AuditSeal, Ministry, User

SEAL_BATCH = 2000


def record_audit(
    *,
    action: str,
    now: datetime,
    actor: User | None,
    obj: models.Model | None = None,
    ministry: Ministry | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    rule: str = "",
    on_behalf_of: str = "",
) -> AuditEntry:
    """Add one entry; call it inside the transaction of what it tells of.

    `rule` names what acted when there was no person (actor None), e.g. 「督促の規則」.
    Action is a verb phrase in Japanese as shown in the trail, e.g. 「依頼を発出」.
    """
    return AuditEntry.objects.create(
        **_entry_fields(
            action=action, now=now, actor=actor, obj=obj, ministry=ministry,
            before=before, after=after, reason=reason, rule=rule, on_behalf_of=on_behalf_of,
        )
    )  # fmt: skip


def record_audit_of_each(
    entries: Iterable[tuple[models.Model, dict[str, Any] | None]],
    *,
    action: str,
    now: datetime,
    actor: User | None,
    ministry: Ministry | None = None,
    reason: str = "",
    rule: str = "",
) -> None:
    """Add an entry on each of some objects, given with what each is now, in one statement."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            **_entry_fields(
                action=action, now=now, actor=actor, obj=obj, ministry=ministry,
                before=None, after=after, reason=reason, rule=rule, on_behalf_of="",
            )
        )
        for obj, after in entries
    )  # fmt: skip


def _entry_fields(
    *,
    action: str,
    now: datetime,
    actor: User | None,
    obj: models.Model | None,
    ministry: Ministry | None,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    reason: str,
    rule: str,
    on_behalf_of: str,
) -> dict[str, Any]:
    return {
        "at": now,
        "actor": actor,
        "actor_label": f"{actor.name}（{actor.email}）" if actor else rule or "システム",
        "on_behalf_of": on_behalf_of,
        "action": action,
        "ministry": ministry,
        "object_type": obj._meta.label_lower if obj else "",
        "object_id": str(obj.pk) if obj else "",
        "object_label": str(obj)[:200] if obj else "",
        "before": _plain(before),
        "after": _plain(after),
        "reason": reason,
    }


def _plain(values: dict[str, Any] | None) -> Any:
    """Return values as JSON knows them (dates in ISO form), so that hashing later sees the same."""
    return None if values is None else json.loads(json.dumps(values, cls=DjangoJSONEncoder))


def changed_values(
    model: type[models.Model], *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between two sets of field values, as people read it (labels, chosen words)."""
    differing = [name for name in after if before.get(name) != after[name]]
    return (
        labelled(model, {name: before.get(name) for name in differing}),
        labelled(model, {name: after[name] for name in differing}),
    )


def labelled(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return field values by the fields' Japanese names, choices in words."""
    fields: dict[str, Any] = {name: model._meta.get_field(name) for name in values}
    return {
        str(field.verbose_name): dict(field.flatchoices).get(values[name], values[name])
        for name, field in fields.items()
    }


def seal_audit() -> int:
    """Chain the entries that have no seal yet; return how many. Safe in two processes at once.

    Of two sealers that go on from the same last seal the later one is refused by the unique
    previous hash, and leaves the rest to the next time.
    """
    last = AuditSeal.objects.order_by("-pk").first()
    chain = last.chain_hash if last else ""
    seals = []
    for entry in AuditEntry.objects.filter(seal=None).order_by("pk")[:SEAL_BATCH]:
        previous, chain = chain, chain_hash(chain, entry)
        seals.append(AuditSeal(entry=entry, previous_hash=previous, chain_hash=chain))
    try:
        with transaction.atomic():
            AuditSeal.objects.bulk_create(seals)
    except IntegrityError:
        return 0
    return len(seals)


def chain_hash(previous: str, entry: AuditEntry) -> str:
    """Return the SHA-256 over the previous hash and every column of an entry."""
    values = {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.concrete_fields}
    values["at"] = entry.at.timestamp()
    text = json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def find_tampering() -> str | None:
    """Return a Japanese sentence on the first broken place of the chain, or None when it holds."""
    chain = ""
    for seal in AuditSeal.objects.select_related("entry").order_by("pk").iterator():
        chain = chain_hash(chain, seal.entry)
        if chain != seal.chain_hash:
            return f"記録 {seal.entry_id}（{seal.entry}）またはその前の記録が書き換えられています。"
    return None
