"""延長の申出: a ministry asks for more time, and staff grant or refuse it; staff also give it unasked."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction

from followup.models import ExtensionRequest, ExtensionState, Report, Round
from followup.models.extension import ExtensionRequestQuerySet
from followup.rules.due import Due
from followup.rules.status import UNANSWERED, Party
from followup.services.due_dates import give_more_time, refuse_less_time
from followup.services.mail_texts import render_mail, url_of
from followup.services.steps import lock_report, refuse_strangers
from outreach.models import MailKind, User
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from outreach.services.mail import queue_mail, queue_mail_to_ministry

BY_SUBMISSION = "報告が提出されたため。"
BY_ROUND = "フォローアップの回答期限が変更されたため。"


def objection_to_asking(report: Report, *, now: datetime) -> str:
    """Return why more time cannot be asked for now, or ""."""
    if not report.round.is_open or report.due is None:
        return "回答期限の延長を申し出られるのは、受付中のフォローアップだけです。"
    if report.status not in UNANSWERED:
        return "報告は既に提出されているため、延長の申出は不要です。"
    if report.due.has_passed(now) and not report.takes_late():
        return "回答期限を過ぎたため、申し出られません。問合せ先へ御連絡ください。"
    if _waiting(report).exists():
        return "審査中の申出があります。内容を変えるときは、取り下げてから申し出てください。"
    return ""


@transaction.atomic
def ask_extension(
    *, report: Report, due_on: date, due_time: time | None = None, reason: str, actor: User, now: datetime
) -> ExtensionRequest:
    """Ask staff for a later due date, and tell the round's contact by mail if it has an address."""
    locked = lock_report(report)
    _refuse_others(locked, actor)
    if objection := objection_to_asking(locked, now=now):
        raise Refusal(objection)
    wanted = Due(due_on, due_time)
    refuse_less_time(locked, wanted, now=now)
    if not reason.strip():
        raise Refusal("申出の理由を入力してください。", field="reason")
    asked = ExtensionRequest.objects.create(
        report=locked,
        wanted_on=wanted.on,
        wanted_time=wanted.time,
        reason=reason.strip(),
        asked_by=actor,
        asked_at=now,
    )
    record_audit(
        action="延長の申出",
        now=now,
        actor=actor,
        obj=asked,
        ministry=locked.assignment.ministry,
        after={"希望する回答期限": str(wanted)},
        reason=asked.reason,
    )
    _tell_contact(asked, now=now)
    return asked


@transaction.atomic
def withdraw_extension(*, extension: ExtensionRequest, actor: User, now: datetime) -> ExtensionRequest:
    """Take a request back before it is decided (取下げ)."""
    _refuse_others(lock_report(extension.report), actor)
    return _settle(extension, ExtensionState.WITHDRAWN, actor=actor, now=now)


@transaction.atomic
def grant_extension(
    *,
    extension: ExtensionRequest,
    due_on: date,
    due_time: time | None = None,
    answer: str = "",
    actor: User,
    now: datetime,
) -> ExtensionRequest:
    """Give the ministry more time, as much as it wished for or another; tell it by mail.

    Raises:
        StaleWrite: when the request was decided or withdrawn meanwhile.
    """
    report = _lock_for_staff(extension.report, actor)
    due = Due(due_on, due_time)
    granted = _settle(extension, ExtensionState.GRANTED, granted=due, answer=answer, actor=actor, now=now)
    refuse_less_time(report, due, now=now)
    give_more_time(
        report, due, reason=granted.reason, actor=actor, now=now, wanted=granted.wanted, answer=granted.answer
    )
    return granted


@transaction.atomic
def refuse_extension(
    *, extension: ExtensionRequest, answer: str, actor: User, now: datetime
) -> ExtensionRequest:
    """Leave the due date as it is, and tell the ministry why by mail.

    Raises:
        StaleWrite: when the request was decided or withdrawn meanwhile.
    """
    report = _lock_for_staff(extension.report, actor)
    if not answer.strip():
        raise Refusal("承認しない理由を入力してください。", field="answer")
    refused = _settle(extension, ExtensionState.REFUSED, answer=answer, actor=actor, now=now)
    url = url_of("portal:report_detail", report.pk)
    subject, body = render_mail("extension_refused", {"extension": refused, "report": report, "url": url})
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.EXTENDED,
        occasion=f"extension_refused:{refused.pk}",
        subject=subject,
        body=body,
        why="回答期限の延長の申出が承認されなかったため",
        now=now,
    )
    return refused


