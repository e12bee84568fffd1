"""督促の休止: no reminders to a ministry, or about one report, until a day; with a reason, by staff."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from followup.models import ReminderPause, Report
from outreach.models import Ministry, User
from outreach.rules.wareki import format_wareki
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal

Paused = Ministry | Report


@transaction.atomic
def pause_reminders(
    *, of: Paused, until: date, reason: str, actor: User, today: date, now: datetime
) -> ReminderPause:
    """Remind nobody about a ministry or a report up to a day (inclusive); an older pause ends."""
    if until < today:
        raise Refusal("休止の最終日には本日以降の日を入力してください。", field="until")
    if not reason.strip():
        raise Refusal("休止の理由を入力してください。", field="reason")
    before = _lock_pause(of)
    if before:
        _end(before, actor=actor, now=now)
    pause = ReminderPause.objects.create(
        **_field(of), until=until, reason=reason.strip(), created_by=actor, created_at=now
    )
    record_audit(
        action="督促を休止",
        now=now,
        actor=actor,
        obj=of,
        ministry=_ministry(of),
        before=labelled(ReminderPause, {"until": before.until}) if before else None,
        after=labelled(ReminderPause, {"until": until}),
        reason=pause.reason,
    )
    return pause


@transaction.atomic
def resume_reminders(*, of: Paused, reason: str, actor: User, now: datetime) -> None:
    """End a pause before its day; what was reached meanwhile is told at the stage that applies then."""
    pause = _lock_pause(of)
    if pause is None:
        raise Refusal("督促は休止されていません。画面を再読み込みしてください。")
    _end(pause, actor=actor, now=now)
    record_audit(
        action="督促を再開",
        now=now,
        actor=actor,
        obj=of,
        ministry=_ministry(of),
        before=labelled(ReminderPause, {"until": pause.until}),
        reason=reason,
    )


def pause_on(*, of: Paused, day: date) -> ReminderPause | None:
    """Return the pause that holds on a day, of a report also that of its ministry."""
    asked = Q(**_field(of))
    if isinstance(of, Report):
        asked |= Q(ministry=of.assignment.ministry_id)
    return ReminderPause.objects.on(day).filter(asked).select_related("created_by").order_by("-until").first()


def pauses_on(*, day: date) -> dict[tuple[int | None, int | None], ReminderPause]:
    """Return the pauses that hold on a day, by the ids of their report and ministry."""
    found = ReminderPause.objects.on(day).select_related("created_by")
    return {(pause.report_id, pause.ministry_id): pause for pause in found}


def is_paused(*, of: Paused, day: date) -> bool:
    """Say whether a pause of its own holds on a day."""
    return ReminderPause.objects.on(day).filter(**_field(of)).exists()


def in_words(pause: ReminderPause | None) -> str:
    """Return what pages say of a pause."""
    if pause is None:
        return "休止していません"
    whose = "この府省庁への督促を" if pause.ministry_id else ""
    return (
        f"{whose}{format_wareki(pause.until)}まで休止しています（{pause.created_by}、理由：{pause.reason}）"
    )


def _lock_pause(of: Paused) -> ReminderPause | None:
    return ReminderPause.objects.select_for_update().filter(**_field(of), ended_at=None).first()


def _end(pause: ReminderPause, *, actor: User, now: datetime) -> None:
    pause.ended_by, pause.ended_at = actor, now
    pause.save(update_fields=["ended_by", "ended_at"])


def _field(of: Paused) -> dict[str, Paused]:
    return {"report" if isinstance(of, Report) else "ministry": of}


def _ministry(of: Paused) -> Ministry:
    return of.assignment.ministry if isinstance(of, Report) else of
