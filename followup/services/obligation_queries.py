"""What is owed, found where it is: one query a kind of obligation, each with the same columns.

A later kind adds its words to rules.obligations and its query here. Queries whose tables are watched
(migrations/_obligation_marks.py) are asked again for the ministries where something changed; others
are asked anew each time, so they must be cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TimeField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, TruncDate

from followup.models import ExtensionRequest, Report, ReturnPoint, Round, Submission
from followup.rules import obligations as kinds
from followup.rules.status import ReportStatus, RoundStatus
from outreach.models import Assignment, IssuingOffice, KeyFact, MailState, Notification, OutgoingMail
from outreach.rules.wareki import TOKYO

STORED = ("about", "part", "of_ministry", "of_office", "of_report", "day", "at_time", "quiet")
"""The columns of every query, as an Obligation keeps them."""
TOLD = ("of_round", "called", "stands")
"""Further columns, read only to tell of an obligation as it stands."""
Rows = QuerySet[Any, dict[str, Any]]


@dataclass(frozen=True)
class Source:
    """Where a kind of obligation is found, and the pages on which it is met.

    `page` and `staff_page` are names of URLs; what they take is the id of what it is `about`, or nothing.
    """

    open: Callable[[], Rows]
    page: str
    staff_page: str
    is_watched: bool = True
    page_takes_subject: bool = True
    staff_page_takes_subject: bool = True


def rows_of(found: QuerySet[Any], **columns: Any) -> Rows:
    """Return the columns of open obligations; what a kind does not have is empty."""
    nothing = {
        "part": Value(0),
        "of_report": Cast(Value(None), IntegerField()),
        "at_time": Cast(Value(None), TimeField()),
        "quiet": Cast(Value(None), DateField()),
        "of_round": Cast(Value(None), IntegerField()),
    }
    found = found.order_by().annotate(**(nothing | columns))
    return found.values(*STORED, *TOLD)


def _day(instant: Any) -> TruncDate:
    return TruncDate(instant, tzinfo=TOKYO)


def _office(request: str) -> Subquery:
    """Return the office that answers for a request: the first that signed it."""
    offices = IssuingOffice.objects.filter(requests=OuterRef(request))
    return Subquery(offices.order_by("order").values("pk")[:1])


def _round(request: str) -> Subquery:
    return Subquery(Round.objects.filter(request=OuterRef(request)).order_by("-number").values("pk")[:1])


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("assignment").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


# Assignments ---------------------------------------------------------------------------------------

_RUNNING = (RoundStatus.FORM_UNDECIDED, RoundStatus.OPEN)


def _notices() -> QuerySet[Notification]:
    return Notification.objects.filter(assignment=OuterRef("pk"))


def _unnotified() -> QuerySet[Assignment]:
    """Return the assignments of running requests with no notice and no word that there is none to make."""
    running = Round.objects.filter(request=OuterRef("request"), status__in=_RUNNING)
    issued = _notices().filter(issued_on__isnull=False)
    return Assignment.objects.filter(Exists(running), ~Exists(issued), no_body_reason="")


def _of_assignments(found: QuerySet[Assignment], **columns: Any) -> Rows:
    return rows_of(
        found,
        about=F("pk"),
        of_ministry=F("ministry_id"),
        of_office=_office("request"),
        of_round=_round("request"),
        called=F("request__title"),
        day=_day("created_at"),
        **columns,
    )


def unacknowledged() -> Rows:
    return _of_assignments(
        _unnotified().filter(acknowledged_at=None), stands=Value("未確認", output_field=CharField())
    )


def unnotified() -> Rows:
    chosen = Cast(_count(_notices()), CharField())
    state = Concat(Value("発出先として選定済み "), chosen, Value("件、発出済み 0件"))
    return _of_assignments(_unnotified(), stands=state)


def limits_with_unnotified_bodies() -> Rows:
    """Return each limit of a request's facts with the ministries that have bodies left to notify.

    Facts with the same limit are told once.
    """
    path = "topic__request__assignments"
    planned = Notification.objects.filter(assignment=OuterRef(f"{path}__pk"), issued_on=None)
    running = Round.objects.filter(request=OuterRef("topic__request"), status__in=_RUNNING)
    same = KeyFact.objects.filter(
        topic__request=OuterRef("topic__request"), valid_until=OuterRef("valid_until"), pk__lt=OuterRef("pk")
    )
    left = Cast(_count(planned), CharField())
    # In one filter: each further one would join all assignments of the request once more.
    found = KeyFact.objects.filter(
        ~Exists(same),
        Exists(running),
        Exists(planned),
        valid_until__isnull=False,
        **{f"{path}__no_body_reason": ""},
    )
    return rows_of(
        found,
        about=F(f"{path}__pk"),
        part=F("pk"),
        of_ministry=F(f"{path}__ministry_id"),
        of_office=F("topic__office_id"),
        of_round=_round("topic__request"),
        called=F("label"),
        stands=Concat(Value("発出していない団体 "), left, Value("件")),
        day=F("valid_until"),
    )


# Reports -------------------------------------------------------------------------------------------


def _status() -> Case:
    """Return the status in the words of a mail: a draft that nobody has saved is 未着手."""
    labels = (When(status=value, then=Value(str(label))) for value, label in ReportStatus.choices)
    untouched = When(status=ReportStatus.DRAFT, updated_at=None, then=Value("未着手"))
    return Case(untouched, *labels, output_field=CharField())


def _of_reports(found: QuerySet[Report], **columns: Any) -> Rows:
    title = Concat(
        F("round__request__title"),
        Value("／フォローアップ第"),
        Cast(F("round__number"), CharField()),
        Value("回"),
    )
    shared = {
        "about": F("pk"),
        "of_ministry": F("assignment__ministry_id"),
        "of_office": _office("round__request"),
        "of_report": F("pk"),
        "called": title,
        "stands": _status(),
    }
    return rows_of(found, of_round=F("round_id"), **(shared | columns))


def _last(rows: QuerySet[Any], report: str, instant: str) -> Subquery:
    latest = rows.filter(**{report: OuterRef("pk")}).order_by().values(report)
    return Subquery(latest.annotate(last=Max(instant)).values("last"), output_field=DateTimeField())


def _submitted() -> Subquery:
    return _last(Submission.objects.all(), "report", "submitted_at")


def _returned() -> Subquery:
    return _last(ReturnPoint.objects.returns(), "submission__report", "created_at")


def unsubmitted() -> Rows:
    """Return the reports that are owed; quiet until the day they were last with staff."""
    submitted, returned = _submitted(), _returned()
    last = Greatest(submitted, Coalesce(returned, submitted))
    return _of_reports(
        Report.objects.unanswered().filter(due_on__isnull=False),
        day=F("due_on"),
        at_time=F("due_time"),
        quiet=_day(last),
    )


def returned() -> Rows:
    found = Report.objects.unanswered().filter(status=ReportStatus.RETURNED)
    return _of_reports(
        found.annotate(returned_at=_returned()).exclude(returned_at=None), day=_day("returned_at")
    )


def in_review() -> Rows:
    found = Report.objects.unanswered().filter(status=ReportStatus.IN_REVIEW)
    approved = When(approved_at__isnull=False, then=Value("部内確認済み（提出待ち）"))
    state = Case(approved, default=Value("部内確認中"), output_field=CharField())
    return _of_reports(found, day=_day("review_asked_at"), stands=state)


def submitted() -> Rows:
    found = Report.objects.filter(
        status=ReportStatus.SUBMITTED, round__status__in=(RoundStatus.OPEN, RoundStatus.CLOSED)
    )
    sent = found.annotate(last_submitted_at=_submitted()).exclude(last_submitted_at=None)
    return _of_reports(sent, day=_day("last_submitted_at"))


# What waits for staff ------------------------------------------------------------------------------


def failing_mails() -> Rows:
    """Return the mails to ministries that could not be sent; not those that tell staff of such a mail."""
    found = OutgoingMail.objects.filter(state=MailState.FAILED, ministry__isnull=False)
    telling = Q(reminders__obligation__kind=kinds.MAIL_FAILING)
    return rows_of(
        found.exclude(telling),
        about=F("pk"),
        of_ministry=F("ministry_id"),
        of_office=Subquery(IssuingOffice.objects.order_by("order").values("pk")[:1]),
        called=Concat(F("subject"), Value("（宛先 "), F("to"), Value("）"), output_field=CharField()),
        stands=F("last_error"),
        day=_day("not_before"),
    )


def extensions() -> Rows:
    report = "report__round__request"
    return rows_of(
        ExtensionRequest.objects.waiting(),
        about=F("pk"),
        of_ministry=F("report__assignment__ministry_id"),
        of_office=_office(report),
        of_report=F("report_id"),
        of_round=F("report__round_id"),
        called=F(f"{report}__title"),
        stands=Value("審査中", output_field=CharField()),
        day=_day("asked_at"),
    )


SOURCES: dict[str, Source] = {
    kinds.ACKNOWLEDGE: Source(unacknowledged, "portal:request_detail", "admin:outreach_assignment_change"),
    kinds.NOTIFY: Source(unnotified, "portal:request_detail", "admin:outreach_assignment_change"),
    kinds.FACT_LIMIT: Source(
        limits_with_unnotified_bodies, "portal:request_detail", "admin:outreach_assignment_change"
    ),
    kinds.REPORT_DUE: Source(unsubmitted, "portal:report_detail", "admin:followup_report_change"),
    kinds.RESUBMIT: Source(returned, "portal:report_detail", "admin:followup_report_change"),
    kinds.APPROVE: Source(in_review, "portal:report_detail", "admin:followup_report_change"),
    kinds.MAIL_FAILING: Source(
        failing_mails, "portal:home", "admin:outreach_outgoingmail_change",
        is_watched=False, page_takes_subject=False,
    ),
    kinds.REVIEW: Source(submitted, "portal:report_detail", "admin:followup_report_change"),
    kinds.EXTENSION: Source(
        extensions, "portal:home", "admin:followup_extensionrequest_changelist",
        page_takes_subject=False, staff_page_takes_subject=False,
    ),
}  # fmt: skip


def live_rows(kind: str, subjects: Sequence[int]) -> Rows:
    """Return the open obligations of a kind about some subjects, as they stand."""
    return SOURCES[kind].open().filter(about__in=subjects)
