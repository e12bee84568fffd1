"""Count the figures of a round: notified from the ledger, answers from the latest submissions.

`count_progress` reads no answers and is cheap; `count_figures` adds them in one more pass. The
number of queries does not depend on the number of rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Concat

from followup.models import FormVersion, Report, Round, Submission, SubmittedAnswer
from followup.rules.answer_figures import AnswerFigures
from followup.rules.answer_tally import AnswerCounter, SubmissionTally
from followup.rules.due import Due
from followup.rules.figures import (
    CategoryFigures,
    ChannelCount,
    Figures,
    MinistryFigures,
    NotifiedCount,
    Progress,
    days_of,
)
from followup.rules.questions import QuestionSpec
from followup.rules.round_figures import RoundAnswers, Submitted
from followup.services.rulings import StandingRulings, standing_rulings
from outreach.models import BodyCategory, Channel, Notification
from outreach.models.notification import NotificationQuerySet
from outreach.rules.wareki import instant_in_tokyo

IDENTITY = Case(
    When(body__corporate_number="", then=Concat(Value("name:"), F("body__name_key"))),
    default=Concat(Value("number:"), F("body__corporate_number")),
)
"""What makes two ministries' bodies one (実数): the 法人番号, else the normalised name."""

READ_AT_ONCE = 2000


def count_figures(*, round: Round, now: datetime) -> Figures:
    """Return everything that is counted of a round."""
    rulings = standing_rulings(round=round)
    answers = count_round_answers(round=round, rulings=rulings)
    return Figures(
        progress=count_progress(round=round, now=now),
        answers=answers.answers(),
        outcomes=answers.outcomes(),
        remarks=answers.remarks(),
        rulings=rulings.notes(),
    )


def count_progress(*, round: Round, now: datetime) -> Progress:
    """Return what the ledger and the statuses say, without the answers; `now` decides 期限超過."""
    cells = _cells(round)
    distinct = ledger_of(round).aggregate(
        aimed=Count(IDENTITY, distinct=True),
        issued=Count(IDENTITY, distinct=True, filter=Q(issued_on__isnull=False)),
    )
    return Progress(
        ministries=_ministries(round, cells, now),
        distinct_aimed=distinct["aimed"],
        distinct_issued=distinct["issued"],
        categories=_categories(round, cells),
        channels=_channels(round),
        days=days_of(_issued_by_day(cells).items()),
    )


def ledger_of(round: Round) -> NotificationQuerySet:
    """Return the notifications of the ministries that report in a round."""
    return Notification.objects.filter(assignment__reports__round=round)


def latest_rows_of(round: Round) -> Any:
    """Return the rows about bodies in the latest submissions of a round."""
    return SubmittedAnswer.objects.filter(submission__report__round=round, submission__is_latest=True)


@dataclass(frozen=True)
class _Cell:
    """Bodies of one assignment, template, category and day of issue (None: planned)."""

    assignment_id: int
    template_number: int
    category: str
    issued_on: date | None
    bodies: int

    @property
    def issued(self) -> int:
        return self.bodies if self.issued_on else 0


def _cells(round: Round) -> list[_Cell]:
    """Read the ledger once; everything 延べ follows from these groups."""
    groups = (
        ledger_of(round)
        .order_by("assignment_id", "template__number", "body__category", "issued_on")
        .values_list("assignment_id", "template__number", "body__category", "issued_on")
        .annotate(bodies=Count("pk"))
    )
    return [_Cell(*group) for group in groups]


def _issued_by_day(cells: Iterable[_Cell]) -> Counter[date]:
    days: Counter[date] = Counter()
    for cell in cells:
        if cell.issued_on:
            days[cell.issued_on] += cell.bodies
    return days


def _counts(cells: Iterable[_Cell]) -> tuple[NotifiedCount, ...]:
    """Sum cells by template and category, categories in the order of their list."""
    aimed: Counter[tuple[int, str]] = Counter()
    issued: Counter[tuple[int, str]] = Counter()
    for cell in cells:
        aimed[cell.template_number, cell.category] += cell.bodies
        issued[cell.template_number, cell.category] += cell.issued
    keys = sorted(aimed, key=lambda key: (key[0], BodyCategory.values.index(key[1])))
    return tuple(NotifiedCount(*key, aimed[key], issued[key]) for key in keys)


def _categories(round: Round, cells: list[_Cell]) -> tuple[CategoryFigures, ...]:
    distinct = {
        (number, category): bodies
        for number, category, bodies in ledger_of(round)
        .issued()
        .order_by("template__number", "body__category")
        .values_list("template__number", "body__category")
        .annotate(bodies=Count(IDENTITY, distinct=True))
    }
    return tuple(
        CategoryFigures(
            template_number=count.template_number,
            category=count.category,
            aimed=count.aimed,
            issued=count.issued,
            distinct_issued=distinct.get((count.template_number, count.category), 0),
        )
        for count in _counts(cells)
    )