@transaction.atomic
def extend_due_date(
    *, report: Report, due_on: date, due_time: time | None = None, reason: str, actor: User, now: datetime
) -> Report:
    """Give one ministry a later due date of its own, and tell it by mail; a waiting request is granted."""
    locked = _lock_for_staff(report, actor)
    due = Due(due_on, due_time)
    refuse_less_time(locked, due, now=now)
    if not reason.strip():
        raise Refusal("延長の理由を入力してください。", field="reason")
    for waiting in _waiting(locked):
        _settle(waiting, ExtensionState.GRANTED, granted=due, answer=reason, actor=actor, now=now)
    return give_more_time(locked, due, reason=reason, actor=actor, now=now)


def withdraw_on_submission(report: Report, *, actor: User, now: datetime) -> None:
    """Take back what a locked report has asked for: it is submitted and needs no more time."""
    for waiting in _waiting(report):
        _settle(waiting, ExtensionState.WITHDRAWN, answer=BY_SUBMISSION, actor=actor, now=now)


def grant_met(collection: Round, *, actor: User, now: datetime) -> None:
    """Grant the waiting requests of a locked round that its new due date meets."""
    waiting = ExtensionRequest.objects.waiting().filter(report__round=collection)
    for extension in waiting.select_related("report__assignment__ministry").order_by("pk"):
        due = extension.report.due
        if due and extension.wanted.at <= due.at:
            _settle(extension, ExtensionState.GRANTED, granted=due, answer=BY_ROUND, actor=actor, now=now)


def _waiting(report: Report) -> ExtensionRequestQuerySet:
    """Return what a report has asked for and nobody has decided: one at most."""
    found: ExtensionRequestQuerySet = ExtensionRequest.objects.waiting().filter(report=report)
    return found


def _lock_for_staff(report: Report, actor: User) -> Report:
    if not actor.is_staff:
        raise NotAllowed("回答期限を延長できるのは職員だけです。")
    return lock_report(report)


def _refuse_others(report: Report, actor: User) -> None:
    if refuse_strangers(report, actor) == Party.STAFF:
        raise NotAllowed("回答期限の延長を申し出られるのは府省庁の担当者です。")


def _settle(
    extension: ExtensionRequest,
    state: ExtensionState,
    *,
    granted: Due | None = None,
    answer: str = "",
    actor: User,
    now: datetime,
) -> ExtensionRequest:
    """Decide a request that waits, and only one that waits: the guard tells the second of two."""
    settled = ExtensionRequest.objects.waiting().filter(pk=extension.pk)
    if not settled.update(
        state=state,
        granted_on=granted and granted.on,
        granted_time=granted and granted.time,
        answer=answer.strip(),
        decided_by=actor,
        decided_at=now,
    ):
        raise StaleWrite("この申出は、ほかの方が先に処理したか、取り下げられました。状態を確かめてください。")
    record_audit(
        action=f"延長の申出：{state.label}",
        now=now,
        actor=actor,
        obj=extension,
        ministry=extension.report.assignment.ministry,
        before=labelled(ExtensionRequest, {"state": ExtensionState.WAITING}),
        after=labelled(ExtensionRequest, {"state": state})
        | ({"承認した回答期限": str(granted)} if granted else {}),
        reason=answer,
    )
    return ExtensionRequest.objects.select_related("report__assignment__ministry").get(pk=extension.pk)


def _tell_contact(asked: ExtensionRequest, *, now: datetime) -> None:
    """Queue a mail to the round's contact; without an address staff see the request on their first page."""
    contact = asked.report.round.contact_email
    if not contact:
        return
    url = url_of("admin:followup_extensionrequest_change", asked.pk)
    subject, body = render_mail("extension_asked", {"extension": asked, "report": asked.report, "url": url})
    queue_mail(
        kind=MailKind.EXTENDED,
        dedupe_key=f"extension_asked:{asked.pk}",
        to=contact,
        subject=subject,
        body=body,
        why="回答期限の延長の申出があったため",
        now=now,
    )
