"""What staff decide on a submitted report: return it with points, accept it, reopen it.

What they ask without deciding is services.comments; what the rules doubt is services.doubts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from followup.models import Doubt, Report, ReturnPoint, Submission
from followup.rules.status import REPORT_STEPS, ReportStatus
from followup.services.forms import onto_newest_form
from followup.services.mail_texts import due_left, render_mail, url_of
from followup.services.points import (
    ReturnPointInput,
    latest_version,
    point_texts,
    refuse_unknown,
    write_points,
)
from followup.services.steps import lock_report, permit_step, take_step
from outreach.models import MailKind, User
from outreach.rules.wareki import format_wareki_at
from outreach.services.errors import Refusal, StaleWrite
from outreach.services.mail import queue_mail_to_ministry


class AlreadyDecided(StaleWrite):
    """Another reviewer was first; the message says who did what, and when."""


class NotClear(Refusal):
    """A report has doubts or questions that somebody must look at before it is accepted unseen."""


@transaction.atomic
def return_report(
    *,
    report: Report,
    reason: str,
    points: Sequence[ReturnPointInput] = (),
    seen_number: int | None = None,
    actor: User,
    now: datetime,
) -> Report:
    """Give a submitted report back with a reason and, if wanted, points on questions and rows.

    `seen_number` is the version that was looked at; a newer one raises StaleWrite.
    """
    return _give_back("return", report, reason, points, seen_number, actor=actor, now=now)


@transaction.atomic
def reopen_report(
    *,
    report: Report,
    reason: str,
    points: Sequence[ReturnPointInput] = (),
    seen_number: int | None = None,
    actor: User,
    now: datetime,
) -> Report:
    """Take an acceptance back and return the report, with a reason."""
    return _give_back("reopen", report, reason, points, seen_number, actor=actor, now=now)


def _give_back(
    verb: str,
    report: Report,
    reason: str,
    points: Sequence[ReturnPointInput],
    seen_number: int | None,
    *,
    actor: User,
    now: datetime,
) -> Report:
    locked = lock_report(report)
    _refuse_decided(locked, verb, actor)
    permit_step(locked, verb=verb, actor=actor, reason=reason)
    submission = latest_version(locked, seen_number)
    refuse_unknown(submission, points)
    written = write_points(submission, [ReturnPointInput("", None, reason), *points], actor=actor, now=now)
    moved = take_step(locked, verb=verb, actor=actor, now=now, reason=reason, **onto_newest_form(locked))
    _mail_return(moved, submission, reason, since=written[0], now=now)
    return moved


def _refuse_decided(report: Report, verb: str, actor: User) -> None:
    """Tell a reviewer who comes second who was first; whoever may not decide hears that instead."""
    step = next(step for step in REPORT_STEPS if step.verb == verb)
    is_decided = report.status in {ReportStatus.RETURNED, ReportStatus.ACCEPTED}
    if not actor.is_staff or not is_decided or report.status in step.sources:
        return
    what, who, when = _decision(report)
    told = f"{who}が{format_wareki_at(when)}に" if who and when else ""
    raise AlreadyDecided(
        f"{told}先に{what}。現在の状態では「{step.label}」ことができません。最新の状態を確かめてください。"
    )


def _decision(report: Report) -> tuple[str, User | None, datetime | None]:
    if report.status == ReportStatus.ACCEPTED:
        return "受理しました", report.updated_by, report.updated_at
    reasons = ReturnPoint.objects.returns().filter(submission__report=report)
    last = reasons.select_related("created_by").order_by("-pk").first()
    return ("差し戻しました", last.created_by, last.created_at) if last else ("差し戻しました", None, None)


def _mail_return(
    report: Report, submission: Submission, reason: str, *, since: ReturnPoint, now: datetime
) -> None:
    """Send what this return asks; what was asked of the same version before went out then."""
    texts = [text for text in point_texts(submission) if text.point.pk > since.pk]
    subject, body = render_mail(
        "returned",
        {
            "report": report,
            "reason": reason,
            "points": texts,
            "due": due_left(report, now=now),
            "next_number": submission.number + 1,
            "url": url_of("portal:report_detail", report.pk),
        },
    )
    _mail(report, MailKind.RETURNED, subject, body, why="報告が差し戻されたため", now=now)


@transaction.atomic
def accept_report(
    *, report: Report, seen_number: int | None = None, only_clear: bool = False, actor: User, now: datetime
) -> Report:
    """Accept the latest version; with `only_clear`, raise NotClear where a doubt or question is open."""
    locked = lock_report(report)
    _refuse_decided(locked, "accept", actor)
    permit_step(locked, verb="accept", actor=actor)
    submission = latest_version(locked, seen_number)
    if only_clear:
        _refuse_unclear(submission)
    moved = take_step(locked, verb="accept", actor=actor, now=now)
    subject, body = render_mail(
        "accepted",
        {
            "report": moved,
            "submission": submission,
            "url": url_of("portal:submission_detail", submission.pk),
        },
    )
    _mail(moved, MailKind.ACCEPTED, subject, body, why="報告が受理されたため", now=now)
    return moved


def _refuse_unclear(submission: Submission) -> None:
    if not submission.examinations.exists():
        raise NotClear("自動点検がまだ済んでいません。")
    if count := Doubt.objects.open().filter(submission=submission).count():
        raise NotClear(f"処理していない疑義が{count:,}件あります。")
    if submission.return_points.exists():
        raise NotClear("府省庁とやり取りしている指摘があります。画面を開いて確かめてください。")


@dataclass
class AcceptedTogether:
    """What became of each report that was to be accepted with others: done, or why not."""

    accepted: list[Report] = field(default_factory=list)
    skipped: list[tuple[Report, str]] = field(default_factory=list)


def accept_reports(*, seen: Sequence[tuple[Report, int]], actor: User, now: datetime) -> AcceptedTogether:
    """Accept several reports, each with the number of the version that was seen, where nothing is open.

    Each is a use case of its own with its own transaction, as if accepted alone: what came in meanwhile
    for one report keeps none of the others from being accepted.
    """
    outcome = AcceptedTogether()
    for report, number in seen:
        try:
            outcome.accepted.append(
                accept_report(report=report, seen_number=number, only_clear=True, actor=actor, now=now)
            )
        except Refusal as refusal:
            outcome.skipped.append((report, refusal.message))
    return outcome


def _mail(report: Report, kind: MailKind, subject: str, body: str, *, why: str, now: datetime) -> None:
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=kind,
        occasion=f"{kind}:{report.pk}:{report.version}",
        subject=subject,
        body=body,
        why=why,
        now=now,
    )
