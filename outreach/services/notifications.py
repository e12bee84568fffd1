"""Record which bodies a ministry notified (発出): chosen, issued, corrected, withdrawn, or none at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, ProtectedError

from outreach.models import Assignment, Body, LetterTemplate, Notification, User
from outreach.services.audit import record_audit
from outreach.services.errors import StaleWrite
from outreach.services.notification_record import (
    AlreadyRecorded,
    AnswersExist,
    BodiesChosen,
    InvalidRecord,
    NotificationRecord,
    record_of,
    refuse_invalid,
    refuse_recorded,
    refuse_unfit,
    summary_of,
)


@transaction.atomic
def plan_notifications(
    *, assignment: Assignment, bodies: Sequence[Body], actor: User, now: datetime
) -> list[Notification]:
    """Choose bodies as addressees, with the template of their category; return those newly chosen.

    Bodies that are chosen already stay as they are.
    """
    assignment = _lock(assignment)
    known = set(assignment.notifications.filter(body__in=bodies).values_list("body_id", flat=True))
    new = [body for body in bodies if body.pk not in known]
    refuse_unfit(assignment, bodies=bodies, new=new)
    chosen = _create(assignment, new, {}, actor=actor, now=now)
    if chosen:
        record_audit(
            action="発出先を選定",
            now=now,
            actor=actor,
            obj=assignment,
            ministry=assignment.ministry,
            after={"団体": [body.name for body in new]},
        )
    return chosen


@transaction.atomic
def record_notifications(
    *,
    assignment: Assignment,
    bodies: Sequence[Body],
    record: NotificationRecord,
    template_numbers: Mapping[int, int] | None = None,
    actor: User,
    now: datetime,
) -> list[Notification]:
    """Record that bodies were notified, all or none; those not chosen before are chosen with it.

    `template_numbers` (body id → 1 or 2) says by which template; without, the one chosen before or
    that of the body's category. Constant number of queries, apart from the database's batches.

    Raises:
        InvalidRecord, ForeignBody, InactiveBody, NoBodyDeclared, AlreadyRecorded.
    """
    assignment = _lock(assignment)
    refuse_invalid(assignment, record, now=now)
    numbers = dict(template_numbers or {})
    chosen = {
        row.body_id: row
        for row in assignment.notifications.filter(body__in=bodies).select_related("body", "template")
    }
    refuse_recorded([row for row in chosen.values() if row.is_issued])
    new = [body for body in bodies if body.pk not in chosen]
    refuse_unfit(assignment, bodies=bodies, new=new)
    _fill_in(assignment, list(chosen.values()), record, numbers, actor=actor, now=now)
    created = _create(assignment, new, numbers, record=record, actor=actor, now=now)
    rows = list(assignment.notifications.filter(body__in=bodies).select_related("body", "template"))
    _link([*chosen.values(), *created], record)
    record_audit(
        action="発出を記録",
        now=now,
        actor=actor,
        obj=assignment,
        ministry=assignment.ministry,
        after={**record.summary(), "団体": [f"{row.body}（{row.template}）" for row in rows]},
    )
    return rows


@transaction.atomic
def update_notification(
    *,
    notification: Notification,
    expected_version: int,
    record: NotificationRecord,
    template_number: int,
    actor: User,
    now: datetime,
) -> Notification:
    """Correct a recorded notice that is still as the officer saw it.

    Raises:
        InvalidRecord, ForeignBody; StaleWrite when somebody saved first (`theirs` = what they saved).
    """
    assignment = _lock(notification.assignment)
    refuse_invalid(assignment, record, now=now)
    before = summary_of(Notification.objects.issued().get(pk=notification.pk))
    changed = (
        Notification.objects.issued()
        .filter(pk=notification.pk, version=expected_version)
        .update(
            **record.columns(),
            template=_templates(assignment)[template_number],
            recorded_by=actor,
            recorded_at=now,
            version=F("version") + 1,
        )
    )
    notification.refresh_from_db()
    if not changed:
        number = notification.template.number
        raise StaleWrite(theirs={**vars(record_of(notification)), "template_number": number})
    notification.channels.set(record.channels)
    notification.materials.set(record.materials)
    record_audit(
        action="発出の記録を修正",
        now=now,
        actor=actor,
        obj=notification,
        ministry=assignment.ministry,
        before=before,
        after=summary_of(notification),
    )
    return notification


@transaction.atomic
def withdraw_notification(*, notification: Notification, actor: User, now: datetime) -> None:
    """Remove a body from the addressees, with what was recorded; the trail and the history keep it.

    Done twice, it changes nothing more.

    Raises:
        AnswersExist: when a report, a draft included, has answers about it.
    """
    assignment = _lock(notification.assignment)
    if not assignment.notifications.filter(pk=notification.pk).exists():
        return
    record_audit(
        action="発出の記録を取消し" if notification.is_issued else "発出先の選定を取消し",
        now=now,
        actor=actor,
        obj=notification,
        ministry=assignment.ministry,
        before=summary_of(notification),
    )
    try:
        notification.delete()
    except ProtectedError as error:
        raise AnswersExist(
            "この団体についての回答又は回答依頼があるため、取り消せません。提出する前であれば、報告でこの団体の回答を"
            "全て空欄にして保存すると、取り消せます。提出した版に含まれる場合や、団体に回答を依頼した場合は、"
            "備考に誤りである旨を記録し、問合せ先へ御連絡ください。"
        ) from error


@transaction.atomic
def declare_no_body(*, assignment: Assignment, reason: str, actor: User, now: datetime) -> None:
    """Answer that there is no body to notify (該当なし), with the reason; said again, it changes it.

    Raises:
        BodiesChosen: while bodies are chosen or notified.
        InvalidRecord: without a reason.
    """
    locked = _lock(assignment)
    if locked.notifications.exists():
        raise BodiesChosen(
            "発出先が登録されているため「該当なし」にできません。先に発出先の選定と記録を取り消してください。"
        )
    if not reason.strip():
        raise InvalidRecord("該当する団体がない理由を入力してください。", field="reason")
    _set_no_body(assignment, locked, reason.strip(), actor=actor, now=now)


@transaction.atomic
def withdraw_no_body(*, assignment: Assignment, actor: User, now: datetime) -> None:
    """Take 該当なし back, so that bodies can be chosen; done twice, it changes nothing more."""
    locked = _lock(assignment)
    if locked.is_no_body:
        _set_no_body(assignment, locked, "", actor=actor, now=now)


def _set_no_body(
    assignment: Assignment, locked: Assignment, reason: str, *, actor: User, now: datetime
) -> None:
    before = locked.no_body_reason
    locked.no_body_reason = assignment.no_body_reason = reason
    locked.save(update_fields=["no_body_reason"])
    record_audit(
        action="該当なしを登録" if reason else "該当なしを取消し",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.ministry,
        before={"理由": before},
        after={"理由": reason},
    )


def _lock(assignment: Assignment) -> Assignment:
    """Hold the assignment's row: choosing bodies and answering 該当なし wait for each other."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("request", "ministry")
    return rows.get(pk=assignment.pk)


