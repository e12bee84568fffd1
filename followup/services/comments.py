"""確認のお願いと返信: ask about a submitted version without returning it, and talk about what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from followup.models import PointReply, Report, ReturnPoint
from followup.rules.status import Party, ReportStatus, RoundStatus
from followup.services.doubts import refuse_other_than_staff
from followup.services.mail_texts import render_mail, url_of
from followup.services.points import (
    PointText,
    ReturnPointInput,
    latest_version,
    refuse_unknown,
    texts_of,
    write_points,
)
from followup.services.steps import ROUND_REFUSALS, lock_report, refuse_strangers
from outreach.models import MailKind, User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal, StaleWrite
from outreach.services.mail import queue_mail, queue_mail_to_ministry

REPLY_LENGTH = 1000


@transaction.atomic
def ask_points(
    *, report: Report, points: Sequence[ReturnPointInput], seen_number: int, actor: User, now: datetime
) -> list[ReturnPoint]:
    """Ask about a submitted version that stays submitted; the ministry gets one mail for all points."""
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    submission = latest_version(locked, seen_number)
    if locked.status != ReportStatus.SUBMITTED:
        raise StaleWrite(
            f"報告は「{locked.get_status_display()}」になりました。最新の状態を確かめてください。"
        )
    _refuse_fixed(locked)
    if not points:
        raise Refusal("確認したい点がありません。設問又は団体の「指摘を書く」から加えてください。")
    refuse_unknown(submission, points)
    written = write_points(submission, points, actor=actor, now=now)
    texts = texts_of(submission, written)
    record_audit(
        action="報告：差し戻さずに確認を求める",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        after=_told(texts),
    )
    _mail_ministry(locked, texts, f"points:{written[0].pk}", now=now)
    return written


@transaction.atomic
def reply_to_points(
    *, report: Report, replies: Mapping[int, str], actor: User, now: datetime
) -> list[PointReply]:
    """Write replies to points by their ids, blank ones left out; the other side gets one mail for all.

    Officers reply to staff, and staff to officers. Raises StaleWrite when a newer version has taken the
    place of the one that was asked about, or the report was accepted.
    """
    locked = lock_report(report)
    party = refuse_strangers(locked, actor)
    _refuse_fixed(locked)
    if locked.status == ReportStatus.ACCEPTED:
        raise StaleWrite("報告は受理されました。返信は必要ありません。")
    texts = {pk: text.strip() for pk, text in replies.items() if text.strip()}
    _refuse_unusable(texts)
    points = _points_of(locked, texts)
    written = PointReply.objects.bulk_create(
        PointReply(point=point, text=texts[point.pk], created_by=actor, created_at=now) for point in points
    )
    _record_replies(locked, points, texts, actor, now=now)
    if party == Party.STAFF:
        _mail_ministry(locked, _answered(points, texts), f"replies:{written[0].pk}", now=now)
    else:
        _mail_staff(locked, points, texts, f"replies:{written[0].pk}", now=now)
    return written


def _refuse_fixed(report: Report) -> None:
    if report.round.status == RoundStatus.FIXED:
        raise Refusal(ROUND_REFUSALS[RoundStatus.FIXED])


def _refuse_unusable(texts: Mapping[int, str]) -> None:
    if not texts:
        raise Refusal("コメントを入力してください。")
    if any(len(text) > REPLY_LENGTH for text in texts.values()):
        raise Refusal(f"コメントは{REPLY_LENGTH:,}文字以内で入力してください。")


def _points_of(report: Report, texts: Mapping[int, str]) -> list[ReturnPoint]:
    points = list(
        ReturnPoint.objects.filter(pk__in=texts, submission__report=report, submission__is_latest=True)
        .select_related("submission__form_version", "created_by")
        .order_by("pk")
    )
    if len(points) != len(texts):
        raise StaleWrite("画面を開いた後に新しい版が提出されました。最新の指摘を確かめてください。")
    return points


def _record_replies(
    report: Report, points: Sequence[ReturnPoint], texts: Mapping[int, str], actor: User, *, now: datetime
) -> None:
    record_audit(
        action="報告：指摘に返信",
        now=now,
        actor=actor,
        obj=report,
        ministry=report.assignment.ministry,
        after={
            text.subject or "差戻しの理由": texts[text.point.pk]
            for text in texts_of(points[0].submission, points)
        },
    )


def _told(texts: Sequence[PointText]) -> dict[str, str]:
    return {text.subject or "全体": text.comment for text in texts}


def _answered(points: Sequence[ReturnPoint], texts: Mapping[int, str]) -> list[PointText]:
    """Return the points with the staff's last word in the place of what was asked."""
    return [
        PointText(text.point, text.subject, text.answer, texts[text.point.pk])
        for text in texts_of(points[0].submission, points)
    ]


def _mail_ministry(report: Report, texts: Sequence[PointText], occasion: str, *, now: datetime) -> None:
    subject, body = render_mail(
        "asked",
        {"report": report, "points": texts, "url": url_of("portal:report_points", report.pk)},
    )
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.COMMENT,
        occasion=occasion,
        subject=subject,
        body=body,
        why="御回答の内容について確認のお願いがあるため",
        now=now,
    )


def _mail_staff(
    report: Report, points: Sequence[ReturnPoint], texts: Mapping[int, str], occasion: str, *, now: datetime
) -> None:
    """Tell who asked; each gets one mail with everything that was said."""
    subject, body = render_mail(
        "replied",
        {
            "report": report,
            "points": [(text, texts[text.point.pk]) for text in texts_of(points[0].submission, points)],
            "url": url_of("admin:followup_report_review", report.pk),
        },
    )
    for reviewer in {point.created_by for point in points}:
        queue_mail(
            kind=MailKind.COMMENT,
            dedupe_key=f"{occasion}:{reviewer.email}",
            to=reviewer.email,
            recipient=reviewer,
            subject=subject,
            body=body,
            why="確認をお願いした点に返信があったため",
            now=now,
        )
