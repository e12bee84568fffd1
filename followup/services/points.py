"""指摘: what staff ask about in a version: gather points, write them, and read them with their replies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from followup.models import (
    Doubt,
    DraftPoint,
    PointReply,
    Report,
    ReturnPoint,
    Submission,
    SubmittedAnswer,
)
from followup.rules.answer_texts import answer_text
from followup.rules.questions import FormSpec
from followup.rules.status import ReportStatus
from followup.services.doubts import refuse_other_than_staff
from followup.services.steps import lock_report
from outreach.models import User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite


@dataclass(frozen=True)
class ReturnPointInput:
    """What to ask about: one question, one body's row, or (with both) one cell; `doubt_pk` is its source."""

    question_key: str
    notification_pk: int | None
    comment: str
    doubt_pk: int | None = None


@dataclass(frozen=True)
class PointText:
    """A point as the mail and the pages show it; `answer` is None where it is not on one question."""

    point: ReturnPoint | DraftPoint
    subject: str
    answer: str | None
    comment: str
    replies: Sequence[PointReply] = ()

    @property
    def waits_for_ministry(self) -> bool:
        return not self.replies or self.replies[-1].created_by.is_staff


def latest_version(report: Report, seen_number: int | None) -> Submission:
    """Return the newest version of a locked report; a newer one than was seen raises StaleWrite."""
    submission = report.submissions.select_related("form_version").get(is_latest=True)
    if seen_number is not None and submission.number != seen_number:
        raise StaleWrite(
            f"画面を開いた後に第{submission.number}版が提出されました。最新の版を確かめてください。"
        )
    return submission


def refuse_unknown(submission: Submission, points: Sequence[ReturnPointInput]) -> None:
    """Refuse a point that has no words, or that is on nothing in the submitted version."""
    keys = set(submission.form_version.spec().by_key) | {""}
    wanted = {point.notification_pk for point in points} - {None}
    rows = set(submission.rows.filter(notification__in=wanted).values_list("notification_id", flat=True))
    for point in points:
        if not point.comment.strip():
            raise Refusal("確認したい点を入力してください。", field="comment")
        if point.question_key not in keys or point.notification_pk not in rows | {None}:
            raise Refusal("提出された版にない設問又は団体が指定されています。", field="comment")
        if not point.question_key and point.notification_pk is None and point.doubt_pk is None:
            raise Refusal("設問又は団体を選んでください。", field="comment")


def write_points(
    submission: Submission, points: Iterable[ReturnPointInput], *, actor: User, now: datetime
) -> list[ReturnPoint]:
    """Write points that a locked report's ministry is asked; what the actor had gathered is used up."""
    DraftPoint.objects.filter(submission=submission, created_by=actor).delete()
    return ReturnPoint.objects.bulk_create(
        ReturnPoint(
            submission=submission,
            question_key=point.question_key,
            notification_id=point.notification_pk,
            comment=point.comment.strip(),
            doubt_id=point.doubt_pk,
            created_by=actor,
            created_at=now,
        )
        for point in points
    )


@transaction.atomic
def gather_point(
    *, report: Report, point: ReturnPointInput, seen_number: int, actor: User, now: datetime
) -> DraftPoint:
    """Keep a point for the actor until they return the report or ask; one a doubt."""
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    submission = latest_version(locked, seen_number)
    if locked.status not in {ReportStatus.SUBMITTED, ReportStatus.ACCEPTED}:
        raise Refusal(f"報告は「{locked.get_status_display()}」のため、指摘を加えられません。")
    refuse_unknown(submission, [point])
    if point.doubt_pk and not Doubt.objects.filter(pk=point.doubt_pk, submission=submission).exists():
        raise Refusal("この版にない疑義が指定されています。")
    draft, _created = DraftPoint.objects.update_or_create(
        **_place(submission, point, actor),
        defaults={"comment": point.comment.strip(), "created_at": now},
    )
    _audit("報告：指摘を下書きに加える", locked, draft, actor, now=now)
    return draft


def _place(submission: Submission, point: ReturnPointInput, actor: User) -> dict[str, Any]:
    return {
        "submission": submission,
        "question_key": point.question_key,
        "notification_id": point.notification_pk,
        "doubt_id": point.doubt_pk,
        "created_by": actor,
    }


@transaction.atomic
def drop_point(*, draft: DraftPoint, actor: User, now: datetime) -> None:
    """Take a gathered point away again; only who gathered it may."""
    if draft.created_by_id != actor.pk:
        raise NotAllowed("ほかの職員の下書きは取り消せません。")
    _audit("報告：指摘を下書きから除く", draft.submission.report, draft, actor, now=now)
    draft.delete()


def gathered_points(*, submission: Submission, actor: User) -> list[PointText]:
    drafts = DraftPoint.objects.filter(submission=submission, created_by=actor).order_by("pk")
    return texts_of(submission, list(drafts))


def as_inputs(texts: Sequence[PointText]) -> list[ReturnPointInput]:
    """Return gathered points as what the services take."""
    return [
        ReturnPointInput(
            text.point.question_key, text.point.notification_id, text.comment, text.point.doubt_id
        )
        for text in texts
    ]


def point_texts(submission: Submission) -> list[PointText]:
    """Return the points of a version as text, with replies; a point on the whole has no subject."""
    replies = PointReply.objects.select_related("created_by").order_by("pk")
    points = submission.return_points.select_related("created_by").prefetch_related(
        Prefetch("replies", queryset=replies)
    )
    return texts_of(submission, list(points.order_by("pk")))


def texts_of(submission: Submission, points: Sequence[ReturnPoint | DraftPoint]) -> list[PointText]:
    """Return points as text; three queries at most, whatever their number."""
    if not points:
        return []
    form = submission.form_version.spec()
    wanted = {point.notification_id for point in points} - {None}
    rows = {row.notification_id: row for row in submission.rows.filter(notification__in=wanted)}
    return [_text(point, form, submission, rows.get(point.notification_id or 0)) for point in points]


def _text(
    point: ReturnPoint | DraftPoint, form: FormSpec, submission: Submission, row: SubmittedAnswer | None
) -> PointText:
    question = form.by_key.get(point.question_key)
    answers = row.answers if row else submission.answers
    names = [row.body_name if row else "", question.label if question else ""]
    return PointText(
        point=point,
        subject="・".join(filter(None, names)),
        answer=answer_text(question, answers) if question else None,
        comment=point.comment,
        replies=list(point.replies.all()) if isinstance(point, ReturnPoint) and point.pk else (),
    )


def _audit(action: str, report: Report, draft: DraftPoint, actor: User, *, now: datetime) -> None:
    """Record without the ministry: a draft is not for its eyes."""
    record_audit(action=action, now=now, actor=actor, obj=report, after={"確認したい点": draft.comment})