def _templates(assignment: Assignment) -> dict[int, LetterTemplate]:
    return {template.number: template for template in assignment.request.letter_templates.all()}


def _create(
    assignment: Assignment,
    bodies: Sequence[Body],
    numbers: Mapping[int, int],
    *,
    record: NotificationRecord | None = None,
    actor: User,
    now: datetime,
) -> list[Notification]:
    templates = _templates(assignment)
    return Notification.objects.bulk_create(
        Notification(
            assignment=assignment,
            body=body,
            template=templates[numbers.get(body.pk, body.proposed_template_number)],
            recorded_by=actor,
            recorded_at=now,
            **(record.columns() if record else {}),
        )
        for body in bodies
    )


def _fill_in(
    assignment: Assignment,
    planned: Sequence[Notification],
    record: NotificationRecord,
    numbers: Mapping[int, int],
    *,
    actor: User,
    now: datetime,
) -> None:
    """Issue what was planned: one UPDATE a template, guarded so that nothing is issued twice."""
    by_template: dict[int, list[int]] = {}
    for row in planned:
        by_template.setdefault(numbers.get(row.body_id, row.template.number), []).append(row.pk)
    templates = _templates(assignment)
    for number, keys in by_template.items():
        issued = (
            Notification.objects.planned()
            .filter(pk__in=keys)
            .update(
                **record.columns(),
                template=templates[number],
                recorded_by=actor,
                recorded_at=now,
                version=F("version") + 1,
            )
        )
        if issued != len(keys):
            raise AlreadyRecorded("ほかの方が先に記録しました。一覧を確かめてください。")


def _link(notifications: Sequence[Notification], record: NotificationRecord) -> None:
    """Attach channels and materials to notices that have none yet."""
    keys = [notification.pk for notification in notifications]
    channels: Any = Notification.channels.through
    materials: Any = Notification.materials.through
    channels.objects.bulk_create(
        channels(notification_id=key, channel_id=channel.pk) for key in keys for channel in record.channels
    )
    materials.objects.bulk_create(
        materials(notification_id=key, material_id=material.pk)
        for key in keys
        for material in record.materials
    )
