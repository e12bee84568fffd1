"""確認待ちの報告: the versions that wait for staff, the longest first, with what is open on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from followup.models import Doubt, Examination, ReturnPoint, Round, Submission
from followup.rules.status import ReportStatus, RoundStatus
from followup.rules.waiting import submitted_before, waited_days
from followup.services.opening_days import opening_days
from outreach.models import User
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO, instant_in_tokyo

DECIDABLE_ROUNDS = (RoundStatus.OPEN, RoundStatus.CLOSED)


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue is asked for; empty values ask for everything."""

    status: str = ReportStatus.SUBMITTED
    round: Round | None = None
    waited: int = 0
    doubts: str = ""


DOUBT_FILTERS = {
    "": "すべて",
    "open": "未処理の疑義あり",
    "clear": "まとめて受理できるもの",
    "replied": "府省庁のコメントあり",
    "waiting": "府省庁のコメント待ち",
    "unexamined": "自動点検待ち",
}


@dataclass(frozen=True)
class QueueEntry:
    """One version in the queue."""

    submission: Submission
    waited_days: int
    reviewer: User | None
    open_doubts: int
    dismissed_doubts: int
    is_examined: bool
    points: int
    points_waiting: int
    points_replied: int
    replaces_returned: bool
    earlier_replied: int
    is_clear: bool
    """Nothing is open: it may be accepted together with others."""


def queued_versions() -> QuerySet[Submission]:
    """Return the newest versions in rounds where something is still decided, with what is open on each."""
    doubts = Doubt.objects.filter(submission=OuterRef("pk"))
    points = ReturnPoint.objects.filter(submission=OuterRef("pk"))
    earlier = ReturnPoint.objects.filter(
        submission__report=OuterRef("report"), submission__number=OuterRef("number") - 1
    )
    return (
        Submission.objects.newest()
        .filter(report__round__status__in=DECIDABLE_ROUNDS)
        .annotate(
            open_doubts=_count(doubts.filter(dismissal=None)),
            all_doubts=_count(doubts),
            is_examined=Exists(Examination.objects.filter(submission=OuterRef("pk"))),
            points=_count(points),
            points_waiting=_count(points.waiting()),
            points_replied=_count(points.replied()),
            replaces_returned=Exists(earlier.returns()),
            earlier_replied=_count(earlier.replied()),
        )
    )


def _count(rows: QuerySet[Doubt] | QuerySet[ReturnPoint]) -> Coalesce:
    """Count the rows of a correlated subquery; 0 where there is none."""
    counted = rows.order_by().values("submission").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


CLEAR = Q(report__status=ReportStatus.SUBMITTED, is_examined=True, open_doubts=0, points=0)
_BY_DOUBTS = {
    "open": Q(open_doubts__gt=0),
    "clear": CLEAR,
    "replied": Q(points_replied__gt=0),
    "waiting": Q(points_waiting__gt=0),
    "unexamined": Q(is_examined=False),
}


def review_queue(wanted: QueueFilter, *, today: date) -> QuerySet[Submission]:
    """Return what is asked for, what has waited longest first."""
    found = queued_versions().select_related(
        "report__assignment__ministry", "report__round__request", "report__reviewer"
    )
    if wanted.status:
        found = found.filter(report__status=wanted.status)
    if wanted.round:
        found = found.filter(report__round=wanted.round)
    if wanted.waited:
        day = submitted_before(waited=wanted.waited, today=today, days=opening_days())
        found = found.filter(submitted_at__lt=datetime(day.year, day.month, day.day, tzinfo=TOKYO))
    if wanted.doubts:
        found = found.filter(_BY_DOUBTS[wanted.doubts])
    return found.order_by("submitted_at", "pk")


def queue_entries(submissions: Sequence[Submission], *, now: datetime) -> list[QueueEntry]:
    """Return versions of `review_queue` as the page shows them; one query, for the calendar."""
    days = opening_days()
    return [_entry(submission, now=now, days=days) for submission in submissions]


def _entry(submission: Submission, *, now: datetime, days: OpeningDays) -> QueueEntry:
    found = vars(submission)
    is_submitted = submission.report.status == ReportStatus.SUBMITTED
    today, submitted_on = (instant_in_tokyo(at).date() for at in (now, submission.submitted_at))
    return QueueEntry(
        submission=submission,
        waited_days=waited_days(submitted_on, today=today, days=days) if is_submitted else 0,
        reviewer=submission.report.reviewer_at(now),
        open_doubts=found["open_doubts"],
        dismissed_doubts=found["all_doubts"] - found["open_doubts"],
        is_examined=found["is_examined"],
        points=found["points"],
        points_waiting=found["points_waiting"],
        points_replied=found["points_replied"],
        replaces_returned=found["replaces_returned"],
        earlier_replied=found["earlier_replied"],
        is_clear=is_submitted and found["is_examined"] and not found["open_doubts"] and not found["points"],
    )


def count_waiting() -> int:
    """Count the reports that wait for staff to accept or return them."""
    waiting = Submission.objects.newest().filter(report__round__status__in=DECIDABLE_ROUNDS)
    return waiting.filter(report__status=ReportStatus.SUBMITTED).count()


def count_replied() -> int:
    """Count the reports whose ministry said something to a point since staff did."""
    said = ReturnPoint.objects.filter(submission__is_latest=True).replied()
    return (
        said.exclude(pk__in=ReturnPoint.objects.waiting().values("pk"))
        .filter(submission__report__status__in=(ReportStatus.SUBMITTED, ReportStatus.RETURNED))
        .filter(submission__report__round__status__in=DECIDABLE_ROUNDS)
        .values("submission")
        .distinct()
        .count()
    )
