"""疑義: examine submitted versions by the rules, and dismiss what turned out to be nothing.

A version never changes, so what the rules found stays. Outliers are judged against what had been
submitted when it was examined; staff may have it examined again, which only adds.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F

from followup.models import Doubt, DoubtDismissal, Examination, Report, Submission, SubmittedAnswer
from followup.rules.doubts import (
    REACH_STATUS,
    REACHED,
    Case,
    Earlier,
    Finding,
    RowFacts,
    Spread,
    find_doubts,
    number_of,
    spread_of,
)
from followup.rules.questions import NUMBERS, FormSpec, Scope
from followup.rules.status import Party, ReportStatus
from followup.services.comparison import Compared, last_round, previous_version
from followup.services.steps import lock_report, refuse_strangers
from outreach.models import Body, User
from outreach.rules.wareki import format_wareki_at, instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite

logger = logging.getLogger(__name__)

EXAMINED_AT_ONCE = 2_000
"""Rows up to which a version is examined while it is submitted (0.3 s); a worker examines larger ones."""
SAMPLE = 20_000
"""Rows of a round that quartiles are taken of: more would cost time and memory and not move them."""
ROWS_AT_ONCE = 1_000
TOLD = 20


@transaction.atomic
def examine_submission(*, submission: Submission, actor: User | None = None, now: datetime) -> int:
    """Add the doubts that are not there yet; return how many.

    With `actor` somebody asked for it; without, it happens once: a second run in parallel finds the
    first one's Examination and adds nothing. A doubt that was dismissed in the version before and says
    the same is dismissed in this one by the same word.
    """
    report = lock_report(submission.report)
    if actor is None and submission.examinations.exists():
        return 0
    if actor is not None:
        refuse_other_than_staff(report, actor)
    known = set(submission.doubts.values_list("code", "question_key", "notification_id"))
    found = [item for item in find_doubts(_case(submission)) if (item.code, item.key, item.row) not in known]
    Doubt.objects.bulk_create((_doubt(submission, item) for item in found), batch_size=ROWS_AT_ONCE)
    _carry_dismissals(submission)
    Examination.objects.create(submission=submission, examined_at=now, examined_by=actor)
    if actor is not None:
        _audit(
            "報告：疑義を点検", report, {"版": str(submission), "加わった疑義": len(found)}, actor, now=now
        )
    return len(found)


def examine_waiting(*, now: datetime) -> int:
    """Examine the newest versions that nobody has examined yet; return how many were."""
    waiting = Submission.objects.newest().filter(examinations=None).order_by("pk")
    return sum(examine_or_leave(submission=submission, now=now) for submission in waiting)


def examine_or_leave(*, submission: Submission, now: datetime) -> bool:
    """Examine a version; say whether that was possible.

    A rule that fails on one version must neither refuse what a ministry submits nor keep the others
    waiting: the log says so, the queue shows 自動点検待ち, and the worker tries again at its next turn.
    """
    try:
        examine_submission(submission=submission, now=now)
    except SoftTimeLimitExceeded:  # the time of the whole turn is over, not that of one version
        raise
    except Exception:
        logger.exception("submission %s could not be examined", submission.pk)
        return False
    return True


def _doubt(submission: Submission, item: Finding) -> Doubt:
    return Doubt(
        submission=submission,
        code=item.code,
        question_key=item.key,
        notification_id=item.row,
        message=item.message,
    )


def _case(submission: Submission) -> Case:
    """Read what the rules judge; the number of queries does not depend on that of rows."""
    form = submission.form_version.spec()
    found = list(
        submission.rows.order_by("pk").values_list(
            "notification_id", "notification__body_id", "body_category", "issued_on", "answers"
        )
    )
    own = [(notice, body) for notice, body, _category, _issued_on, _answers in found]
    compared = [previous_version(submission), last_round(submission)]
    return Case(
        form=form,
        answers=submission.answers,
        rows=[RowFacts(notice, category, day, answers) for notice, _body, category, day, answers in found],
        no_body_reason=submission.no_body_reason,
        submitted_on=instant_in_tokyo(submission.submitted_at).date(),
        bodies_listed=_bodies_listed(submission.report),
        earlier=[_earlier(earlier, own) for earlier in compared if earlier],
        spreads=_spreads(submission, form) if found else {},
    )


def _bodies_listed(report: Report) -> int:
    return Body.objects.filter(ministry=report.assignment.ministry_id).active().count()


def _earlier(compared: Compared, own: Sequence[tuple[int, int]]) -> Earlier:
    rows = compared.submission.rows
    return Earlier(
        name=compared.name,
        answers=compared.submission.answers,
        rows=dict(compared.rows(own)),
        row_count=rows.count(),
        reached_count=rows.filter(**{f"answers__{REACH_STATUS}": REACHED}).count(),
    )


def _spreads(submission: Submission, form: FormSpec) -> dict[tuple[str, str], Spread]:
    """Return how the numbers of the round's latest versions are spread, by category and question.

    Of more than SAMPLE rows every n-th is taken, so that time and memory stay bounded.
    """
    keys = [question.key for question in form.of(Scope.BODY) if question.type in NUMBERS]
    rows = SubmittedAnswer.objects.filter(
        submission__report__round=submission.report.round_id, submission__is_latest=True
    )
    step = math.ceil(rows.count() / SAMPLE)
    sample = rows.annotate(place=F("pk") % step).filter(place=0) if step > 1 else rows
    numbers: dict[tuple[str, str], list[float]] = {}
    for category, answers in sample.order_by().values_list("body_category", "answers").iterator():
        for key in keys:
            if (number := number_of(answers, key)) is not None:
                numbers.setdefault((category, key), []).append(number)
    spreads = {place: spread_of(found) for place, found in numbers.items()}
    return {place: spread for place, spread in spreads.items() if spread}


def _carry_dismissals(submission: Submission) -> None:
    before = previous_version(submission)
    if before is None:
        return
    said = {
        (old.doubt.code, old.doubt.question_key, old.doubt.notification_id, old.doubt.message): old
        for old in DoubtDismissal.objects.filter(doubt__submission=before.submission).select_related("doubt")
    }
    same = (
        (doubt, said.get((doubt.code, doubt.question_key, doubt.notification_id, doubt.message)))
        for doubt in Doubt.objects.open().filter(submission=submission)
    )
    DoubtDismissal.objects.bulk_create(
        (
            DoubtDismissal(
                doubt=doubt, word=old.word, dismissed_by=old.dismissed_by, dismissed_at=old.dismissed_at
            )
            for doubt, old in same
            if old
        ),
        batch_size=ROWS_AT_ONCE,
    )


@transaction.atomic
def dismiss_doubts(*, report: Report, doubt_pks: Sequence[int], word: str, actor: User, now: datetime) -> int:
    """Say of doubts on the latest version that nothing is wrong, with a word why; return how many.

    Raises StaleWrite when somebody else has dismissed one of them, or a newer version came in.
    """
    locked = lock_report(report)
    refuse_other_than_staff(locked, actor)
    if locked.status != ReportStatus.SUBMITTED:
        raise Refusal(f"報告は「{locked.get_status_display()}」のため、疑義を処理できません。")
    if not word.strip():
        raise Refusal("問題なしとする理由を入力してください。", field="word")
    doubts = list(
        Doubt.objects.filter(pk__in=doubt_pks, submission__report=locked, submission__is_latest=True)
    )
    if not doubts or len(doubts) != len(set(doubt_pks)):
        raise StaleWrite("画面を開いた後に新しい版が提出されました。最新の版を確かめてください。")
    _refuse_dismissed(doubts)
    DoubtDismissal.objects.bulk_create(
        (
            DoubtDismissal(doubt=doubt, word=word.strip(), dismissed_by=actor, dismissed_at=now)
            for doubt in doubts
        ),
        batch_size=ROWS_AT_ONCE,
    )
    told = {"件数": len(doubts), "疑義": [doubt.message for doubt in doubts[:TOLD]]}
    _audit("報告：疑義を問題なしとする", locked, told, actor, now=now, reason=word.strip())
    return len(doubts)


def _refuse_dismissed(doubts: Sequence[Doubt]) -> None:
    first = DoubtDismissal.objects.filter(doubt__in=doubts).select_related("dismissed_by").first()
    if first:
        when = format_wareki_at(first.dismissed_at)
        raise StaleWrite(
            f"{first.dismissed_by.name}が{when}に、先に問題なしとしました（理由：{first.word}）。"
        )


def refuse_other_than_staff(report: Report, actor: User) -> None:
    if refuse_strangers(report, actor) != Party.STAFF:
        raise NotAllowed("この操作ができるのは職員です。")


def _audit(
    action: str, report: Report, after: dict[str, object], actor: User, *, now: datetime, reason: str = ""
) -> None:
    """Record without the ministry: what staff doubt among themselves is not on its trail."""
    record_audit(action=action, now=now, actor=actor, obj=report, after=after, reason=reason)
