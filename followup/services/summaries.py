"""What the officers' pages show at a glance: where a ministry stands, and what was asked back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, TextChoices

from followup.models import PointReply, Report, ReturnPoint, Submission
from followup.rules.answers import check_answers
from followup.rules.next_steps import NextStep, Standing, next_step
from followup.rules.questions import OTHER_SUFFIX, Answers, FormSpec, Scope
from followup.rules.status import EDITABLE, Party, ReportStatus
from followup.services.contents import Content, Row
from followup.services.points import PointText, point_texts
from followup.services.steps import party_of
from outreach.models import Assignment, Ministry, TemplateNumber, User

NEVER = datetime.max.replace(tzinfo=UTC)
"""Sorts what has no due date yet after everything that has one."""

STAFF_NAME = "取りまとめ側"
"""What officers read in the place of a reviewer's name."""


@dataclass(frozen=True)
class Obligation:
    """One request as a ministry's home shows it."""

    assignment: Assignment
    report: Report | None
    chosen: int
    by_business: int
    by_agency: int
    step: NextStep
    is_overdue: bool
    point_count: int

    @property
    def issued(self) -> int:
        return self.by_business + self.by_agency


def obligations(user: User, *, now: datetime) -> list[Obligation]:
    """Return what a user's ministry owes, the most urgent due date first; four queries."""
    return _owed(Assignment.objects.visible_to(user), Report.objects.visible_to(user), party_of(user), now)


def obligations_of(ministry: Ministry, *, now: datetime) -> list[Obligation]:
    """Return what a ministry owes, as its coordinators see it; else as `obligations`."""
    assignments = Assignment.objects.filter(ministry=ministry)
    reports = Report.objects.filter(assignment__ministry=ministry)
    return _owed(assignments, reports, Party.COORDINATOR, now)


def _owed(
    assignments: QuerySet[Assignment], reports: QuerySet[Report], party: Party | None, now: datetime
) -> list[Obligation]:
    notices = Q(notifications__issued_on__isnull=False)
    counted = (
        assignments.select_related("request", "ministry")
        .annotate(
            chosen=Count("notifications"),
            by_business=Count(
                "notifications", filter=notices & Q(notifications__template__number=TemplateNumber.BUSINESS)
            ),
            by_agency=Count(
                "notifications", filter=notices & Q(notifications__template__number=TemplateNumber.AGENCY)
            ),
        )
        .order_by("-request__dated_on", "pk")
    )
    newest = _newest_reports(reports)
    found = [_obligation(row, newest.get(row.pk), party, now) for row in counted]
    return sorted(found, key=_urgency)


def _newest_reports(reports: QuerySet[Report]) -> dict[int, Report]:
    """Return the report of each assignment's newest round, with the latest version's points counted."""
    waiting = ReturnPoint.objects.waiting().filter(submission=OuterRef("pk"))
    latest = Submission.objects.newest().annotate(
        points=Count("return_points"), has_questions=Exists(waiting)
    )
    found = (
        reports.select_related("round__council", "round__request", "assignment__ministry")
        .prefetch_related(Prefetch("submissions", queryset=latest, to_attr="latest"))
        .order_by("round__number")
    )
    return {report.assignment_id: report for report in found}


def _obligation(
    assignment: Assignment, report: Report | None, party: Party | None, now: datetime
) -> Obligation:
    counted: dict[str, int] = vars(assignment)
    chosen, business, agency = counted["chosen"], counted["by_business"], counted["by_agency"]
    latest: list[Submission] = vars(report)["latest"] if report else []
    has_questions = bool(latest) and vars(latest[0])["has_questions"]
    standing = Standing(
        chosen=chosen,
        issued=business + agency,
        is_no_body=assignment.is_no_body or bool(report and report.is_no_body),
        round_status=report.round.status if report else None,
        report_status=report.status if report else None,
        has_questions=has_questions,
    )
    is_asked = report is not None and (
        report.status in EDITABLE or (report.status == ReportStatus.SUBMITTED and has_questions)
    )
    return Obligation(
        assignment=assignment,
        report=report,
        chosen=chosen,
        by_business=business,
        by_agency=agency,
        step=next_step(standing, party),
        is_overdue=report is not None and report.round.is_open and report.is_overdue(now),
        point_count=vars(latest[0])["points"] if latest and is_asked else 0,
    )


def _urgency(obligation: Obligation) -> tuple[bool, datetime]:
    """Sort key: open before done, then by due date; no date yet comes after any date."""
    report = obligation.report
    return (not obligation.step.page, report.due.at if report and report.due else NEVER)


