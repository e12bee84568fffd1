"""Count the figures of a round: notified from the ledger, answers from the latest submissions.

The number of queries does not depend on the number of rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from followup.models import Report, Round, Submission
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
from followup.rules.round_figures import RoundAnswers, Submitted
from followup.services.answer_counts import Forms, Tallies, forms_of
from followup.services.kept_answers import read_tallies
from followup.services.kept_ledger import read_ledger
from followup.services.ledger_counts import CountedLedger, Distinct, Group, Ledgers
from followup.services.rulings import StandingRulings, standing_rulings
from outreach.models import BodyCategory, Channel
from outreach.rules.wareki import instant_in_tokyo


def count_figures(*, round: Round, now: datetime) -> Figures:
    """Return everything that is counted of a round, as of this read; nothing is written.

    Inside a consistent read kept counts and marks are of the same instant: what is kept without a mark
    is what counting its rows would give, and only the rest is counted. Where nothing is kept, that is
    everything.
    """
    forms, rulings = forms_of(round), standing_rulings(round=round)
    tallies = read_tallies(round=round, forms=forms, rulings=rulings)
    answers = round_answers(round=round, forms=forms, tallies=tallies, rulings=rulings)
    ledgers, distinct = read_ledger(round=round)
    progress = progress_of(round=round, ledgers=ledgers, distinct=distinct, now=now)
    return figures_of(progress=progress, answers=answers, rulings=rulings)


def figures_of(*, progress: Progress, answers: RoundAnswers, rulings: StandingRulings) -> Figures:
    """Put together what the ledger, the answers and the rulings say."""
    return Figures(
        progress=progress,
        answers=answers.answers(),
        outcomes=answers.outcomes(),
        remarks=answers.remarks(),
        rulings=rulings.notes(),
    )


def progress_of(*, round: Round, ledgers: Ledgers, distinct: Distinct, now: datetime) -> Progress:
    """Put together what was counted of the ledger with the statuses of the reports."""
    groups = [group for ledger in ledgers.values() for group in ledger.groups]
    return Progress(
        ministries=_ministries(round, ledgers, now),
        distinct_aimed=distinct.aimed,
        distinct_issued=distinct.issued,
        categories=_categories(groups, distinct),
        channels=_channels(ledgers),
        days=days_of(_issued_by_day(groups).items()),
    )


def _issued_by_day(groups: Iterable[Group]) -> Counter[date]:
    days: Counter[date] = Counter()
    for group in groups:
        if group.issued_on:
            days[group.issued_on] += group.bodies
    return days


def _counts(groups: Iterable[Group]) -> tuple[NotifiedCount, ...]:
    """Sum groups by template and category, categories in the order of their list."""
    aimed: Counter[tuple[int, str]] = Counter()
    issued: Counter[tuple[int, str]] = Counter()
    for group in groups:
        aimed[group.template_number, group.category] += group.bodies
        issued[group.template_number, group.category] += group.issued
    keys = sorted(aimed, key=lambda key: (key[0], BodyCategory.values.index(key[1])))
    return tuple(NotifiedCount(*key, aimed[key], issued[key]) for key in keys)


def _categories(groups: Iterable[Group], distinct: Distinct) -> tuple[CategoryFigures, ...]:
    distinct_issued = distinct.issued_by()
    return tuple(
        CategoryFigures(
            template_number=count.template_number,
            category=count.category,
            aimed=count.aimed,
            issued=count.issued,
            distinct_issued=distinct_issued.get((count.template_number, count.category), 0),
        )
        for count in _counts(groups)
    )


def _channels(ledgers: Ledgers) -> tuple[ChannelCount, ...]:
    """Count every channel, those that nobody used too."""
    used: Counter[int] = Counter()
    for ledger in ledgers.values():
        used.update(ledger.channels)
    return tuple(
        ChannelCount(channel.code, channel.label, used[channel.pk])
        for channel in Channel.objects.order_by("order")
    )


def _ministries(round: Round, ledgers: Ledgers, now: datetime) -> tuple[MinistryFigures, ...]:
    versions = _versions(round)
    reports = (
        Report.objects.filter(round=round)
        .select_related("assignment__ministry", "round")
        .order_by("assignment__ministry__order")
    )
    nothing = CountedLedger()
    return tuple(
        _ministry(report, versions.get(report.pk, []), ledgers.get(report.assignment_id, nothing).groups, now)
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


def _ministry(
    report: Report, versions: list[_Version], groups: list[Group], now: datetime
) -> MinistryFigures:
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
        counts=_counts(groups),
    )


def round_answers(*, round: Round, forms: Forms, tallies: Tallies, rulings: StandingRulings) -> RoundAnswers:
    """Put the tallies of a round's submissions in 建制順, with what was ruled on them."""
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