def _channels(round: Round) -> tuple[ChannelCount, ...]:
    """Count every channel, those that nobody used too."""
    counts = dict(
        ledger_of(round)
        .issued()
        .filter(channels__isnull=False)
        .order_by("channels")
        .values_list("channels")
        .annotate(issued=Count("pk"))
    )
    return tuple(
        ChannelCount(channel.code, channel.label, counts.get(channel.pk, 0))
        for channel in Channel.objects.order_by("order")
    )


def _ministries(round: Round, cells: list[_Cell], now: datetime) -> tuple[MinistryFigures, ...]:
    of_assignment: dict[int, list[_Cell]] = defaultdict(list)
    for cell in cells:
        of_assignment[cell.assignment_id].append(cell)
    versions = _versions(round)
    reports = (
        Report.objects.filter(round=round)
        .select_related("assignment__ministry", "round")
        .order_by("assignment__ministry__order")
    )
    return tuple(
        _ministry(report, versions.get(report.pk, []), of_assignment[report.assignment_id], now)
        for report in reports
    )


@dataclass(frozen=True)
class _Version:
    """What the figures need of one submission, without its answers."""

    submitted_at: datetime
    due: Due
    no_body_reason: str

    @property
    def submitted_on(self) -> date:
        return instant_in_tokyo(self.submitted_at).date()


def _versions(round: Round) -> dict[int, list[_Version]]:
    """Return the submissions of each report, first version first."""
    versions: dict[int, list[_Version]] = defaultdict(list)
    rows = (
        Submission.objects.filter(report__round=round)
        .order_by("report_id", "number")
        .values_list("report_id", "submitted_at", "due_on", "due_time", "no_body_reason")
    )
    for report_id, submitted_at, due_on, due_time, no_body_reason in rows:
        versions[report_id].append(_Version(submitted_at, Due(due_on, due_time), no_body_reason))
    return versions


def _ministry(report: Report, versions: list[_Version], cells: list[_Cell], now: datetime) -> MinistryFigures:
    ministry = report.assignment.ministry
    return MinistryFigures(
        ministry_id=ministry.pk,
        order=ministry.order,
        name=ministry.name,
        abbreviation=ministry.abbreviation,
        assignment_id=report.assignment_id,
        report_id=report.pk,
        status=report.status,
        due_on=report.due_on,
        due_time=report.due_time,
        is_overdue=report.is_overdue(now),
        no_body_reason=report.assignment.no_body_reason or (versions[-1].no_body_reason if versions else ""),
        versions=len(versions),
        first_submitted_on=versions[0].submitted_on if versions else None,
        last_submitted_on=versions[-1].submitted_on if versions else None,
        is_late=bool(versions) and versions[0].due.has_passed(versions[0].submitted_at),
        counts=_counts(cells),
    )


def forms_of(round: Round) -> dict[int, tuple[QuestionSpec, ...]]:
    """Return what each published version of the round's form asks, by its id; oldest first."""
    versions = (
        FormVersion.objects.published().filter(round=round).prefetch_related("questions", "cross_checks")
    )
    return {version.pk: version.spec().questions for version in versions.order_by("number")}


def count_answers(*, round: Round) -> AnswerFigures:
    """Count the answers of the latest submissions, in one pass."""
    return count_round_answers(round=round, rulings=standing_rulings(round=round)).answers()


def count_round_answers(*, round: Round, rulings: StandingRulings) -> RoundAnswers:
    """Read the latest submissions of a round once; everything about answers follows from it."""
    forms = forms_of(round)
    tallies = _tallies(round, forms, rulings)
    reports = Report.objects.filter(round=round).order_by("assignment__ministry__order")
    rows = reports.values_list("assignment__ministry_id", "assignment__ministry__name", "pk")
    ruled = _ruled(rulings)
    return RoundAnswers(
        forms.values(),
        [
            Submitted(ministry_id, name, report_id, tallies.get(report_id), **ruled[report_id])
            for ministry_id, name, report_id in rows
        ],
    )


def _ruled(rulings: StandingRulings) -> dict[int, Counter[str]]:
    """Return by report how many values are left out, counted as others, and to look at again."""
    ruled: dict[int, Counter[str]] = defaultdict(Counter)
    for ruling in rulings.applying:
        ruled[ruling.report_id][ruling.kind] += 1
    for ruling in rulings.to_check:
        ruled[ruling.report_id]["to_check"] += 1
    return ruled


def _tallies(
    round: Round, forms: dict[int, tuple[QuestionSpec, ...]], rulings: StandingRulings
) -> dict[int, SubmissionTally]:
    """Return what each report's latest submission answers, by the report's id."""
    counters: dict[int, AnswerCounter] = {}
    newest = Submission.objects.filter(report__round=round).newest()
    for report_id, form_id, answers in newest.values_list("report_id", "form_version_id", "answers"):
        counters[report_id] = AnswerCounter(forms[form_id])
        counters[report_id].add_ministry(rulings.counted(report_id, None, answers))
    rows = latest_rows_of(round).values_list(
        "submission__report_id", "notification_id", "body_name", "answers"
    )
    for report_id, notification_id, body, answers in rows.iterator(chunk_size=READ_AT_ONCE):
        counters[report_id].add_body(body, rulings.counted(report_id, notification_id, answers))
    return {report_id: counter.tally() for report_id, counter in counters.items()}