@dataclass(frozen=True)
class RowCounts:
    """How many rows there are by state; together all of them."""

    entered: int
    blank: int
    wrong: int


class RowState(TextChoices):
    ENTERED = "entered", "入力あり"
    BLANK = "blank", "未入力"
    WRONG = "problem", "要修正"


def row_state(form: FormSpec, answers: Answers) -> RowState:
    """Return where one row stands; one not begun is blank, not wrong."""
    if not answers:
        return RowState.BLANK
    return RowState.WRONG if check_answers(form, Scope.BODY, answers) else RowState.ENTERED


def count_rows(rows: Iterable[Row]) -> RowCounts:
    counted = Counter(row_state(row.form, row.answers) for row in rows)
    return RowCounts(counted[RowState.ENTERED], counted[RowState.BLANK], counted[RowState.WRONG])


@dataclass(frozen=True)
class SectionProgress:
    """How far one section of the ministry's own questions is; `number` counts from 1."""

    number: int
    title: str
    answered: int
    asked: int
    problems: int


def section_progress(form: FormSpec, answers: Answers) -> list[SectionProgress]:
    """Count what is answered and wrong by section, in the form's order, as asked now (show when)."""
    wrong = {key.removesuffix(OTHER_SUFFIX) for key in check_answers(form, Scope.MINISTRY, answers)}
    sections = dict.fromkeys(question.section for question in form.of(Scope.MINISTRY))
    asked = form.asked(Scope.MINISTRY, answers)
    found = []
    for number, title in enumerate(sections, start=1):
        keys = [question.key for question in asked if question.section == title]
        answered = sum(key in answers for key in keys)
        found.append(SectionProgress(number, title, answered, len(keys), sum(key in wrong for key in keys)))
    return found


@dataclass(frozen=True)
class Progress:
    """How far a report is."""

    ministry_answered: int
    ministry_asked: int
    rows: int
    counts: RowCounts
    problems: int

    @property
    def answered(self) -> int:
        """Count what is done of `asked`: the ministry's questions, and the bodies' rows as one each."""
        return self.ministry_answered + self.counts.entered

    @property
    def asked(self) -> int:
        return self.ministry_asked + self.rows

    @property
    def percent(self) -> int:
        """Return the share that is done, rounded down: 100 is only said when all of it is."""
        return self.answered * 100 // self.asked if self.asked else 0


def progress_of(content: Content) -> Progress:
    shown = content.form.asked(Scope.MINISTRY, content.answers)
    asked = [question for question in shown if content.asks(question.key)]
    return Progress(
        ministry_answered=sum(question.key in content.answers for question in asked),
        ministry_asked=len(asked),
        rows=len(content.rows),
        counts=count_rows(content.rows),
        problems=len(content.problems()),
    )


@dataclass(frozen=True)
class Returned:
    """What staff asked about the latest version, with the replies, by where it is shown."""

    submission: Submission
    texts: list[PointText]
    cells: dict[tuple[int | None, str], list[str]]

    @property
    def rows(self) -> set[int | None]:
        """Return the rows that something was asked about (None: the ministry's own answers)."""
        return {pk for pk, _key in self.cells}

    @property
    def is_returned(self) -> bool:
        """Say whether the version was given back; else staff only asked."""
        return any(isinstance(text.point, ReturnPoint) and text.point.is_return_reason for text in self.texts)

    def at(self, notification_pk: int | None) -> dict[str, list[str]]:
        """Return the points of one row (None: the ministry's own answers) by question key ("": the row)."""
        return {key: found for (pk, key), found in self.cells.items() if pk == notification_pk}


def returned_points(report: Report) -> Returned | None:
    """Return what a ministry is asked about its latest version; None when nothing is, or it was accepted."""
    if report.status == ReportStatus.ACCEPTED:
        return None
    submission = report.submissions.select_related("form_version").filter(is_latest=True).first()
    texts = point_texts(submission) if submission else []
    if submission is None or not texts:
        return None
    cells: dict[tuple[int | None, str], list[str]] = {}
    for text in texts:
        place = (text.point.notification_id, text.point.question_key)
        cells.setdefault(place, []).append("\n".join([text.comment, *map(_reply_text, text.replies)]))
    return Returned(submission, texts, cells)


def _reply_text(reply: PointReply) -> str:
    return f"{STAFF_NAME if reply.created_by.is_staff else reply.created_by.name}のコメント：{reply.text}"
