"""What staff decide on a submitted report: return it with points, accept it, reopen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from followup.models import Report, ReturnPoint, Submission
from followup.rules.answer_texts import answer_text
from followup.services.forms import newest_form
from followup.services.mail_texts import due_left, render_mail, url_of
from followup.services.steps import lock_report, permit_step, take_step
from outreach.models import MailKind, User
from outreach.services.errors import Refusal, StaleWrite
from outreach.services.mail import queue_mail_to_ministry


@dataclass(frozen=True)
class ReturnPointInput:
    """What to ask about: one question, one body's row, or (with both) one cell."""

    question_key: str
    notification_pk: int | None
    comment: str


@dataclass(frozen=True)
class PointText:
    """A point as the mail and the pages show it; `answer` is None where it is not on one question."""

    subject: str
    answer: str | None
    comment: str


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
    permit_step(locked, verb=verb, actor=actor, reason=reason)
    submission = _latest(locked, seen_number)
    _refuse_unknown(submission, points)
    rows = [ReturnPointInput("", None, reason), *points]
    ReturnPoint.objects.bulk_create(
        ReturnPoint(
            submission=submission,
            question_key=point.question_key,
            notification_id=point.notification_pk,
            comment=point.comment.strip(),
            created_by=actor,
            created_at=now,
        )
        for point in rows
    )
    moved = take_step(
        locked, verb=verb, actor=actor, now=now, reason=reason, form_version=newest_form(locked.round)
    )
    _mail_return(moved, submission, reason, now=now)
    return moved


def _latest(report: Report, seen_number: int | None) -> Submission:
    submission = report.submissions.select_related("form_version").get(is_latest=True)
    if seen_number is not None and submission.number != seen_number:
        raise StaleWrite(
            f"画面を開いた後に第{submission.number}版が提出されました。最新の版を確かめてください。"
        )
    return submission


def _refuse_unknown(submission: Submission, points: Sequence[ReturnPointInput]) -> None:
    """Refuse a point that has no words, or that is on nothing in the submitted version."""
    keys = set(submission.form_version.spec().by_key) | {""}
    rows = set(submission.rows.values_list("notification_id", flat=True)) | {None}
    for point in points:
        if not point.comment.strip():
            raise Refusal("確認したい点を入力してください。", field="points")
        if point.question_key not in keys or point.notification_pk not in rows:
            raise Refusal("提出された版にない設問又は団体が指定されています。", field="points")
        if not point.question_key and point.notification_pk is None:
            raise Refusal("設問又は団体を選んでください。", field="points")


def _mail_return(report: Report, submission: Submission, reason: str, *, now: datetime) -> None:
    subject, body = render_mail(
        "returned",
        {
            "report": report,
            "reason": reason,
            "points": point_texts(submission)[1:],
            "due": due_left(report, now=now),
            "next_number": submission.number + 1,
            "url": url_of("portal:report_detail", report.pk),
        },
    )
    _mail(report, MailKind.RETURNED, subject, body, why="報告が差し戻されたため", now=now)


def point_texts(submission: Submission) -> list[PointText]:
    """Return the points of a returned version as text; a point on the whole has no subject."""
    form = submission.form_version.spec()
    rows = {row.notification_id: row for row in submission.rows.all()}
    texts = []
    for point in submission.return_points.all():
        row = rows.get(point.notification_id) if point.notification_id else None
        question = form.by_key.get(point.question_key)
        answers = row.answers if row else submission.answers
        names = [row.body_name if row else "", question.label if question else ""]
        texts.append(
            PointText(
                subject="・".join(filter(None, names)),
                answer=answer_text(question, answers) if question else None,
                comment=point.comment,
            )
        )
    return texts


@transaction.atomic
def accept_report(*, report: Report, seen_number: int | None = None, actor: User, now: datetime) -> Report:
    """Accept the latest version."""
    locked = lock_report(report)
    permit_step(locked, verb="accept", actor=actor)
    submission = _latest(locked, seen_number)
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
